"""What no well-behaved peer says: each is refused, nothing is left behind, and others are served all the while."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import Dataset, dcmread
from pynetdicom.dsutils import encode

import hounsfield as hu
from hounsfield.errors import PeerError, UsageError
from hounsfield.network.storage.receiving import Bounds
from hounsfield.testing.pdus import CT, FIND, VERIFICATION, echo, identifier, pdata, pdu, request, store
from tests.network.provider.site import archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.network.provider.provider import Provider

DATA = Path(__file__).parents[2] / "data" / "pydicom"
BOUNDS = Bounds(wait=3, pdu_time=1, object_bytes=1 << 20, sync=False)
ACCEPT, REJECT, DATA_TF, ABORT = 2, 3, 4, 7
# The first kind of association is the core's, the other pynetdicom's.
KINDS = pytest.mark.parametrize("classes", [[CT, VERIFICATION], [CT, FIND, VERIFICATION]], ids=["core", "pynetdicom"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Provider, Path]]:
    folder = tmp_path_factory.mktemp("here")
    with archive(folder, [DATA / "CT_small.dcm"], bounds=BOUNDS, request_time=1.5) as provider:
        yield provider, folder / "inbox"


@pytest.fixture(autouse=True)
def others_are_served(here: tuple[Provider, Path]) -> Iterator[None]:
    yield
    provider, inbox = here
    assert hu.Peer(f"HERE@127.0.0.1:{provider.port}").echo() > 0
    deadline = time.monotonic() + 8
    while provider.active and time.monotonic() < deadline:
        time.sleep(0.02)
    assert provider.active == 0
    assert list((inbox / ".incoming").iterdir()) == []


def kept(here: tuple[Provider, Path]) -> list[Path]:
    """Everything but what is on its way."""
    return sorted(path for path in here[1].parent.rglob("*") if path.parent.name != ".incoming")


def connected(here: tuple[Provider, Path]) -> socket.socket:
    return socket.create_connection(("127.0.0.1", here[0].port), timeout=10)


def said(connection: socket.socket) -> list[int]:
    """Kinds of the PDUs that come until the connection closes."""
    kinds = []
    with contextlib.suppress(ConnectionError):
        while head := _exactly(connection, 6):
            kinds.append(head[0])
            _exactly(connection, int.from_bytes(head[2:], "big"))
    return kinds


def _exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := connection.recv(count - len(found))):
        found += more
    return found


def conversation(here: tuple[Provider, Path], content: bytes, *, close: bool = False) -> list[int]:
    with connected(here) as connection:
        connection.sendall(content)
        if close:
            return []
        return said(connection)


@pytest.mark.parametrize(
    "content",
    [
        pdu(1, b"", length=0xFFFFFFFF),
        pdu(4, b"", length=0xFFFFFFFF),
        pdu(1, b"\0" * 100),
        echo(),
        pdu(5, bytes(4)),
        pdu(0x99, b"what"),
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    ],
    ids=["endless-request", "endless-data", "zeros", "data-first", "release-first", "unknown", "http", "tls"],
)
def test_no_association(here: tuple[Provider, Path], content: bytes) -> None:
    assert set(conversation(here, content)) <= {ABORT, REJECT}


def test_nothing_is_said(here: tuple[Provider, Path]) -> None:
    begun = time.monotonic()
    assert set(conversation(here, b"")) <= {ABORT}
    assert time.monotonic() - begun < 8


def test_a_byte_now_and_then(here: tuple[Provider, Path]) -> None:
    with connected(here) as connection, contextlib.suppress(ConnectionError):
        for byte in request([CT])[:12]:
            connection.send(bytes([byte]))
            time.sleep(0.2)
        assert set(said(connection)) <= {ABORT}


@KINDS
@pytest.mark.parametrize("kind", ["endless", "long-fragment", "unknown-context", "nonsense", "request-again", "slowly"])
def test_in_an_association(here: tuple[Provider, Path], classes: list[str], kind: str) -> None:
    content = {
        "endless": pdu(4, b"\0" * 20, length=0xFFFFFFFF),
        "long-fragment": pdata(1, b"\0" * 20, is_command=True, length=5000),
        "unknown-context": echo(99),
        "nonsense": pdata(1, b"\xff" * 50, is_command=True),
        "request-again": request(classes),
        "slowly": echo(2 * len(classes) - 1)[:20],
    }[kind]
    kinds = conversation(here, request(classes) + content)
    assert kinds[0] == ACCEPT
    assert DATA_TF not in kinds[1:]


@KINDS
@pytest.mark.parametrize("how", ["closed", "aborted", "silent"])
def test_an_object_breaks_off(here: tuple[Provider, Path], classes: list[str], how: str) -> None:
    before = sorted(here[1].iterdir())
    content = request(classes) + store(1, "1.2.3.4", bytes(10_000), last=False)
    if how == "aborted":
        content += pdu(7, bytes(4))
    conversation(here, content, close=how == "closed")
    assert sorted(here[1].iterdir()) == before


@KINDS
@pytest.mark.parametrize("uid", ["..", "../../x", "/etc/x", "1.2/../3", "x" * 64, "1." + "2" * 80, ""])
def test_uids_that_are_paths(here: tuple[Provider, Path], classes: list[str], uid: str) -> None:
    before = kept(here)
    conversation(here, request(classes) + store(1, uid, bytes(100)) + pdu(5, bytes(4)))
    assert kept(here) == before


@pytest.mark.parametrize("title", ["../../etc/x", "/etc/passwd", "..", "'; DROP TABLE", "\\\\x"])
def test_titles_that_are_paths(here: tuple[Provider, Path], title: str) -> None:
    assert conversation(here, request([CT], called=title[:16])) == [REJECT]
    # Whoever calls may call itself anything here; it never becomes a path.
    before = kept(here)
    conversation(here, request([CT], calling=title[:16]) + pdu(5, bytes(4)))
    assert kept(here) == before


def test_contexts_without_end(here: tuple[Provider, Path]) -> None:
    many = request([CT] * 128)
    # One more than there are numbers for.
    extra = b"\x20\0" + (4).to_bytes(2, "big") + b"\x01\0\0\0"
    more = pdu(1, many[6:] + extra * 300)
    assert set(conversation(here, more)) <= {ACCEPT, REJECT, ABORT}
    assert conversation(here, many + pdu(5, bytes(4)))[0] == ACCEPT


def test_too_large_is_refused(here: tuple[Provider, Path]) -> None:
    before = sorted(here[1].iterdir())
    for classes in ([CT], [CT, FIND]):
        parts = b"".join(pdata(1, bytes(16000), is_command=False, last=number == 99) for number in range(100))
        head = store(1, "1.2.3.5", b"", last=False)
        conversation(here, request(classes) + head + parts + pdu(5, bytes(4)))
    assert sorted(here[1].iterdir()) == before


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientName", "*" * 500),
        ("PatientName", "*a" * 60 + "b"),
        ("PatientName", "'; DROP TABLE studies; --"),
        ("PatientID", '" OR 1=1 --'),
        ("PatientID", "%_[a-z]\\x"),
        ("StudyDescription", "*?" * 400 + "z"),
        ("StudyDate", "99999999-00000000"),
        ("StudyDate", "yesterday-"),
        ("StudyDate", "-"),
        ("StudyTime", "9" * 60),
        ("StudyInstanceUID", "../../etc"),
        ("NumberOfStudyRelatedSeries", "many"),
    ],
)
def test_queries(here: tuple[Provider, Path], keyword: str, value: str) -> None:
    begun = time.monotonic()
    with hu.Peer(f"HERE@127.0.0.1:{here[0].port}", timeout=20) as peer, contextlib.suppress(PeerError, UsageError):
        list(peer.find({keyword: [value]}))
    assert time.monotonic() - begun < 10
    with hu.Peer(f"HERE@127.0.0.1:{here[0].port}") as peer:
        assert len(list(peer.find())) == 1


def test_identifiers_that_are_none(here: tuple[Provider, Path]) -> None:
    asked = Dataset()
    asked.QueryRetrieveLevel = "STUDY"
    whole = encode(asked, is_implicit_vr=True, is_little_endian=True) or b""
    for content in (b"", b"\xff" * 40, whole[:-3], whole * 300, b"\x08\x00\x52\x00\xff\xff\xff\x7fx"):
        kinds = conversation(here, request([FIND]) + identifier(1, content) + pdu(5, bytes(4)))
        assert kinds[0] == ACCEPT


def test_more_associations_than_are_allowed(tmp_path: Path) -> None:
    with archive(tmp_path, [DATA / "CT_small.dcm"], associations=3, request_time=5) as provider:
        held = [socket.create_connection(("127.0.0.1", provider.port), timeout=5) for _ in range(3)]
        for connection in held:
            connection.sendall(request([CT]))
            assert _exactly(connection, 1)[0] == ACCEPT
        with pytest.raises(PeerError, match="as many associations as it takes"):
            hu.Peer(f"HERE@127.0.0.1:{provider.port}").echo()
        for connection in held:
            connection.close()
        deadline = time.monotonic() + 5
        while provider.active and time.monotonic() < deadline:
            time.sleep(0.02)
        assert hu.Peer(f"HERE@127.0.0.1:{provider.port}").echo() > 0


def test_what_is_kept_is_what_was_sent(here: tuple[Provider, Path]) -> None:
    """After all of the above."""
    path = DATA / "CT_small.dcm"
    (sent,) = hu.Peer(f"HERE@127.0.0.1:{here[0].port}").send(path)
    assert sent.ok
    assert dcmread(here[1] / f"{dcmread(path).SOPInstanceUID}.dcm") == dcmread(path)


def test_wildcards_take_no_time() -> None:
    """What would keep a backtracking engine busy for years."""
    from hounsfield.catalog.matching.names import name_matches

    assert not name_matches("a" * 64, "*a" * 30 + "b")
    assert name_matches("a" * 64 + "^b", "*a" * 30 + "*B")
    assert name_matches("DOE^JANE", "d?e^*")
