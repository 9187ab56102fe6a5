"""On which line of a TOML file a key stands: `tomllib` does not tell."""

from __future__ import annotations

import re

__all__ = ["line_of"]

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_LONG = ('"""', "'''")


def _name(text: str) -> str:
    return ".".join(part.strip("\"'") for part in _PART.findall(text))


def line_of(text: str, section: str, key: str = "", number: int = 1) -> int | None:
    """Give the line, from 1, of a key, or of its section where the key does not stand there.

    Parameters
    ----------
    text : str
        The file; it is TOML.
    section : str
        Name of the section, ``dimse`` for example.
    key : str
        Name of the key; none for the section itself.
    number : int
        Which of several sections of this name, from 1.
    """
    current, seen, begun, quote = "", 0, None, ""
    for place, line in enumerate(text.splitlines(), 1):
        if quote:
            quote = "" if quote in line else quote
            continue
        if header := _HEADER.match(line):
            current = _name(header[1])
            if current == section:
                seen += 1
                begun = place if seen == number else begun
                if begun and not key:
                    return begun
        elif found := _KEY.match(line):
            whole = f"{current}.{_name(found[1])}".lstrip(".")
            here = whole == f"{section}.{key}" if key else whole == section or whole.startswith(f"{section}.")
            if here and (seen == number or current != section):
                return place
            quote = next((mark for mark in _LONG if line.count(mark) % 2), "")
    return begun
