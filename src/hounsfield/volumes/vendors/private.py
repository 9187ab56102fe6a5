"""Private and rarely needed attributes of many files at once, found by their private creators (PS3.5 7.8.1).

The core reads them on two threads in one walk of each header. Private values without a known VR (implicit files, files
that were rewritten as UN) are decoded by the VR that the vendor's document states.
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from hounsfield import _core
from hounsfield.pixels.layout import source_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hounsfield.pixels.layout import FrameSource
    from hounsfield.settings import Limits

__all__ = ["Attribute", "decode", "read_attributes"]

_THREADS = 2
_BLOCKS = 16
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
    """

    name: str
    path: tuple[int, ...]
    vr: str
    creator: str = ""

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
    if isinstance(value, int | float):
        return (float(value),)
    if isinstance(value, bytes) and vr in _NUMBERS:
        form, size = _NUMBERS[vr]
        return tuple(
            float(part) for part in struct.unpack(f"<{len(value) // size}{form}", value[: len(value) // size * size])
        )
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    found = []
    for part in text.strip(" \0").split("\\"):
        try:
            found.append(float(part))
        except ValueError:
            # Vendors leave empty places in multiple values.
            found.append(0.0)
    return tuple(found)


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
        For each file the values by name; absent ones, and private ones whose creator is not there, are left out.
    """
    attributes = list(wanted)
    if not sources or not attributes:
        return [{} for _ in sources]
    inputs = [source_input(source, limits) for source in sources]
    names = [source.name for source in sources]
    placed = _placed(inputs[0], names[0], attributes, limits)
    if not placed:
        return [{} for _ in sources]
    creators = sorted({creator for _, _, creator in placed if creator})
    paths = [list(path) for _, path, _ in placed] + [[creator] for creator in creators]
    found = _core.columns_of_all(inputs, names, paths, limits, _THREADS)
    return [_values(columns, placed, creators) for columns in found]


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
        if column and (not creator or owners.get(creator) == attribute.creator.upper()):
            values[attribute.name] = decode(column[0][1], attribute.vr)
    return values
