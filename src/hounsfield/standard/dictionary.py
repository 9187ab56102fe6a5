"""Looking up the dictionaries: by tag, by keyword, by UID, or by words (PS3.6 6, 7, A).

The tables are compiled into the core; they are made by `tools/make_standard.py` from pydicom's dictionaries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches

from hounsfield import _core

__all__ = ["Attribute", "Entry", "PrivateAttribute", "Uid", "attribute", "find", "nearest", "parse_tag"]

_TAG = re.compile(r"(?:0[xX]|\(?\s*)([0-9A-Fa-f]{4})\s*,?\s*([0-9A-Fa-f]{4})\s*\)?")
_WORD = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*|[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the standard.

    Parameters
    ----------
    tag : str
        As in the standard, e.g. ``(0028,0030)``; ``x`` stands for any digit in repeating groups.
    keyword, name, vr, vm : str
        As in PS3.6 table 6-1; `vr` may be a choice.
    retired : bool
        No longer in the standard.
    """

    tag: str
    keyword: str
    name: str
    vr: str
    vm: str
    retired: bool


@dataclass(frozen=True, slots=True)
class PrivateAttribute:
    """A private attribute as its vendor's dictionary gives it; ``xx`` in the tag is the reserved block."""

    tag: str
    creator: str
    name: str
    vr: str
    vm: str


@dataclass(frozen=True, slots=True)
class Uid:
    """A registered UID: transfer syntax, SOP class, frame of reference and so on."""

    uid: str
    name: str
    type: str
    keyword: str
    retired: bool


Entry = Attribute | PrivateAttribute | Uid


def parse_tag(text: str) -> int | None:
    """Return the tag that `text` spells (``0010,0010``, ``(0010,0010)``, ``00100010``), or None."""
    found = _TAG.fullmatch(text.strip())
    return int(found[1] + found[2], 16) if found else None


def attribute(key: int | str) -> Attribute | None:
    """Return the attribute with this tag or keyword."""
    row = _core.attribute(key) if isinstance(key, int) else _core.attribute_by_keyword(key)
    return None if row is None else _attribute(row)


def find(text: str) -> list[Entry]:
    """Return what the dictionaries have for a tag, a keyword, a UID or words, the best first.

    Examples
    --------
    >>> from hounsfield.standard import find
    >>> find("pixel spacing")[0].tag
    '(0028,0030)'
    >>> find("0019,100c")[0].creator
    'SIEMENS MR HEADER'
    """
    tag = parse_tag(text)
    if tag is not None:
        return _by_tag(tag)
    stripped = text.strip()
    exact = attribute(stripped)
    if exact is not None:
        return [exact]
    if re.fullmatch(r"[0-9.]+", stripped):
        row = _core.registered_uid(stripped)
        return [Uid(*row)] if row else []
    return _by_words(stripped)


def nearest(text: str) -> list[str]:
    """Return keywords that look like `text`, for "did you mean"."""
    squeezed = "".join(_WORD.findall(text)).lower()
    known = {row[4].lower(): row[4] for row in _core.attributes() if row[4]}
    return [known[match] for match in get_close_matches(squeezed, known, n=3, cutoff=0.75)]


def _attribute(row: tuple[int, int, str, str, str, str, bool]) -> Attribute:
    tag, mask, vr, vm, keyword, name, retired = row
    return Attribute(_spell(_pattern(tag, mask)), keyword, name, vr, vm, retired)


def _pattern(tag: int, mask: int) -> str:
    digits, fixed = f"{tag:08X}", f"{mask:08X}"
    return "".join(digit if keep == "F" else "x" for digit, keep in zip(digits, fixed, strict=True))


def _spell(pattern: str) -> str:
    return f"({pattern[:4]},{pattern[4:]})"


def _private(row: tuple[str, str, str, str, str]) -> PrivateAttribute:
    creator, pattern, vr, vm, name = row
    return PrivateAttribute(_spell(pattern.upper().replace("X", "x")), creator, name, vr, vm)


def _by_tag(tag: int) -> list[Entry]:
    if tag & 0x10000:
        spelled = f"{tag:08x}"
        rows = [row for row in _core.private_attributes() if _matches(row[1], spelled)]
        return [_private(row) for row in sorted(rows)]
    found = attribute(tag)
    if found is None and tag & 0xFFFF == 0:
        # PS3.5 7.2: any group may have one; the dictionary lists those of groups 0000 and 0002 only.
        return [Attribute(_spell(f"{tag:08X}"), "", "Group Length", "UL", "1", retired=True)]
    return [found] if found else []


def _matches(pattern: str, spelled: str) -> bool:
    return all(wanted in ("x", digit) for wanted, digit in zip(pattern, spelled, strict=True))


def _by_words(text: str) -> list[Entry]:
    words = [word.lower() for word in _WORD.findall(text)]
    if not words:
        return []
    ranked: list[tuple[tuple[int, int, str], Entry]] = []
    for row in _core.attributes():
        rank = _rank(words, f"{row[5]} {row[4]}", row[4])
        if rank is not None:
            ranked.append(((rank + 4 * row[6], len(row[5]), row[4]), _attribute(row)))
    for uid in _core.registered_uids():
        rank = _rank(words, f"{uid[1]} {uid[3]}", uid[3])
        if rank is not None:
            ranked.append(((rank + 1 + 4 * uid[4], len(uid[1]), uid[0]), Uid(*uid)))
    for private in _core.private_attributes():
        rank = _rank(words, f"{private[4]} {private[0]}", "")
        if rank is not None:
            ranked.append(((rank + 8, len(private[4]), private[0] + private[1]), _private(private)))
    ranked.sort(key=lambda entry: entry[0])
    return [entry for _, entry in ranked]


def _rank(words: list[str], text: str, keyword: str) -> int | None:
    """0: exactly these words; 1: each is a whole word; 2: each starts a word; 3: each is somewhere; None: no match."""
    if "".join(words) == keyword.lower():
        return 0
    lower = text.lower()
    if not all(word in lower for word in words):
        return None
    there = {part.lower() for part in [*_WORD.findall(text), *_CAMEL.findall(keyword)]}
    if all(word in there for word in words):
        return 1
    return 2 if all(any(part.startswith(word) for part in there) for word in words) else 3
