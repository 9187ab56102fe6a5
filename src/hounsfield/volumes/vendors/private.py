"""Private and rarely needed attributes of many files at once, found by their private creators (PS3.5 7.8.1).

The core reads them on two threads in one walk of each header. Private values without a known VR (implicit files, files
that were rewritten as UN) are decoded by the VR that the vendor's document states.
"""

from __future__ import annotations

import math
import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield import _core
from hounsfield.pixels.layout import source_input
from hounsfield.settings import threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits

__all__ = ["UNOWNED", "Attribute", "decode", "read_attributes"]

UNOWNED = "Unowned"
_THREADS = 2
_MEMBERS_AT_ONCE = 32
_BLOCKS = 16
_CUSTOMARY = 0x10
_NUMBERS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"US": ("H", 2), "SS": ("h", 2), "UL": ("I", 4), "SL": ("i", 4), "FL": ("f", 4), "FD": ("d", 8)}
)
_TEXT_NUMBERS = ("IS", "DS")


class Attribute(NamedTuple):
    """An attribute to read.

    Parameters
    ----------
    name : str
        What the result calls it.
    path : tuple of int
        Tags from the outermost sequence to the element; of a private element with the block 10, whatever it really is.
    vr : str
        Value representation as the vendor states it; ``OB`` for bytes.
    creator : str
        Private creator of the element; empty for a standard one.
    customary : bool
        Whether its block is 10 in every file of the vendor. It is read there where nothing reserves that block, which
        tools for anonymizing leave behind; then `UNOWNED` is among the values.
    """

    name: str
    path: tuple[int, ...]
    vr: str
    creator: str = ""
    customary: bool = False

    @property
    def creators(self) -> tuple[int, ...]:
        """Where private creators of its group stand."""
        return tuple(((self.path[-1] >> 16) << 16) | block for block in range(0x10, 0x10 + _BLOCKS))


def decode(value: Any, vr: str) -> Any:
    r"""Give a value in the form of its VR: a tuple of numbers, text, or bytes.

    Examples
    --------
    >>> decode(b"1000\\7 ", "IS")
    (1000.0, 7.0)
    """
    if vr == "OB":
        return value if isinstance(value, bytes) else None
    if vr in _NUMBERS or vr in _TEXT_NUMBERS:
        return _numbers(value, vr)
    return value.decode("latin-1").strip(" \0") if isinstance(value, bytes) else str(value)


def _numbers(value: Any, vr: str) -> tuple[float, ...] | None:
    """Numbers of a value; ``None`` where one of them is not finite."""
    if isinstance(value, int | float):
        found = [float(value)]
    elif isinstance(value, bytes) and vr in _NUMBERS:
        form, size = _NUMBERS[vr]
        count = len(value) // size
        found = [float(part) for part in struct.unpack(f"<{count}{form}", value[: count * size])]
    else:
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        found = [_number(part) for part in text.strip(" \0").split("\\")]
    return tuple(found) if all(map(math.isfinite, found)) else None


def _number(text: str) -> float:
    """Vendors leave empty places in multiple values."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def read_attributes(
    sources: Sequence[FrameSource], wanted: Iterable[Attribute], limits: Limits
) -> list[dict[str, Any]]:
    """Read attributes of the main data set (of sequences the first item).

    Parameters
    ----------
    sources : sequence of FrameSource
        The files.
    wanted : iterable of Attribute
        What to read.
    limits : Limits
        What it may cost.

    Returns
    -------
    list of dict
        For each file the values by name; absent ones, and private ones whose creator is not there, are left out
        (except customary ones).
    """
    attributes = list(wanted)
    if not sources or not attributes:
        return [{} for _ in sources]
    placed = _placed(source_input(sources[0], limits), sources[0].name, attributes, limits)
    if not placed:
        return [{} for _ in sources]
    creators = sorted({creator for _, _, creator in placed if creator})
    paths = [list(path) for _, path, _ in placed] + [[creator] for creator in creators]
    made: list[dict[str, Any]] = []
    # Members of archives are held in memory while they are read, so not all at once.
    step = len(sources) if all(source.member is None for source in sources) else _MEMBERS_AT_ONCE
    for start in range(0, len(sources), step):
        some = sources[start : start + step]
        inputs = [source_input(source, limits) for source in some]
        found = _core.columns_of_all(inputs, [source.name for source in some], paths, limits, threads(_THREADS))
        made += [_values(columns, placed, creators) for columns in found]
    return made


_Placed = list[tuple[Attribute, tuple[int, ...], int]]


def _placed(first: str | bytes, name: str, attributes: Sequence[Attribute], limits: Limits) -> _Placed:
    """Find the block of each private attribute in the first file."""
    creators = sorted({tag for attribute in attributes if attribute.creator for tag in attribute.creators})
    columns = _core.columns(first, name, [[tag] for tag in creators], limits) if creators else []
    known = {
        (tag >> 16, str(decode(column[0][1], "LO")).upper()): tag & 0xFF
        for tag, column in zip(creators, columns, strict=True)
        if column
    }
    placed: _Placed = []
    for attribute in attributes:
        if not attribute.creator:
            placed.append((attribute, attribute.path, 0))
            continue
        *outer, tag = attribute.path
        block = known.get((tag >> 16, attribute.creator.upper()))
        if block is None and attribute.customary and not any(group == tag >> 16 for group, _ in known):
            block = _CUSTOMARY
        if block is not None:
            moved = (tag & 0xFFFF00FF) | block << 8
            placed.append((attribute, (*outer, moved), (tag >> 16) << 16 | block))
    return placed


def _values(columns: list[Any], placed: _Placed, creators: Sequence[int]) -> dict[str, Any]:
    owners = {
        creator: str(decode(column[0][1], "LO")).upper()
        for creator, column in zip(creators, columns[len(placed) :], strict=True)
        if column
    }
    values: dict[str, Any] = {}
    for (attribute, _, creator), column in zip(placed, columns[: len(placed)], strict=True):
        if not column:
            continue
        owner = owners.get(creator, "")
        unowned = not owner and attribute.customary and creator & 0xFF == _CUSTOMARY
        if not creator or unowned or owner == attribute.creator.upper():
            values[attribute.name] = decode(column[0][1], attribute.vr)
        if creator and unowned:
            values[UNOWNED] = True
    return values
