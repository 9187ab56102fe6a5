"""A-ABORT of the service provider (PS3.8 9.3.8)."""

from __future__ import annotations

__all__ = ["INVALID", "UNEXPECTED", "UNRECOGNIZED", "UNSAID", "abort_pdu"]

UNSAID, UNRECOGNIZED, UNEXPECTED, INVALID = 0, 1, 2, 6


def abort_pdu(reason: int) -> bytes:
    """Return an A-ABORT with a reason."""
    return bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, reason])
