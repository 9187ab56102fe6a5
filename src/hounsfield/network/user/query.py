"""C-FIND as its user (PS3.4 C.4.1, K.4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.uid import UID
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from hounsfield.errors import PeerError
from hounsfield.network import words
from hounsfield.network.user.association import lost, refused_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset
    from pynetdicom.association import Association

    from hounsfield.network.address import Address
    from hounsfield.network.storage.sending import Line

__all__ = ["PATIENT_ROOT", "STUDY_ROOT", "WORKLIST", "extended", "find"]

PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
WORKLIST = "1.2.840.10008.5.1.4.31"


def extended(uid: str, *, relational: bool = False, fuzzy: bool = False) -> SOPClassExtendedNegotiation:
    """Ask for relational queries, combined date and time, and fuzzy matching of names (PS3.4 C.5.1.1)."""
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid = UID(uid)
    # A worklist has no relational queries; its first byte is reserved and 1 (PS3.4 K.5).
    first = 1 if uid == WORKLIST or relational else 0
    item.service_class_application_information = bytes([first, 1, int(fuzzy), 0])
    return item


def agreed(found: Association, uid: str) -> tuple[bool, bool, bool]:
    """Whether the peer agreed to relational queries, combined date and time, and fuzzy matching."""
    said = bytes(found.acceptor.sop_class_extended.get(UID(uid), b"")).ljust(3, b"\0")
    return bool(said[0]), bool(said[1]), bool(said[2])


def find(found: Association, uid: str, identifier: Dataset, where: tuple[Address, Line]) -> Iterator[Dataset]:
    """Ask, and give each answer as it comes; whoever stops early makes the peer stop, too.

    Raises
    ------
    PeerError
        When the peer refuses the query, or is lost.
    """
    address, line = where
    message = 1
    try:
        answers = found.send_c_find(identifier, uid, msg_id=message)
    except ValueError as error:
        raise refused_context(found, uid, address) from error
    done = False
    try:
        for status, answer in answers:
            if "Status" not in status:
                done = True
                raise lost(found, address, line)
            if status.Status in (0xFF00, 0xFF01):
                if answer is None:
                    raise PeerError("an answer cannot be decoded", where=str(address), code="answer-invalid")
                yield answer
                continue
            done = True
            if status.Status != 0:
                raise failure("the query", status, address)
    finally:
        if not done:
            found.send_c_cancel(message, query_model=uid)
            for _ in answers:
                pass


def failure(what: str, status: Any, address: Address) -> PeerError:
    """Say what the peer answered instead of success."""
    text = f"{what} failed: {words.query_status(status.Status)} ({status.Status:04X})"
    comment = str(status.get("ErrorComment") or "")
    return PeerError(f"{text}: {comment}" if comment else text, where=str(address), code="refused")
