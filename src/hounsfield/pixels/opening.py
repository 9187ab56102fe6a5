"""The Image Pixel module of a data set as a `Layout`, checked (PS3.3 C.7.6.3).

What contradicts itself is an error that names the tag; what has one sensible reading is repaired, with an issue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import Issue, PixelError
from hounsfield.pixels.layout import Layout

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["layout_of", "number_of_frames"]

_FLOAT = {"FloatPixelData": 32, "DoubleFloatPixelData": 64}
_MOST_FRAMES = 10_000_000


def layout_of(dataset: Dataset, name: str, issues: list[Issue]) -> Layout:
    """Say how the frames of a data set are stored.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    name : str
        Names it in messages.
    issues : list of Issue
        Receives what was repaired.

    Raises
    ------
    PixelError
        When no sense can be made of it, naming the tag.
    """
    rows, columns = _size(dataset, "Rows", name), _size(dataset, "Columns", name)
    samples = _number(dataset, "SamplesPerPixel", name) or 1
    photometric = str(dataset.get("PhotometricInterpretation", "") or "").strip()
    allocated = _number(dataset, "BitsAllocated", name) or 0
    is_float = _is_float(dataset, allocated)
    if samples not in (1, 3, 4):
        raise _wrong("SamplesPerPixel", name, f"{samples} samples per pixel are not read")
    if not 1 <= allocated <= 64:
        raise _wrong("BitsAllocated", name, f"Bits Allocated is {allocated}: 1 to 64 can be read")
    stored, high = _bits(dataset, allocated, name, issues)
    return Layout(
        rows=rows,
        columns=columns,
        samples=samples,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=high,
        signed=_number(dataset, "PixelRepresentation", name) == 1 and not is_float,
        float=is_float,
        planar=samples > 1 and dataset.get("PlanarConfiguration") == 1,
        photometric=photometric,
    )


def number_of_frames(dataset: Dataset, name: str, issues: list[Issue]) -> int:
    """Give the number of frames; one where it is not stated.

    Raises
    ------
    PixelError
        When it is no number, negative, or beyond all reason.
    """
    if dataset.get("NumberOfFrames") in (None, ""):
        return 1
    found = _number(dataset, "NumberOfFrames", name) or 0
    if found == 0:
        issues.append(Issue("frames-zero", "warning", name, "Number of Frames is 0; read as 1 [(0028,0008)]"))
        return 1
    if not 0 < found <= _MOST_FRAMES:
        raise _wrong("NumberOfFrames", name, f"Number of Frames is {found:,}")
    return found


def _is_float(dataset: Dataset, allocated: int) -> bool:
    if any(keyword in dataset and _FLOAT[keyword] == allocated for keyword in _FLOAT):
        return True
    # Without the pixel data: only these have no Bits Stored (PS3.3 C.7.6.24, C.7.6.25).
    return "PixelData" not in dataset and "BitsStored" not in dataset and allocated in _FLOAT.values()


def _size(dataset: Dataset, keyword: str, name: str) -> int:
    found = _number(dataset, keyword, name)
    if not found or found < 0:
        raise _wrong(keyword, name, f"{keyword} is {found if found is not None else 'empty'}: there is no pixel")
    return found


def _bits(dataset: Dataset, allocated: int, name: str, issues: list[Issue]) -> tuple[int, int]:
    stored = _number(dataset, "BitsStored", name)
    if stored is None:
        stored = allocated
    if not 0 < stored <= allocated:
        raise _wrong("BitsStored", name, f"Bits Stored is {stored}, of {allocated} allocated: no value can be read")
    high = _number(dataset, "HighBit", name)
    if high is None:
        return stored, stored - 1
    if not stored - 1 <= high < allocated:
        issues.append(
            Issue(
                "high-bit",
                "warning",
                name,
                f"High Bit is {high}, which {stored} bits stored of {allocated} cannot have; read as {stored - 1} "
                "[(0028,0102)]",
            )
        )
        high = stored - 1
    return stored, high


def _number(dataset: Dataset, keyword: str, name: str) -> int | None:
    try:
        value: Any = dataset.get(keyword)
        if value is None or value == "":
            return None
        return int(value)
    except Exception:  # noqa: BLE001 - pydicom raises what its converters raise
        raise _wrong(keyword, name, f"{keyword} is no number") from None


def _wrong(keyword: str, name: str, message: str) -> PixelError:
    from pydicom.datadict import tag_for_keyword

    return PixelError(message, where=name, tag=tag_for_keyword(keyword), code="image-pixel")
