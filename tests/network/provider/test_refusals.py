"""The codes that the standard names for what is refused, in both kinds of association, and the line in the log."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydicom import Dataset, dcmread
from pynetdicom.dsutils import decode, encode

import hounsfield as hu
from hounsfield.network.provider.site import Site
from hounsfield.network.storage.receiving import Bounds
from hounsfield.testing.pdus import CT, FIND, VERIFICATION, command, echo, identifier, pdata, pdu, request, store
from tests.network.provider.site import archive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.network.provider.provider import Provider

DATA = Path(__file__).parents[2] / "data" / "pydicom"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
BOUNDS = Bounds(wait=2, pdu_time=1, object_bytes=1 << 20, sync=False)
ACCEPT, DATA_TF, RELEASED, ABORT = 2, 4, 6, 7
UNSAID, UNRECOGNIZED, UNEXPECTED, INVALID = 0, 1, 2, 6
END = pdu(5, bytes(4))
KINDS = pytest.mark.parametrize("classes", [[CT, VERIFICATION], [CT, FIND, VERIFICATION]], ids=["core", "pynetdicom"])


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("here")
    with archive(folder, [DATA / "CT_small.dcm", DATA / "MR_small.dcm"], bounds=BOUNDS, request_time=1.5) as provider:
        yield provider


@pytest.fixture(autouse=True)
def nothing_is_left(here: Provider) -> Iterator[None]:
    yield
    assert hu.Peer(f"HERE@127.0.0.1:{here.port}").echo() > 0
    finished(here)


def finished(here: Provider) -> None:
    """Wait until no association is left."""
    deadline = time.monotonic() + 8
    while here.active and time.monotonic() < deadline:
        time.sleep(0.02)
    assert here.active == 0


def exactly(connection: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count and (more := connection.recv(count - len(found))):
        found += more
    return found


def heard(connection: socket.socket) -> list[tuple[int, bytes]]:
    """Kinds and contents of the PDUs that come until the connection closes."""
    found = []
    with contextlib.suppress(ConnectionError):
        while head := exactly(connection, 6):
            found.append((head[0], exactly(connection, int.from_bytes(head[2:], "big"))))
    return found


def connected(here: Provider) -> socket.socket:
    return socket.create_connection(("127.0.0.1", here.port), timeout=15)


def conversation(here: Provider, content: bytes) -> list[tuple[int, bytes]]:
    with connected(here) as connection:
        connection.sendall(content)
        return heard(connection)


def answers(here: Provider, content: bytes) -> list[int]:
    """Ask, wait for the last answer, and release; give the statuses."""
    found: list[int] = []
    with connected(here) as connection:
        connection.sendall(content)
        while head := exactly(connection, 6):
            body = exactly(connection, int.from_bytes(head[2:], "big"))
            found += statuses([(head[0], body)])
            if head[0] == ABORT or (found and found[-1] not in (0xFF00, 0xFF01)):
                break
        connection.sendall(END)
        heard(connection)
    return found


def statuses(said: list[tuple[int, bytes]]) -> list[int]:
    """The statuses of what is answered in data."""
    found = []
    for kind, content in said:
        if kind == DATA_TF and content[5] & 1:
            answer = decode(BytesIO(content[6:]), is_implicit_vr=True, is_little_endian=True)
            found.append(int(answer.Status))
    return found


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pdu(1, b"", length=0xFFFFFFFF), INVALID),
        (pdu(4, b"", length=0xFFFFFFFF), UNEXPECTED),
        (echo(), UNEXPECTED),
        (END, UNEXPECTED),
        (pdu(2, bytes(68)), UNEXPECTED),
        (pdu(0x99, b"what"), UNRECOGNIZED),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", UNRECOGNIZED),
        (b"", UNSAID),
        (request([CT])[:40], UNSAID),
    ],
    ids=[
        "endless-request",
        "endless-data",
        "data",
        "release",
        "answer",
        "unknown",
        "http",
        "silence",
        "half-a-request",
    ],
)
def test_no_request_is_aborted_with_the_reason(
    here: Provider, content: bytes, reason: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "hounsfield.network"):
        ((kind, said),) = conversation(here, content)
    assert (kind, said) == (ABORT, bytes([0, 0, 2, reason]))
    assert "no association with 127.0.0.1" in caplog.text


@pytest.mark.parametrize("classes", [[CT] * 129, [CT] * 300, [FIND] * 129, [CT, FIND] * 200])
def test_more_contexts_than_there_are_numbers_for(here: Provider, classes: list[str]) -> None:
    many = request(classes[:128])
    # Contexts whose numbers were given already.
    item = many[6 + 68 :]
    start = item.index(b"\x20\0")
    one = item[start : start + 4 + int.from_bytes(item[start + 2 : start + 4], "big")]
    content = pdu(1, many[6:] + one * (len(classes) - 128))
    assert conversation(here, content) == [(ABORT, bytes([0, 0, 2, INVALID]))]


def test_all_contexts_that_there_are_numbers_for(here: Provider) -> None:
    for classes in ([CT] * 128, [CT] * 127 + [FIND]):
        (kind, _), (end, _) = conversation(here, request(classes) + END)
        assert (kind, end) == (ACCEPT, RELEASED)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(100), None),
        (request([CT])[6:] + b"\x20\0" + (4).to_bytes(2, "big") + b"\x01\0\0\0", INVALID),
        (request([CT, FIND])[6:] + b"\x20\0" + (4).to_bytes(2, "big") + b"\x05\0\0\0", INVALID),
    ],
    ids=["version", "context-without-class", "context-without-class-2"],
)
def test_requests_that_say_nothing(here: Provider, content: bytes, reason: int | None) -> None:
    said = conversation(here, pdu(1, content) + END)
    if reason is None:
        # Of the protocol's version (PS3.8 9.3.4).
        assert said == [(3, bytes([0, 1, 2, 2]))]
    else:
        assert said[0][0] in (ACCEPT, ABORT)
        assert said[-1][0] in (RELEASED, ABORT)


@KINDS
@pytest.mark.parametrize(
    "kind", ["endless", "long-fragment", "unknown-context", "nonsense", "request-again", "unknown"]
)
def test_an_association_is_aborted(
    here: Provider, classes: list[str], kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    content = {
        "endless": pdu(4, b"\0" * 20, length=0xFFFFFFFF),
        "long-fragment": pdata(1, b"\0" * 20, is_command=True, length=5000),
        "unknown-context": echo(99),
        "nonsense": pdata(1, b"\xff" * 50, is_command=True),
        "request-again": request(classes),
        "unknown": pdu(0x99, b"what"),
    }[kind]
    with caplog.at_level(logging.INFO):
        said = conversation(here, request(classes) + content)
        finished(here)
    kinds = [one for one, _ in said]
    assert (kinds[0], set(kinds[1:])) == (ACCEPT, {ABORT})
    assert caplog.text


@KINDS
def test_a_byte_now_and_then(here: Provider, classes: list[str]) -> None:
    """A PDU has a time from its first byte to its last, however steadily bytes come."""
    begun = time.monotonic()
    with connected(here) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(request(classes))
        for byte in store(1, "1.2.3", bytes(1000)):
            connection.send(bytes([byte]))
            time.sleep(0.1)
        raise AssertionError("it went on for ever")
    assert time.monotonic() - begun < 10


@KINDS
def test_half_open(here: Provider, classes: list[str]) -> None:
    """Whoever says nothing any more is cut off, and so is whoever closed its half, in mid-object."""
    begun = time.monotonic()
    assert conversation(here, request(classes))[0][0] == ACCEPT
    with connected(here) as connection:
        connection.sendall(request(classes) + store(1, "1.2.3.4", bytes(5000), last=False))
        connection.shutdown(socket.SHUT_WR)
        assert heard(connection)[0][0] == ACCEPT
    assert time.monotonic() - begun < 12


@KINDS
@pytest.mark.parametrize("uid", ["..", "../../x", "/etc/x", "1.2/../3", "x" * 64, "1..2"])
def test_uids_are_refused_with_0117(here: Provider, classes: list[str], uid: str) -> None:
    said = conversation(here, request(classes) + store(1, uid, bytes(100)) + END)
    assert statuses(said) == [0x0117]
    assert said[-1][0] == RELEASED


def asked(sop_class: str, content: bytes, **more: object) -> bytes:
    values = {"AffectedSOPClassUID": sop_class, "MessageID": 1, "Priority": 0, "CommandDataSetType": 1, **more}
    return pdata(1, command(values), is_command=True) + pdata(1, content, is_command=False)


def keys(**values: str) -> bytes:
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    return encode(found, is_implicit_vr=True, is_little_endian=True) or b""


@pytest.mark.parametrize("title", ["NOBODY", "../../etc", "127.0.0.1:104", "HERE", "'; DROP TABLE", ""])
def test_destinations_that_are_not_known_are_refused_with_a801(here: Provider, title: str) -> None:
    study = str(dcmread(DATA / "CT_small.dcm").StudyInstanceUID)
    content = keys(QueryRetrieveLevel="STUDY", StudyInstanceUID=study)
    said = answers(here, request([MOVE]) + asked(MOVE, content, CommandField=0x21, MoveDestination=title))
    # Without any, the message is none, and the association is aborted.
    assert said == ([0xA801] if title else [])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (keys(QueryRetrieveLevel="NONSENSE"), [0xA900]),
        (keys(StudyDate="20200101"), [0xA900]),
        (keys(QueryRetrieveLevel="PATIENT"), [0xA900]),
        (keys(QueryRetrieveLevel="SERIES"), [0xA900]),
        (keys(QueryRetrieveLevel="STUDY", PatientName="*" * 64), [0xFF00, 0xFF00, 0]),
        (keys(QueryRetrieveLevel="STUDY", PatientName="*?" * 32), [0]),
        (keys(QueryRetrieveLevel="STUDY", PatientName="*a" * 30 + "b"), [0]),
        (keys(QueryRetrieveLevel="STUDY", PatientName="'; DROP TABLE studies; --"), [0]),
        (keys(QueryRetrieveLevel="STUDY", PatientID='" OR 1=1 --'), [0]),
        (keys(QueryRetrieveLevel="STUDY", PatientID="%"), [0]),
        (keys(QueryRetrieveLevel="STUDY", PatientID="_CT_"), [0]),
        (keys(QueryRetrieveLevel="STUDY", StudyDate="00010101-99991231"), [0xFF00, 0xFF00, 0]),
        (keys(QueryRetrieveLevel="STUDY", StudyDate="99991231-00010101"), [0]),
        (keys(QueryRetrieveLevel="STUDY", StudyInstanceUID="\\".join(["1.2.3"] * 3000)), [0]),
        (b"\xff" * 40, [0xA900]),
    ],
    ids=range(15),
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_queries_end_with_their_status(here: Provider, content: bytes, expected: list[int]) -> None:
    begun = time.monotonic()
    assert answers(here, request([FIND]) + identifier(1, content)) == expected
    assert time.monotonic() - begun < 10


def test_a_retrieval_without_its_key_is_refused_with_a900(here: Provider) -> None:
    for content in (keys(QueryRetrieveLevel="STUDY"), keys(QueryRetrieveLevel="STUDY", StudyInstanceUID="*")):
        message = asked(MOVE, content, CommandField=0x21, MoveDestination="X")
        assert answers(here, request([MOVE]) + message) == [0xA900]


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "192.168.1.1"])
def test_nothing_listens_beyond_this_machine_for_everybody(host: str) -> None:
    with pytest.raises(hu.errors.UsageError, match="nothing says who may come"):
        Site("HERE", host)
    # A certificate of its own tells nothing of who comes.
    with pytest.raises(hu.errors.UsageError, match="nothing says who may come"):
        Site("HERE", host, tls=hu.Tls("own.pem", "own.key"))
    assert Site("HERE", host, tls=hu.Tls("own.pem", "own.key", "authorities.pem")).host == host
