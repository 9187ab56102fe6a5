"""Files whole or not at all, with the folder that they go to; and single sequences put into a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.errors import WriteError
from hounsfield.files.batch import make_folder
from hounsfield.files.output import writing
from hounsfield.files.read import read
from hounsfield.files.source import Input, open_input
from hounsfield.files.write import EXPLICIT, meta
from hounsfield.settings import Limits

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from pydicom import Dataset

__all__ = ["explicit_file", "put_file", "sequence_bytes", "with_sequences"]


def put_file(data: bytes, output: str | os.PathLike[str], *, overwrite: bool = False, dry_run: bool = False) -> None:
    """Write bytes as a file; a dry run only checks that this is allowed.

    Raises
    ------
    WriteError
        When it cannot be written; `ExistsError` when it is there already.
    """
    if not dry_run:
        make_folder(str(output))
    with writing(output, overwrite=overwrite, dry_run=dry_run) as put:
        put(data)


def explicit_file(source: str | os.PathLike[str], *, limits: Limits | None = None) -> bytes:
    """Return a file with explicit value representations, little endian; all values are as they were.

    Raises
    ------
    ReadError
        When it cannot be read.
    """
    limits = limits or Limits()
    origin = open_input(source, limits=limits)
    dataset = read(source, stop_before_pixels=True, limits=limits, issues=[])
    implicit, little = dataset.original_encoding
    if not implicit and little:
        return origin.data if origin.data is not None else _all(origin)
    parts = [meta(dataset, syntax=EXPLICIT)]
    _core.recode(origin, limits, False, False, parts.append)  # noqa: FBT003 - neither implicit nor big endian
    return b"".join(parts)


def with_sequences(data: bytes, sequences: Mapping[int, Sequence[Dataset]], *, limits: Limits | None = None) -> bytes:
    """Return a file with these sequences of its outermost level in place of former ones; no other byte is changed.

    Parameters
    ----------
    data : bytes
        A file with explicit VR, little endian.
    sequences : mapping
        Items by tag.
    limits : Limits, optional
        What reading may cost.

    Raises
    ------
    MalformedError
        When the data break off before the place where a sequence belongs.
    """
    changes: list[tuple[str, str | None, bytes | None]] = [
        (f"{tag >> 16:04X},{tag & 0xFFFF:04X}", "SQ", sequence_bytes(items)) for tag, items in sequences.items()
    ]
    parts: list[bytes] = []
    _core.edit(Input("<file>", None, data), limits or Limits(), changes, parts.append)
    return b"".join(parts)


def sequence_bytes(items: Sequence[Dataset]) -> bytes:
    """Encode the items of a sequence in explicit VR, little endian, with stated lengths.

    Raises
    ------
    WriteError
        When one cannot be encoded.
    """
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_sequence_item

    buffer = DicomBytesIO()
    buffer.is_little_endian = True
    buffer.is_implicit_VR = False
    try:
        for item in items:
            write_sequence_item(buffer, item, ["iso8859"])
    except (ValueError, TypeError, AttributeError, OverflowError, NotImplementedError) as error:
        raise WriteError(f"an item cannot be encoded: {error}") from None
    return buffer.getvalue()


def _all(origin: Input) -> bytes:
    from pathlib import Path

    from hounsfield.errors import ReadError

    try:
        return Path(origin.path or "").read_bytes()
    except OSError as error:
        raise ReadError(f"the file cannot be read: {error.strerror}", where=origin.name) from None
