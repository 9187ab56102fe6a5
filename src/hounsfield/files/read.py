"""Reading one data set as a pydicom `FileDataset`, tokenised by the core (PS3.5 7, PS3.10 7).

What pydicom decodes on access stays undecoded; sequences of undefined length become `Sequence` objects, as in pydicom.
Decoding values, dictionaries and character sets are pydicom's.
"""

from __future__ import annotations

import gc
import io
import os
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from hounsfield import _core
from hounsfield.errors import Issue, IssueWarning
from hounsfield.files.source import Input, open_input
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import FileDataset
    from pydicom.tag import BaseTag, TagType

__all__ = ["read"]


def read(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    specific_tags: Iterable[TagType] | None = None,
    stop_before_pixels: bool = False,
    defer_size: int | str | None = None,
    strict: bool = False,
    limits: Limits | None = None,
    issues: list[Issue] | None = None,
) -> FileDataset:
    """Read a DICOM file, with or without preamble and File Meta Information.

    Parameters
    ----------
    source : path, bytes or binary file
        A path may lead into a ZIP archive (``export.zip/DICOM/IM0001``); a file object is read from where it stands.
    specific_tags : iterable of tags, optional
        Keep only these elements (keywords, numbers or pairs) and Specific Character Set.
    stop_before_pixels : bool
        Read up to the pixel data only.
    defer_size : int or str, optional
        Leave values longer than this (bytes, or e.g. ``"512 KB"``) in the file until they are used.
    strict : bool
        Raise at the first problem. Otherwise what can be read is kept and problems are reported as issues.
    limits : Limits, optional
        What reading may cost.
    issues : list, optional
        Receives the problems; without it each is given as an `IssueWarning`.

    Returns
    -------
    pydicom.dataset.FileDataset
        Equal, element by element, to what `pydicom.dcmread` gives.

    Raises
    ------
    NotDicomError, TruncatedError, MalformedError, LimitError, ReadError
        With file, tag and byte offset.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> hu.read(get_testdata_file("CT_small.dcm")).Modality
    'CT'
    """
    limits = limits or Limits()
    origin = open_input(source, limits=limits)
    choice = _choice(specific_tags, defer_size, stop_before_pixels=stop_before_pixels, strict=strict)
    # Nothing that is made here can be garbage yet; looking for it over and over takes more than half the time of a
    # data set of many items.
    collecting = gc.isenabled()
    gc.disable()
    try:
        if origin.path is not None:
            found = _core.read_file(origin.path, limits, choice, _maker(get_ident()))
        else:
            found = _core.read_bytes(origin.data or b"", origin.name, limits, choice, _maker(get_ident()))
        _report(found["issues"], origin.name, issues)
        return _assemble(found, source, origin)
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class _Choice:
    strict: bool
    stop_before_pixels: bool
    defer_size: int | None
    specific_tags: set[int] | None


@lru_cache(maxsize=64)
def _maker(_thread: int) -> _core.ElementMaker:
    """Make pydicom's raw elements; pydicom is imported on first use.

    Each thread has its own: one that is in use cannot be used from another thread.
    """
    from pydicom.dataelem import RawDataElement, empty_value_for_VR
    from pydicom.tag import BaseTag
    from pydicom.valuerep import VR

    # With `raw`, pydicom gives bytes or None.
    empty = {vr.value: cast("bytes | None", empty_value_for_VR(vr, raw=True)) for vr in VR}
    return _core.ElementMaker(RawDataElement, BaseTag, {"": None, **empty})


def _choice(
    specific_tags: Iterable[TagType] | None,
    defer_size: int | str | None,
    *,
    stop_before_pixels: bool,
    strict: bool,
) -> _Choice:
    tags: set[int] | None = None
    if specific_tags is not None:
        from pydicom.tag import Tag

        tags = {int(Tag(tag)) for tag in specific_tags} or None
    size: int | None = None
    if defer_size is not None:
        from pydicom.misc import size_in_bytes

        size = int(size_in_bytes(defer_size) or 0)
    return _Choice(strict, stop_before_pixels, size, tags)


def _report(rows: list[tuple[str, str, int | None, int | None, int]], where: str, issues: list[Issue] | None) -> None:
    for code, message, tag, offset, count in rows:
        place = ", ".join(
            part
            for part in (
                f"({tag >> 16:04X},{tag & 0xFFFF:04X})" if tag is not None else "",
                f"byte {offset:,}" if offset is not None else "",
            )
            if part
        )
        issue = Issue(code, "warning", where, f"{message} [{place}]" if place else message, count=count)
        if issues is None:
            warnings.warn(str(issue), IssueWarning, stacklevel=3)
        else:
            issues.append(issue)


def _assemble(found: dict[str, Any], source: object, origin: Input) -> FileDataset:
    from pydicom.charset import default_encoding
    from pydicom.dataset import FileDataset, FileMetaDataset

    implicit, little = found["implicit"], found["little_endian"]
    elements, sequences = found["data"]
    encoding = _fill(elements, sequences, default_encoding)
    command, nested = found["command"]
    if command:
        _fill(command, nested, default_encoding)
        elements.update(command)
    meta_elements, nested = found["meta"]
    _fill(meta_elements, nested, default_encoding)
    meta = _filled(
        FileMetaDataset,
        _dict=meta_elements,
        _read_implicit=found["meta_implicit"],
        _read_little=True,
        _read_charset=default_encoding,
    )
    dataset = FileDataset(_reopenable(source, origin), elements, found["preamble"], meta, implicit, little)
    dataset.set_original_encoding(implicit, little, encoding)
    return dataset


def _reopenable(source: object, origin: Input) -> Any:
    """Return what pydicom reopens for deferred values and names the file by."""
    if origin.path is not None:
        return os.fspath(origin.path)
    if hasattr(source, "read"):
        return source
    return io.BytesIO(origin.data or b"")


def _fill(elements: dict[BaseTag, Any], sequences: list[Any], outer: str | list[str]) -> str | list[str]:
    """Put the sequences among the raw elements, now that the character set is known, which is returned."""
    encoding = _character_set(elements, outer)
    if sequences:
        from pydicom.dataelem import DataElement

        for tag, items, tell in sequences:
            sequence = _sequence(items, encoding)
            elements[tag] = DataElement(tag, "SQ", sequence, tell, is_undefined_length=True, already_converted=True)
    return encoding


def _character_set(elements: dict[BaseTag, Any], outer: str | list[str]) -> str | list[str]:
    raw: Any = cast("dict[int, Any]", elements).get(0x00080005)
    if raw is None:
        return outer
    from pydicom.charset import convert_encodings, python_encoding
    from pydicom.dataelem import convert_raw_data_element

    named = (raw.value or b"").rstrip(b" \0").decode("iso8859")
    # One set by its own name needs none of the care that lists, misspellings and other VRs do.
    if named and named in python_encoding:
        return convert_encodings(named)
    value = convert_raw_data_element(raw).value
    # Python looks encodings up as files, whose names have no NUL.
    whole = [value] if isinstance(value, str) else list(value or [""])
    return convert_encodings([str(part).replace("\0", "") for part in whole])


@cache
def _blank(kind: type) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the attributes of an empty data set of pydicom's, and the names of those that must not be shared."""
    attributes = vars(kind())
    return attributes, tuple(name for name, value in attributes.items() if isinstance(value, dict | list | set))


def _filled(kind: type, **state: Any) -> Any:
    """Return a data set of pydicom's with this state.

    pydicom guards every attribute that is set on a data set, which costs more than all the rest of reading one: what
    its constructor and its reader set is put into place at once.
    """
    attributes, containers = _blank(kind)
    dataset: Any = object.__new__(kind)
    own = vars(dataset)
    own.update(attributes)
    for name in containers:
        own[name] = attributes[name].copy()
    own.update(state)
    return dataset


def _sequence(items: list[Any], encoding: str | list[str]) -> Any:
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    datasets = [
        _filled(
            Dataset,
            _dict=elements,
            _parent_encoding=encoding,
            _read_implicit=implicit,
            _read_little=little,
            _read_charset=_fill(elements, sequences, encoding),
            is_undefined_length_sequence_item=undefined,
            seq_item_tell=tell,
            file_tell=tell,
        )
        for elements, sequences, implicit, little, undefined, tell in items
    ]
    sequence = Sequence(datasets)
    sequence.is_undefined_length = True
    return sequence
