"""Storage commitment of `hu serve`: a report to a peer that is away is given when it is back."""

from __future__ import annotations

import contextlib
import errno
import json
import queue
import re
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydicom import dcmread
from pynetdicom import AE, build_role, evt
from pynetdicom.presentation import build_context

import hounsfield as hu
from hounsfield.errors import LimitError
from hounsfield.network.address import Address
from hounsfield.network.commitment import INSTANCE, PUSH, Commitment, request
from hounsfield.network.provider import owed
from hounsfield.network.provider.committing import Committing
from hounsfield.network.provider.owed import OwedReports
from hounsfield.network.provider.site import KnownPeer, Site
from tests.network.provider.site import archive
from tests.network.storage.peers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"
UIDS = [(str(dcmread(path).SOPClassUID), str(dcmread(path).SOPInstanceUID)) for path in (CT, MR)]


@contextmanager
def serving(folder: Path, config: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    words = [sys.executable, "-m", "hounsfield", "serve", str(folder), "--port", "0", "--no-web"]
    words += ["--config", str(config)]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        port = next(int(found[1]) for line in process.stderr if (found := re.search(r":(\d+); Ctrl-C", line)))
        # What is logged is read on, or the server would wait for who reads it.
        reader = threading.Thread(target=process.stderr.read)
        reader.start()
        yield process, port
    finally:
        process.kill()
        process.wait(20)
        reader.join(20)
        process.stderr.close()


@contextmanager
def modality(port: int) -> Iterator[queue.SimpleQueue[Commitment]]:
    """A modality made of pynetdicom that takes reports."""
    came: queue.SimpleQueue[Commitment] = queue.SimpleQueue()

    def take(event: Any) -> tuple[int, None]:
        came.put(Commitment.of(event.event_information))
        return 0x0000, None

    entity = AE("MODALITY")
    entity.add_supported_context(PUSH, scu_role=True, scp_role=True)
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_N_EVENT_REPORT, take)])
    try:
        yield came
    finally:
        if server is not None:
            server.shutdown()


def ask(port: int, transaction: str, *, called: str = "HOUNSFIELD") -> int:
    """Ask for both objects, and go at once."""
    entity = AE("MODALITY")
    found = entity.associate(
        "127.0.0.1",
        port,
        contexts=[build_context(PUSH)],
        ae_title=called,
        ext_neg=[build_role(PUSH, scu_role=True)],
    )
    assert found.is_established
    status, _ = found.send_n_action(request(transaction, UIDS), 1, PUSH, INSTANCE)
    found.release()
    return int(status.Status)


def test_a_report_survives_a_kill_and_is_given_when_the_peer_is_back(tmp_path: Path) -> None:
    away = free_port()
    config = tmp_path / "site.toml"
    config.write_text(f'[[peers]]\naddress = "MODALITY@127.0.0.1:{away}"\n')
    notes = tmp_path / "archive" / "commitment"
    with serving(tmp_path / "archive", config) as (process, port):
        assert next(iter(hu.Peer(f"HOUNSFIELD@127.0.0.1:{port}", calling="MODALITY").send(CT))).ok
        assert ask(port, "1.2.3.4") == 0
        assert ask(port, "../../x") == 0
        # Without a moment to call anybody.
        process.kill()
    names = sorted(path.name for path in notes.iterdir())
    assert len(names) == 2
    assert all(re.fullmatch(r"[0-9a-f]{64}\.json", name) for name in names)
    with modality(away) as came, serving(tmp_path / "archive", config):
        told = {one.transaction: one for one in (came.get(timeout=30), came.get(timeout=30))}
        until = time.monotonic() + 10
        while list(notes.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
    assert told.keys() == {"1.2.3.4", "../../x"}
    assert told["1.2.3.4"].committed == (UIDS[0][1],)
    assert told["1.2.3.4"].failed == {UIDS[1][1]: "the device does not have it"}
    assert list(notes.iterdir()) == []


class _All:
    """A source that has everything, or nothing any more."""

    has = "yes"

    def holds(self, sop_class: str, sop_instance: str) -> str:
        del sop_class, sop_instance
        return self.has


def test_a_peer_that_is_away_is_called_again_and_told_what_holds_then(tmp_path: Path) -> None:
    away = free_port()
    source: Any = _All()
    site = Site("HERE", peers=(KnownPeer(Address("MODALITY", "127.0.0.1", away)),))
    OwedReports(tmp_path).add("MODALITY", "1.2.3", UIDS)
    committing = Committing(source, site, folder=tmp_path, pauses=(0.2,))
    try:
        time.sleep(0.7)
        assert len(list(tmp_path.iterdir())) == 1
        # What was deleted meanwhile is not committed.
        source.has = "no"
        with modality(away) as came:
            assert came.get(timeout=20).committed == ()
    finally:
        committing.close()


def test_peers_that_hang_keep_no_other_waiting(tmp_path: Path) -> None:
    away, reports = free_port(), OwedReports(tmp_path)
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(5)]
        peers = [KnownPeer(Address(f"SILENT{at}", *one.getsockname())) for at, one in enumerate(silent)]
        for peer in peers:
            reports.add(peer.address.title, "1.2.3", UIDS)
        for number in range(3):
            reports.add("MODALITY", f"1.2.4.{number}", UIDS)
        came = stack.enter_context(modality(away))
        # They are owed for longest, and accept what nobody answers.
        site = Site("HERE", peers=(*peers, KnownPeer(Address("MODALITY", "127.0.0.1", away))))
        source: Any = _All()
        committing = Committing(source, site, folder=tmp_path, pauses=(0.2,))
        told = [came.get(timeout=8).transaction for _ in range(3)]
        assert told == ["1.2.4.0", "1.2.4.1", "1.2.4.2"]
        # What the silent ones are owed stays noted.
        until = time.monotonic() + 10
        while len(list(tmp_path.iterdir())) > 5 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(list(tmp_path.iterdir())) == 5
        for one in silent:
            one.close()
        committing.close()
        assert len(list(tmp_path.iterdir())) == 5


def test_notes_that_cannot_be_read_are_left_and_do_not_stop_anything(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text(json.dumps({"title": "A", "transaction": "1", "objects": [[1]], "since": 0}))
    (tmp_path / ".c.json").write_text("half")
    assert list(OwedReports(tmp_path)) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_no_more_are_noted_than_there_is_room_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed, "_MOST", 2)
    reports = OwedReports(tmp_path)
    reports.add("A", "1", UIDS)
    reports.add("A", "2", UIDS)
    # The same again is the same.
    reports.add("A", "2", UIDS)
    with pytest.raises(LimitError):
        reports.add("A", "3", UIDS)
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError(errno.ENOSPC, "No space left on device"), 0x0110), (LimitError("too many"), 0x0213)],
    ids=["disk-full", "too-many"],
)
def test_what_cannot_be_noted_is_not_promised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(OwedReports, "add", refuse)
    with archive(tmp_path, [CT]) as provider:
        assert ask(provider.port, "1.2.3", called="HERE") == status
        assert hu.Peer(f"HERE@127.0.0.1:{provider.port}").echo() > 0
