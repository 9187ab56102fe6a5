"""Polarity of phase encoding of GE EPI before Rx27, in the user data of the pulse sequence (0043,xx2A).

The value holds GE's raw header; where it begins stands at byte 24, its version is its first number. Offsets of the
polarity and of the direction in ky differ from version 25.002 on. Source: the notes of dcm2niix on GE, and the
definitions of the raw header that they name (rdbm.h); dcm_qa_nih.
"""

from __future__ import annotations

import struct
from typing import Any

__all__ = ["polarity_of"]

_HEADER_AT = 24
_LEAST = 916
_OLDEST, _NEWEST, _MOVED = 5.0, 40.0, 25.002
_EPI_AT, _POLARITY_AT, _KY_AT = 0x3A, 0x30, 0x394
_EPI, _FLIPPED, _BOTTOM_UP = 0x800, 0x4, 2
_SHIFT, _KY_SHIFT = 0x4C, -0x8C


def polarity_of(value: Any) -> int:
    """Give 1 for lines towards higher indices, -1 towards lower, 0 where it is no EPI or not understood."""
    if not isinstance(value, bytes):
        return 0
    try:
        (begin,) = struct.unpack_from("<H", value, _HEADER_AT)
        (version,) = struct.unpack_from("<f", value, begin)
        if len(value) < begin + _LEAST or not _OLDEST <= version <= _NEWEST:
            return 0
        shift, ky_shift = (_SHIFT, _KY_SHIFT) if version >= _MOVED else (0, 0)
        at = begin + shift
        (epi,) = struct.unpack_from("<H", value, at + _EPI_AT)
        (flags,) = struct.unpack_from("<H", value, at + _POLARITY_AT)
        (direction,) = struct.unpack_from("<H", value, at + _KY_AT + ky_shift)
    except struct.error:
        return 0
    if not epi & _EPI:
        return 0
    flipped = bool(flags & _FLIPPED) != (direction == _BOTTOM_UP)
    return -1 if flipped else 1
