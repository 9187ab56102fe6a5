"""Siemens CSA headers: named values in (0029,xx10) and (0029,xx20) of MR files up to the E generation (VE11).

The layout is described by the authors of nibabel (https://nipy.org/nibabel/dicom/siemens_csa.html). CSA2 begins with
``SV10``; CSA1 does not, and its lengths are counted from another number.
"""

from __future__ import annotations

import math
import re
import struct

from hounsfield.errors import MalformedError

__all__ = ["numbers", "parse_csa", "protocol"]

_MOST_TAGS = 512
_MOST_ITEMS = 4096
_HEADER = struct.Struct("<64si4siii")
_ITEM = struct.Struct("<iiii")


def parse_csa(data: bytes) -> dict[str, list[str]]:
    """Read a CSA header.

    Parameters
    ----------
    data : bytes
        The value of the element.

    Returns
    -------
    dict
        Values by name, as text; names without a value are left out.

    Raises
    ------
    MalformedError
        When it is no CSA header or breaks off.
    """
    second = data[:4] == b"SV10"
    try:
        at = 8 if second else 0
        count, _ = struct.unpack_from("<II", data, at)
        at += 8
        if not 0 < count <= _MOST_TAGS:
            raise MalformedError(f"a CSA header of {count} tags", code="csa-header")
        values: dict[str, list[str]] = {}
        first = None
        for _ in range(count):
            name, multiplicity, _, _, items, _ = _HEADER.unpack_from(data, at)
            first = items if first is None else first
            found, at = _items(data, at + _HEADER.size, items, 0 if second else first, second=second)
            kept = found[:multiplicity] if multiplicity > 0 else found
            if any(kept):
                values[name.split(b"\0", 1)[0].decode("latin-1")] = [item for item in kept if item]
    except struct.error:
        raise MalformedError("the CSA header breaks off", code="csa-header") from None
    return values


def _items(data: bytes, at: int, count: int, first: int, *, second: bool) -> tuple[list[str], int]:
    if not 0 <= count <= _MOST_ITEMS:
        raise MalformedError(f"a CSA value of {count} items", code="csa-header")
    found = []
    for _ in range(count):
        lengths = _ITEM.unpack_from(data, at)
        at += _ITEM.size
        length = lengths[1] if second else lengths[0] - first
        if length < 0 or at + length > len(data):
            break
        found.append(data[at : at + length].split(b"\0", 1)[0].decode("latin-1").strip())
        at += length + -length % 4
    return found, at


def numbers(values: dict[str, list[str]], name: str) -> tuple[float, ...]:
    """Numbers of one name; empty where it has none.

    Examples
    --------
    >>> numbers({"B_value": ["1000"]}, "B_value")
    (1000.0,)
    """
    found = []
    for part in values.get(name, ()):
        try:
            found.append(float(part))
        except ValueError:
            return ()
    return tuple(found) if all(map(math.isfinite, found)) else ()


_ASSIGNMENT = re.compile(r"^([\w.\[\]]+)\s*=\s*(.+?)\s*$", re.MULTILINE)


def protocol(text: str) -> dict[str, str]:
    r"""Read the ASCII protocol (MrPhoenixProtocol, MrProtocol) between its markers.

    Examples
    --------
    >>> protocol("### ASCCONV BEGIN ###\nsSliceArray.ucMode = 0x4\n### ASCCONV END ###")
    {'sSliceArray.ucMode': '0x4'}
    """
    begin, end = text.find("### ASCCONV BEGIN"), text.find("### ASCCONV END")
    return dict(_ASSIGNMENT.findall(text[begin:end])) if 0 <= begin < end else {}
