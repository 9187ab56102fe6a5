"""Evidence for `hu serve` and for what talks with it: DCMTK, Orthanc and pynetdicom at the other end."""

from __future__ import annotations

import hashlib
import json
import re
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.misc import is_dicom

import hounsfield
from tests.authority import identity, write
from tests.network.archives import fill, orthanc, worklists
from tests.network.storage.peers import foreign, free_port
from tests.operation.serving import Served, served
from tests.programs import require
from tools.evidence.row import Row, hu, run

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_SERIES = "dcm_qa_nih/In/20180918GE/mr_0004"
_ITEM = """
(0010,0010) PN [DOE^{name}]
(0010,0020) LO [P{number}]
(0020,000d) UI [1.2.3.{number}]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [{modality}]
(0040,0001) AE [CT01]
(0040,0002) DA [20260102]
(0040,0003) TM [0815]
(0040,0009) SH [S{number}]
(fffe,e00d) -
(fffe,e0dd) -
"""


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    paths = sorted(path for path in (data / _SERIES).rglob("*") if is_dicom(path))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with served(folder / "archive") as running:
            yield _stored(running, folder, paths)
            yield from _asked(running, folder, paths)
        for number, row in enumerate((_orthanc, _worklist, _commitment, _tls, _killed)):
            inside = folder / str(number)
            inside.mkdir()
            yield row(inside, paths)


def _digest(path: Path) -> str:
    """SHA-256 of the bytes behind the File Meta Information."""
    with path.open("rb") as file:
        pydicom.filereader.read_preamble(file, force=True)
        pydicom.filereader._read_file_meta_info(file)
        return hashlib.sha256(file.read()).hexdigest()


def _stored(running: Served, folder: Path, paths: list[Path]) -> Row:
    said = running.send(paths)
    theirs = said.count("Received Store Response (Success)")
    kept = {_digest(path) for path in (folder / "archive" / "objects").rglob("*.dcm")}
    same = len(kept & {_digest(path) for path in paths})
    return Row(
        "what a device stores is kept, every byte of its data set",
        "`hu serve`",
        _SERIES,
        "storescu",
        f"{same} of {len(paths)} data sets byte-equal",
        f"{theirs} answered with success",
        same == theirs == len(paths),
    )


def _asked(running: Served, folder: Path, paths: list[Path]) -> Iterator[Row]:
    header = pydicom.dcmread(paths[0], stop_before_pixels=True)
    keys = ["-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={header.StudyInstanceUID}"]
    keys += ["-k", f"SeriesInstanceUID={header.SeriesInstanceUID}"]
    out = folder / "found"
    out.mkdir()
    run(require("findscu"), "-S", "-X", "-od", out, *keys, "-k", "SOPInstanceUID", *running.to)
    found = {str(pydicom.dcmread(path, force=True).SOPInstanceUID) for path in out.iterdir()}
    wanted = {str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in paths}
    yield Row(
        "a query finds what there is",
        "`hu serve`",
        _SERIES,
        "findscu",
        f"{len(wanted)} instances stored",
        f"{len(found & wanted)} found, {len(found - wanted)} others",
        found == wanted,
    )
    got = folder / "got"
    got.mkdir()
    keys[1] = "QueryRetrieveLevel=SERIES"
    run(require("getscu"), "-S", "+B", "-od", got, *keys, *running.to)
    same = {_digest(path) for path in got.iterdir()} == {_digest(path) for path in paths}
    yield Row(
        "what is retrieved is what was stored",
        "`hu serve`",
        _SERIES,
        "getscu +B",
        f"{len(paths)} stored",
        f"{len(list(got.iterdir()))} came, byte-equal: {same}",
        same,
    )


def _moved(folder: Path, paths: list[Path], service: Served, port: int) -> int:
    study = pydicom.dcmread(paths[0], stop_before_pixels=True).StudyInstanceUID
    out = folder / "moved"
    out.mkdir()
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
    words = ["-aet", "MOVESCU", "-S", *service.to, "+P", str(port), "-od", str(out)]
    run(require("movescu"), *words, *keys)
    # movescu writes lengths of its own.
    back = {str(one.SOPInstanceUID): one.PixelData for one in map(pydicom.dcmread, out.iterdir())}
    return sum(back.get(str(one.SOPInstanceUID)) == one.PixelData for one in map(pydicom.dcmread, paths))


def _commitment(folder: Path, paths: list[Path]) -> Row:
    """Let movescu have everything, and Orthanc ask what is kept."""
    port, theirs_move = free_port(), free_port()
    config = folder / "site.toml"
    with orthanc(folder / "orthanc", {"HOUNSFIELD": port}) as (theirs, web):
        config.write_text(
            f'[[peers]]\naddress = "ORTHANC@127.0.0.1:{theirs}"\n'
            f'[[peers]]\naddress = "STORESCU@127.0.0.1"\n[[peers]]\naddress = "MOVESCU@127.0.0.1:{theirs_move}"\n'
        )
        with served(folder / "archive", "--config", str(config), "--port", str(port)) as running:
            running.send(paths)
            moved = _moved(folder, paths, running, theirs_move)
            headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
            objects = [[str(one.SOPClassUID), str(one.SOPInstanceUID)] for one in headers] + [["1.2.3", "1.2.3.4"]]
            address = f"http://127.0.0.1:{web}"
            body = json.dumps({"DicomInstances": objects}).encode()
            with urllib.request.urlopen(f"{address}/modalities/HOUNSFIELD/storage-commitment", body, 60) as said:
                transaction = json.loads(said.read())["ID"]
            until = time.monotonic() + 30
            told: dict[str, Any] = {"Status": "Pending"}
            while told["Status"] == "Pending" and time.monotonic() < until:
                time.sleep(0.1)
                with urllib.request.urlopen(f"{address}/storage-commitment/{transaction}", timeout=60) as said:
                    told = json.loads(said.read())
    return Row(
        "what is kept is committed to, and nothing else; C-MOVE gives all pixels",
        "`hu serve`",
        _SERIES,
        "Orthanc, movescu",
        f"{len(paths)} kept, 1 not",
        f"{len(told['Success'])} committed, {len(told['Failures'])} failed; {moved} moved with equal pixels",
        (len(told["Success"]), len(told["Failures"]), moved) == (len(paths), 1, len(paths)),
    )


def _orthanc(folder: Path, paths: list[Path]) -> Row:
    with orthanc(folder / "orthanc") as (port, web):
        fill("ORTHANC", port, *paths)
        peer = f"ORTHANC@127.0.0.1:{port}"
        (study,) = json.loads(hu("find", peer, "--json"))["answers"]
        hu("retrieve", peer, study["StudyInstanceUID"], "-o", folder / "back")
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/statistics", timeout=60) as said:
            there = json.loads(said.read())["CountInstances"]
    came = {str(one.SOPInstanceUID): one for one in map(pydicom.dcmread, (folder / "back").glob("*.dcm"))}
    same = sum(came.get(str(one.SOPInstanceUID)) == one for one in map(pydicom.dcmread, paths))
    return Row(
        "what another archive has is found and retrieved",
        "`hu find`, `hu retrieve`",
        _SERIES,
        "Orthanc",
        f"1 study, {len(came)} retrieved, {same} with every element equal",
        f"{there} instances",
        len(came) == same == there == len(paths),
    )


def _worklist(folder: Path, paths: list[Path]) -> Row:
    del paths
    items = [_ITEM.format(number=1, name="JANE", modality="CT"), _ITEM.format(number=2, name="JOHN", modality="MR")]
    with worklists(folder / "theirs", items) as port:
        answers = json.loads(hu("worklist", f"WL@127.0.0.1:{port}", "Modality=CT", "--json"))
        ours = sorted(set(re.findall(r"DOE\^\w+", json.dumps(answers))))
    (folder / "site.toml").write_text(f'[worklist]\nfolder = "{folder / "theirs" / "WL"}"\n')
    (folder / "theirs" / "WL" / "lockfile").unlink()
    with served(folder / "archive", "--config", str(folder / "site.toml")) as running:
        asked = ["-k", "PatientName", "-k", "ScheduledProcedureStepSequence[0].Modality=CT"]
        done = subprocess.run(
            [require("findscu"), "-v", "-W", *asked, *running.to], check=True, capture_output=True, text=True
        )
        theirs = sorted(set(re.findall(r"DOE\^\w+", done.stdout + done.stderr)))
    return Row(
        "a worklist is asked for, and answered from the same items",
        "`hu worklist`, `hu serve`",
        "2 items",
        "wlmscpfs, findscu",
        f"wlmscpfs gives {', '.join(ours)}",
        f"findscu is given {', '.join(theirs)}",
        ours == theirs == ["DOE^JANE"],
    )


def _tls(folder: Path, paths: list[Path]) -> Row:
    authority = write(folder, "authority", identity("authority", kind="authority", issuers=()))[1]
    key, certificate = write(folder, "server", identity("server"))
    mine = write(folder, "client", identity("client"))
    stranger = write(folder, "stranger", identity("stranger", issuers=()))
    (folder / "site.toml").write_text(
        f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\nauthorities = "{authority}"\n'
    )
    codes = []
    with served(folder / "archive", "--config", str(folder / "site.toml")) as running:
        for words in (["+tls", *mine, "+cf", authority], ["+tls", *stranger, "+cf", authority], []):
            command = [require("storescu"), *words, *running.to, str(paths[0])]
            codes.append(subprocess.run(command, check=False, capture_output=True, timeout=120).returncode)
    kept = len(list((folder / "archive" / "objects").rglob("*.dcm")))
    out, port = folder / "out", free_port()
    out.mkdir()
    receiver = [require("storescp"), "+tls", key, certificate, "+cf", authority, "-od", str(out), str(port)]
    with foreign(receiver, port):
        options = ["--tls-cert", mine[1], "--tls-key", mine[0], "--tls-ca", authority, "--tls-name", "-"]
        sent = json.loads(hu("send", paths[0], f"ANY@127.0.0.1:{port}", *options, "--json"))["counts"]["stored"]
    return Row(
        "with TLS, whom the authority vouches for is served, and nobody else",
        "`hu serve`, `hu send`",
        paths[0].name,
        "storescu, storescp with OpenSSL",
        f"{kept} of 3 stored; {sent} sent",
        f"known: {'stored' if codes[0] == 0 else 'refused'}, stranger and plain text: "
        f"{'refused' if all(codes[1:]) else 'stored'}; {len(list(out.iterdir()))} received",
        codes[0] == 0 and all(codes[1:]) and kept == sent == len(list(out.iterdir())) == 1,
    )


def _killed(folder: Path, paths: list[Path]) -> Row:
    """Kill the archive while it is sent to, once and again, until all was told to be safe."""
    told, kills = 0, 0
    while told < len(paths) and kills < 50:
        with served(folder / "archive") as running:
            words = [require("storescu"), "-v", *running.to, *map(str, paths[told:])]
            with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as sender:
                assert sender.stderr is not None
                seen = 0
                for line in sender.stderr:
                    if "Received Store Response (Success)" in line:
                        seen += 1
                        if seen == 7:
                            running.process.send_signal(signal.SIGKILL)
            told += seen
            kills += running.process.poll() is not None
    with hounsfield.Archive(folder / "archive") as archive:
        sound = archive.verify().sound
    kept = {_digest(path) for path in (folder / "archive" / "objects").rglob("*.dcm")}
    lost = sum(_digest(path) not in kept for path in paths[:told])
    return Row(
        "what was acknowledged survives a kill -9",
        "`hu serve`",
        _SERIES,
        "storescu",
        f"killed {kills} times: {lost} lost, archive sound: {sound}",
        f"{told} told to be safe",
        kills > 3 and not lost and sound and told == len(paths),
    )
