"""Wildcards of DICOM (PS3.4 C.2.2.2.4), in bounded time whatever the pattern."""

from __future__ import annotations

__all__ = ["glob"]


def glob(pattern: str, text: str) -> bool:
    """Whether `text` matches a pattern with ``*`` and ``?``, in time that grows with the product of both lengths.

    Going back to the last star alone is enough, so that no pattern makes it slow.
    """
    at = place = 0
    star, mark = -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] != "*" and pattern[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif at < len(pattern) and pattern[at] == "*":
            star, mark, at = at, place, at + 1
        elif star >= 0:
            mark += 1
            at, place = star + 1, mark
        else:
            return False
    return all(letter == "*" for letter in pattern[at:])
