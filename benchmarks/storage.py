"""C-STORE on loopback: receivers fed by a sender that does not wait, and senders into one receiver.

`python -m benchmarks.storage receive NAME FOLDER OUT ROUNDS` is the process that is measured. Its sender, the same for
all, is none of its children: its CPU time is in no figure.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.clearing import cleared
from benchmarks.measure import Contender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.data import Data

__all__ = ["receiving", "sending", "sending_to_storescp"]

_WINDOW = 32


def receiving(kind: str) -> Callable[[Data], list[Contender]]:
    """Who receives the slices of the CT four times, or files of 31 kB, and keeps them durably.

    Those of 31 kB are 2,000 eight times, or 400 from DCMTK's storescu, which waits for each answer.
    """

    def each(data: Data) -> list[Contender]:
        folder, rounds = (data.ct, 4) if kind == "large" else (_few(data, 2000), 8)
        if kind == "storescu":
            folder, rounds = _few(data, 400), 1
        verb = "receive-storescu" if kind == "storescu" else "receive"
        return [_contender(verb, name, folder, data.work / "received", rounds) for name in _receivers(kind)]

    return each


def sending(data: Data) -> list[Contender]:
    """Who sends the slices of the CT four times to the same receiver."""
    names = ["hounsfield", *(["storescu"] if _dcmtk("storescu") else []), "pynetdicom"]
    return [_contender("send", name, data.ct, data.work / "received", 4) for name in names]


def sending_to_storescp(data: Data) -> list[Contender]:
    """Who sends 400 files of 31 kB to DCMTK's storescp."""
    if not _dcmtk("storescp"):
        return []
    names = ("hounsfield", "storescu", "pynetdicom")
    return [_contender("send-storescp", name, _few(data, 400), data.work / "received", 1) for name in names]


def _receivers(kind: str) -> list[str]:
    if kind == "storescu":
        return ["hounsfield", "pynetdicom", "storescp"] if _dcmtk("storescp") else []
    found = ["hounsfield", "raw socket", "pynetdicom", "pynetdicom, PDUs of 128 KiB"]
    return [*found, "storescp"] if kind == "small" and _dcmtk("storescp") else found


def _contender(verb: str, name: str, folder: Path, out: Path, rounds: int) -> Contender:
    words = [sys.executable, "-m", "benchmarks.storage", verb, name, str(folder), str(out), str(rounds)]
    return Contender(name, words, cleared(out))


def _few(data: Data, count: int) -> Path:
    """Files of 31 kB, in one folder."""
    folder = data.work / f"{count}-files-of-31-kB"
    if not folder.exists():
        import pydicom
        from pydicom.uid import UID

        folder.mkdir()
        dataset = pydicom.dcmread(next(path for path in sorted(data.export.rglob("*")) if path.is_file()))
        dataset.Rows, dataset.Columns, dataset.PixelData = 93, 94, bytes(93 * 94 * 2)
        for number in range(count):
            uid = UID(f"1.2.826.0.1.3680043.2.1.{number}")
            dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = uid
            dataset.save_as(folder / f"{number:05}")
    return folder


def _dcmtk(program: str) -> str | None:
    """DCMTK's program, not pynetdicom's of the same name beside this Python."""
    beside = str(Path(sys.executable).parent)
    places = [place for place in os.environ.get("PATH", os.defpath).split(os.pathsep) if place != beside]
    return shutil.which(program, path=os.pathsep.join(places))


def _objects(folder: Path) -> list[tuple[str, str, str, str]]:
    """Path, class, instance and syntax of each file."""
    import hounsfield as hu

    rows = hu.scan(folder).instances
    return [(one.path, one["SOPClassUID"], one["SOPInstanceUID"], one["TransferSyntaxUID"]) for one in rows]


def _pump(port: int, folder: Path, rounds: int) -> None:
    """Send everything some times over, an association for each, without waiting for answers, negotiated or not."""
    from hounsfield import _core

    objects = _objects(folder)
    pairs = sorted({(sop_class, syntax) for _, sop_class, _, syntax in objects})
    contexts = {pair: 2 * place + 1 for place, pair in enumerate(pairs)}
    proposed = [(number, pair[0], [pair[1]], 0) for pair, number in contexts.items()]
    rows = [(path, uid, instance, contexts[uid, syntax], None) for path, uid, instance, syntax in objects]
    failed: list[object] = []

    def told(*result: object) -> None:
        if result[1] != 0:
            failed.append(result)

    for _ in range(rounds):
        user = _core.StorageUser(socket.create_connection(("127.0.0.1", port)).detach())
        proposal = _core.AssociatePdu(
            "BENCH", "BENCH", proposed, max_length=1 << 17, implementation="1.2.3", version="BENCH", window=(_WINDOW, 1)
        )
        said, answer, _ = user.request(proposal, 30)
        assert answer is not None, said
        user.send(rows, answer.max_length, _WINDOW, told)
        user.release()
    assert not failed, failed[:3]


def _feed(port: int, folder: Path, rounds: int) -> None:
    _sent("benchmarks.storage", "pump", str(port), str(folder), str(rounds))


def _feed_storescu(port: int, folder: Path, rounds: int) -> None:
    _sent("benchmarks.storage", "pump-storescu", str(port), str(folder), str(rounds))


def _sent(module: str, *words: str) -> None:
    """Have something sent by a process that is no child of this one, and wait for its end."""
    with tempfile.TemporaryDirectory() as place:
        done = Path(place, "done")
        subprocess.run(["setsid", "--fork", sys.executable, "-m", module, *words, str(done)], check=True)
        while not done.exists():
            time.sleep(0.005)
        assert done.read_text() == "sent"


def _ports() -> Iterator[int]:
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            yield probe.getsockname()[1]


def _ours(folder: Path, out: Path, rounds: int, *, feed: Callable[..., None], sync: bool = True) -> None:
    from hounsfield.network.storage.inbox import Inbox
    from hounsfield.network.storage.receiving import Bounds, receive
    from hounsfield.network.storage.request import peek_request

    server = socket.create_server(("127.0.0.1", 0))
    feeder = threading.Thread(target=feed, args=(server.getsockname()[1], folder, rounds))
    feeder.start()
    for number in range(rounds):
        connection, _ = server.accept()
        inbox = Inbox(out / str(number))
        request = peek_request(connection, wait=10)
        outcome = receive(connection, request, inbox, choose=lambda _, syntaxes: syntaxes[0], bounds=Bounds(sync=sync))
        assert (outcome.end, outcome.refused) == ("released", 0), outcome
    feeder.join()


def _raw(folder: Path, out: Path, rounds: int, *, feed: Callable[..., None]) -> None:
    """The limit: the same bytes off a socket into files that are synchronized one by one."""
    del feed  # Objects without any protocol.
    server = socket.create_server(("127.0.0.1", 0))
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    program = (
        "import os, socket, sys\n"
        "line = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "for path in sys.argv[2:]:\n"
        "    with open(path, 'rb') as file: line.sendfile(file)\n"
    )
    for number in range(rounds):
        target = out / str(number)
        target.mkdir()
        port = str(server.getsockname()[1])
        subprocess.run(["setsid", "--fork", sys.executable, "-c", program, port, *map(str, paths)], check=True)
        connection, _ = server.accept()
        buffer = memoryview(bytearray(1 << 20))
        for place, path in enumerate(paths):
            left = path.stat().st_size
            with open(target / str(place), "wb", buffering=0) as file:
                while left:
                    count = connection.recv_into(buffer[: min(left, len(buffer))])
                    file.write(buffer[:count])
                    left -= count
                os.fsync(file.fileno())
        connection.close()


def _pynetdicom(folder: Path, out: Path, rounds: int, *, feed: Callable[..., None], longest: int = 16_382) -> None:
    from pynetdicom import AE, AllStoragePresentationContexts, evt

    ae = AE(ae_title="BENCH")
    for context in AllStoragePresentationContexts:
        ae.add_supported_context(str(context.abstract_syntax), ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
    ae.add_supported_context("1.2.840.10008.5.1.4.1.1.2", ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2"])
    ae.maximum_pdu_size = longest
    counter = iter(range(1 << 30))

    def keep(event: Any) -> int:
        with open(out / f"{next(counter)}.dcm", "wb") as file:
            # The bytes as they came: nothing is decoded.
            file.write(event.encoded_dataset())
            file.flush()
            os.fsync(file.fileno())
        return 0

    port = next(_ports())
    server = ae.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
    feed(port, folder, rounds)
    if server:
        server.shutdown()


def _storescp(folder: Path, out: Path, rounds: int, *, feed: Callable[..., None]) -> None:
    port = next(_ports())
    process = subprocess.Popen([_dcmtk("storescp") or "storescp", "+B", "+xa", "-od", str(out), str(port)])
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert process.poll() is None
    feed(port, folder, rounds)
    process.terminate()
    process.wait()


def _hu_send(port: int, folder: Path, rounds: int) -> None:
    from hounsfield.network.address import Address
    from hounsfield.network.storage.sending import Outgoing, send

    objects = [Outgoing(*row) for row in _objects(folder)]
    for _ in range(rounds):
        assert all(one.ok for one in send(Address("BENCH", "127.0.0.1", port), objects))


def _storescu(port: int, folder: Path, rounds: int) -> None:
    for _ in range(rounds):
        words = [_dcmtk("storescu") or "storescu", "-R", "--scan-directories", "127.0.0.1", str(port), str(folder)]
        subprocess.run(words, check=True)


def _pynetdicom_send(port: int, folder: Path, rounds: int) -> None:
    from pynetdicom import AE

    ae = AE(ae_title="BENCH")
    objects = _objects(folder)
    for sop_class, syntax in sorted({(row[1], row[3]) for row in objects}):
        ae.add_requested_context(sop_class, syntax)
    for _ in range(rounds):
        association = ae.associate("127.0.0.1", port, max_pdu=1 << 17)
        for path, *_rest in objects:
            # By path, pynetdicom streams the file without decoding it.
            assert association.send_c_store(path).Status == 0
        association.release()


_RECEIVE: dict[str, Callable[..., None]] = {
    "hounsfield": _ours,
    "raw socket": _raw,
    "pynetdicom": _pynetdicom,
    "pynetdicom, PDUs of 128 KiB": partial(_pynetdicom, longest=1 << 17),
    "storescp": _storescp,
}
_SEND = {"hounsfield": _hu_send, "storescu": _storescu, "pynetdicom": _pynetdicom_send}


def main(words: list[str]) -> None:
    """Run one contender, or a sender."""
    if words[0].startswith("pump"):
        port, folder, rounds, done = words[1:]
        failed = "failed"
        try:
            (_storescu if words[0] == "pump-storescu" else _pump)(int(port), Path(folder), int(rounds))
            failed = "sent"
        finally:
            # At once whole: the other process waits for the name.
            Path(f"{done}.part").write_text(failed)
            Path(f"{done}.part").replace(done)
        return
    verb, name, folder, out, rounds = words
    if verb == "receive":
        _RECEIVE[name](Path(folder), Path(out), int(rounds), feed=_feed)
    elif verb == "receive-storescu":
        _RECEIVE[name](Path(folder), Path(out), int(rounds), feed=_feed_storescu)
    elif verb == "send-storescp":
        _storescp(Path(folder), Path(out), int(rounds), feed=_SEND[name])
    else:
        _ours(Path(folder), Path(out), int(rounds), sync=False, feed=_SEND[name])


if __name__ == "__main__":
    main(sys.argv[1:])
