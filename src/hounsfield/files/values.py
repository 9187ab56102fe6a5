"""Values for single elements: checked against their VR (PS3.5 6.2) and VM, and encoded as a file stores them."""

from __future__ import annotations

import struct
import warnings
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.errors import UsageError
from hounsfield.files.text import encode

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Value", "encoded"]

Value = str | bytes | int | float | list[str] | list[int] | list[float]

_ASCII = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI"})
_TEXT = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"})
_SINGLE = frozenset({"LT", "ST", "UR", "UT"})
_PACKED = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_PACKED |= {"OD": "d", "OF": "f", "OL": "I", "OV": "Q"}
_BYTES = frozenset({"OB", "OW", "UN"})


def encoded(value: Value, vr: str, *, character_set: bytes, big_endian: bool, force: bool, name: str) -> bytes:
    r"""Return the bytes of a value, padded to an even length.

    Parameters
    ----------
    value : str, bytes, int, float or list
        Text may hold several values, separated by a backslash; bytes are stored as they are.
    vr : str
        The VR to encode by.
    character_set : bytes
        Raw value of Specific Character Set (0008,0005) that holds for the element.
    big_endian : bool
        Byte order of numbers.
    force : bool
        Store text that breaks the rules of its VR, too.
    name : str
        The element, for messages.

    Raises
    ------
    UsageError
        When the value does not fit the VR, the VM or the character set.
    """
    if isinstance(value, bytes):
        return _padded(value, vr)
    values = _values(value, vr)
    if not values:
        return b""
    if not force:
        _check_count(name, len(values))
    if vr in _ASCII or vr in _TEXT:
        if not force:
            _check(values, vr, name)
        return _padded(_text("\\".join(values), vr, character_set, name), vr)
    if vr in _PACKED:
        return _numbers(values, vr, big_endian=big_endian, name=name)
    if vr == "AT":
        return b"".join(_tag(text, name, big_endian=big_endian) for text in values)
    what = "a sequence" if vr == "SQ" else f"a value of VR {vr}"
    hint = "It can be emptied or deleted; give bytes from Python." if vr in _BYTES else "It can be emptied or deleted."
    raise UsageError(f"{name} is {what}, which cannot be given as text", hint=hint)


def _values(value: str | float | Sequence[object], vr: str) -> list[str]:
    if isinstance(value, str):
        return [] if not value else [value] if vr in _SINGLE else value.split("\\")
    if isinstance(value, int | float):
        return [_number_text(value, vr)]
    return [part if isinstance(part, str) else _number_text(part, vr) for part in value]


def _number_text(value: object, vr: str) -> str:
    if vr == "DS" and isinstance(value, float):
        from pydicom.valuerep import format_number_as_ds

        return format_number_as_ds(value)
    return str(value)


def _padded(value: bytes, vr: str) -> bytes:
    filler = b" " if (vr in _ASCII and vr != "UI") or vr in _TEXT else b"\0"
    return value + filler if len(value) % 2 else value


def _check(values: list[str], vr: str, name: str) -> None:
    from pydicom.config import RAISE
    from pydicom.valuerep import validate_value

    for text in values:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                validate_value(vr, text, RAISE)
            except ValueError as error:
                words = str(error).partition(" Please see")[0].rstrip(".")
                raise UsageError(f"{name}: {words}", hint="To write it anyway, use --force (force=True).") from None


def _check_count(name: str, count: int) -> None:
    known = _core.attribute_by_keyword(name.rpartition(".")[2])
    if known is None:
        return
    low, _, high = known[3].partition("-")
    step = int(high[:-1]) if high[:-1].isdigit() else 1
    if not high:
        good = low.isdigit() and count == int(low)
    elif high.endswith("n"):
        good = count >= int(low) and (step == 1 or count % step == 0)
    else:
        good = int(low) <= count <= int(high)
    if not good:
        raise UsageError(
            f"{name} takes {known[3]} {'value' if known[3] == '1' else 'values'}, not {count}",
            hint="Values are separated by a backslash. To write it anyway, use --force (force=True).",
        )


def _text(text: str, vr: str, character_set: bytes, name: str) -> bytes:
    names = character_set.decode("ascii", "replace").strip(" \0")
    if text.isascii():
        return text.encode("ascii")
    found = None
    if vr in _TEXT and names not in ("", "ISO_IR 6"):
        found = encode(character_set, text)
    if found is None:
        stated = f"the character set of the file ({names})" if names else "the default character set of the file"
        hint = "Write it without them, or change SpecificCharacterSet, too (e.g. to ISO_IR 192, UTF-8), with --force."
        raise UsageError(f"{name}: '{text}' has letters that are not in {stated}", hint=hint)
    return found


def _numbers(values: list[str], vr: str, *, big_endian: bool, name: str) -> bytes:
    kind = _PACKED[vr]
    order = ">" if big_endian else "<"
    packed = []
    for text in values:
        try:
            number = float(text) if kind in "df" else int(text)
            packed.append(struct.pack(order + kind, number))
        except (ValueError, struct.error, OverflowError):
            raise UsageError(f"{name}: '{text}' is no number of VR {vr}") from None
    return b"".join(packed)


def _tag(text: str, name: str, *, big_endian: bool) -> bytes:
    known = _core.attribute_by_keyword(text)
    digits = text.strip("()").replace(",", "")
    try:
        tag = known[0] if known else int(digits, 16) if len(digits) == 8 else -1
        return struct.pack(">HH" if big_endian else "<HH", tag >> 16, tag & 0xFFFF)
    except (ValueError, struct.error):
        raise UsageError(f"{name}: '{text}' is neither a tag nor a keyword") from None
