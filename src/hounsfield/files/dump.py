"""Every element of a file as text, or as the DICOM JSON Model (PS3.18 F.2).

The core reads, names and formats; text goes out in pieces while the file is read: size costs time, but no memory.
Characters that a terminal would obey are made visible (`␛`), whatever is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hounsfield import _core
from hounsfield.files.issues import gathered
from hounsfield.files.source import Input, open_input
from hounsfield.files.text import decode
from hounsfield.settings import Limits

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from hounsfield.errors import Issue

__all__ = ["dump", "json_of", "write_dump"]


def dump(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    tags: Sequence[str] = (),
    full: bool = False,
    offsets: bool = False,
    json: bool = False,
    limits: Limits | None = None,
) -> str:
    """Return every element of a DICOM file as text.

    Parameters
    ----------
    source : path, bytes or binary file
        As for `read`.
    tags : sequence of str
        Show only these elements, wherever they stand, and what is in them: keywords, tags (``0010,0020``) or paths
        (``ReferencedImageSequence[0].ReferencedSOPInstanceUID``).
    full : bool
        Shorten nothing; with `json`, hold all values instead of referring to the file.
    offsets : bool
        Begin each line with the byte offset of the element (in the inflated data of a deflated file).
    json : bool
        Give the DICOM JSON Model instead of lines: one object, without File Meta Information and group lengths.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    str
        A line for each element: tag, VR, length, number of values, keyword, value. Problems follow, after ``#``.

    Raises
    ------
    NotDicomError, TruncatedError, LimitError, ReadError
        When nothing can be read.
    UsageError
        When a tag is unknown.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> print(hu.dump(get_testdata_file("CT_small.dcm"), tags=["Modality"]).strip())
    (0008,0060) CS         2    1  Modality                             CT
    """
    pieces: list[str] = []
    issues = write_dump(source, pieces.append, tags=tags, full=full, offsets=offsets, json=json, limits=limits)
    if not json:
        pieces += [f"# {issue}\n" for issue in issues]
    return "".join(pieces)


def write_dump(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    write: Callable[[str], object],
    *,
    tags: Sequence[str] = (),
    full: bool = False,
    offsets: bool = False,
    json: bool = False,
    limits: Limits | None = None,
) -> list[Issue]:
    """Hand the text of `dump` to `write` in pieces, and return the problems that were met."""
    limits = limits or Limits()
    origin = open_input(source, limits=limits)
    choice = _Choice(full, offsets, list(tags), _uri(origin) if json else None, json)
    return gathered(_core.dump(origin, limits, choice, decode, write), origin.name)


def json_of(source: str | os.PathLike[str], uri: str, *, limits: Limits | None = None) -> str:
    """Give the DICOM JSON Model of a file, its large values as ``uri?offset=...&length=...``; errors as for `dump`."""
    limits = limits or Limits()
    pieces: list[str] = []
    _core.dump(
        open_input(source, limits=limits),
        limits,
        _Choice(full=False, offsets=False, paths=[], uri=uri, json=True),
        decode,
        pieces.append,
    )
    return "".join(pieces)


@dataclass(frozen=True, slots=True)
class _Choice:
    full: bool
    offsets: bool
    paths: list[str]
    uri: str | None
    json: bool


def _uri(origin: Input) -> str | None:
    return Path(origin.path).absolute().as_uri() if origin.path is not None else None
