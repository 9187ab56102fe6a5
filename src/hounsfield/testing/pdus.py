"""Bytes of the protocol, for tests that say what no well-behaved peer would say (PS3.8 9.3, PS3.7 E)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from pydicom import Dataset
from pynetdicom.dsutils import encode

from hounsfield import _core
from hounsfield.files.write import IMPLEMENTATION_CLASS_UID, IMPLICIT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CT", "FIND", "VERIFICATION", "command", "echo", "identifier", "pdata", "pdu", "request", "store"]

VERIFICATION, CT = "1.2.840.10008.1.1", "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_NO_DATA = 0x0101


def pdu(kind: int, content: bytes, *, length: int | None = None) -> bytes:
    """Return a PDU, with its own length or another."""
    return struct.pack(">BBL", kind, 0, len(content) if length is None else length) + content


def request(classes: Sequence[str], *, called: str = "HERE", calling: str = "TEST") -> bytes:
    """Return an A-ASSOCIATE-RQ for classes in implicit little endian; their contexts have the numbers 1, 3, 5 ..."""
    contexts = [(2 * place + 1, uid, [IMPLICIT], 0) for place, uid in enumerate(classes)]
    made = _core.AssociatePdu(
        called, calling, contexts, max_length=16384, implementation=IMPLEMENTATION_CLASS_UID, version="TEST"
    )
    return made.build(answer=False)


def pdata(context: int, content: bytes, *, is_command: bool, last: bool = True, length: int | None = None) -> bytes:
    """Return a P-DATA-TF of one fragment, which may say another length than it has."""
    control = int(is_command) | (2 if last else 0)
    size = len(content) + 2 if length is None else length
    return pdu(4, struct.pack(">LBB", size, context, control) + content)


def command(values: Mapping[str, object]) -> bytes:
    """Return a command set with its group length (PS3.7 6.3.1)."""
    found = Dataset()
    for keyword, value in values.items():
        setattr(found, keyword, value)
    content = encode(found, is_implicit_vr=True, is_little_endian=True) or b""
    return struct.pack("<HHLL", 0, 0, 4, len(content)) + content


def echo(context: int = 1) -> bytes:
    """Return a C-ECHO-RQ."""
    values = {"AffectedSOPClassUID": VERIFICATION, "CommandField": 0x30, "MessageID": 1, "CommandDataSetType": _NO_DATA}
    return pdata(context, command(values), is_command=True)


def store(context: int, instance: str, content: bytes, *, sop_class: str = CT, last: bool = True) -> bytes:
    """Return a C-STORE-RQ and its data set; without its last fragment, where `last` is false."""
    values = {
        "AffectedSOPClassUID": sop_class,
        "CommandField": 1,
        "MessageID": 1,
        "Priority": 0,
        "CommandDataSetType": 1,
        "AffectedSOPInstanceUID": instance,
    }
    return pdata(context, command(values), is_command=True) + pdata(context, content, is_command=False, last=last)


def identifier(context: int, content: bytes, *, sop_class: str = FIND) -> bytes:
    """Return a C-FIND-RQ and its identifier."""
    values = {
        "AffectedSOPClassUID": sop_class,
        "CommandField": 0x20,
        "MessageID": 1,
        "Priority": 0,
        "CommandDataSetType": 1,
    }
    return pdata(context, command(values), is_command=True) + pdata(context, content, is_command=False)
