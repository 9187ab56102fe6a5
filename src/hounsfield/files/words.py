"""Values of elements in words: dates, ages, codes, numbers. The raw value stays beside what was made of it."""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["words"]

_CODES = {
    "sex": {"F": "female", "M": "male", "O": "other"},
    "side": {"R": "right", "L": "left", "B": "both", "U": "unpaired"},
    "sign": {"0": "unsigned", "1": "signed"},
    "lossy": {"00": "no", "01": "yes, at least once"},
    "yes_no": {"YES": "yes", "NO": "no"},
}
_AGES = {"D": "day", "W": "week", "M": "month", "Y": "year"}


def words(kind: str, values: Sequence[str | int | float], unit: str) -> str:
    """Put values into words; `kind` is the one that `described` gives."""
    if kind in ("number", "numbers", "vector", "spacing"):
        joint = " \N{MULTIPLICATION SIGN} " if kind == "spacing" else ", "
        text = joint.join(_number(value) for value in values)
        return f"{text} {unit}".strip() if unit != "°" else f"{text}°"
    raw = "\\".join(str(value) for value in values)
    made = _made(kind, raw)
    return f"{made}  [{raw}]" if made and made != raw else raw


def _made(kind: str, raw: str) -> str:
    if kind in _CODES:
        return _CODES[kind].get(raw.strip().upper(), "")
    if kind == "person":
        return _person(raw)
    if kind == "uid":
        return _uid(raw)
    if kind == "age":
        return _age(raw)
    if kind == "date":
        return _date(raw)
    if kind == "time":
        return _time(raw)
    if kind == "moment":
        return f"{_date(raw[:8])} {_time(raw[8:].partition('+')[0].partition('-')[0])}".strip()
    return ""


def _number(value: str | float) -> str:
    """Six significant digits are more than a reader wants; the exact value is in the JSON."""
    try:
        number = float(value)
    except ValueError:
        return str(value)
    short = f"{number:.6g}"
    return short if abs(number) < 1e6 else f"{number:,.0f}"


def _person(raw: str) -> str:
    """``Last^First^Middle^Prefix^Suffix`` of the first component group as ``Prefix First Middle Last Suffix``."""
    alphabetic = raw.partition("\\")[0].partition("=")[0]
    if "^" not in alphabetic:
        return ""
    last, first, middle, prefix, suffix = (alphabetic.split("^") + [""] * 4)[:5]
    return " ".join(part.strip() for part in (prefix, first, middle, last, suffix) if part.strip())


def _uid(raw: str) -> str:
    from hounsfield import _core

    known = _core.registered_uid(raw)
    return known[1] if known else ""


def _age(raw: str) -> str:
    if len(raw) != 4 or not raw[:3].isdigit() or raw[3] not in _AGES:
        return ""
    count = int(raw[:3])
    return f"{count} {_AGES[raw[3]]}{'' if count == 1 else 's'}"


def _date(raw: str) -> str:
    digits = raw.replace(".", "")
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])).isoformat() if len(digits) == 8 else ""
    except ValueError:
        return ""


def _time(raw: str) -> str:
    digits = raw.replace(":", "").partition(".")[0]
    try:
        if len(digits) == 6:
            return time(int(digits[:2]), int(digits[2:4]), min(int(digits[4:]), 59)).isoformat()
        return time(int(digits[:2]), int(digits[2:])).isoformat("minutes") if len(digits) == 4 else ""
    except ValueError:
        return ""
