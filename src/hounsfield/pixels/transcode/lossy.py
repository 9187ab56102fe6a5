"""What a header says after lossy compression (PS3.3 C.7.6.1.1.5, C.12.4.1), and whether code streams are lossy."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from hounsfield.files.write import EXPLICIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydicom import Dataset
    from pydicom.dataelem import DataElement

    from hounsfield.files.write import Row
    from hounsfield.pixels.transcode.source import Source

__all__ = ["METHODS", "derived", "method_of", "recorded"]

_JPEG = "1.2.840.10008.1.2.4."
# Lossy Image Compression Method (0028,2114).
METHODS: Mapping[str, str] = MappingProxyType(
    {
        **{f"{_JPEG}{number}": "ISO_10918_1" for number in (*range(50, 57), *range(59, 65), 111)},
        _JPEG + "81": "ISO_14495_1",
        _JPEG + "91": "ISO_15444_1",
        _JPEG + "93": "ISO_15444_2",
        _JPEG + "112": "ISO_18181_1",
        _JPEG + "203": "ISO_15444_15",
        **{f"{_JPEG}{number}": "ISO_13818_2" for number in (100, "100.1", 101, "101.1")},
        **{f"{_JPEG}{number}{end}": "ISO_14496_10" for number in range(102, 107) for end in ("", ".1")},
        **{f"{_JPEG}{number}": "ISO_23008_2" for number in (107, 108)},
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ISO_10918_1": "JPEG",
        "ISO_14495_1": "JPEG-LS near-lossless",
        "ISO_15444_1": "JPEG 2000",
        "ISO_15444_15": "High-Throughput JPEG 2000",
        "ISO_18181_1": "JPEG XL",
    }
)
_DESCRIPTION_MOST = 1024


def method_of(syntax: str, frame: bytes) -> str:
    """Lossy Image Compression Method of what made a frame; empty where nothing was lost, or that cannot be told.

    Parameters
    ----------
    syntax : str
        Transfer Syntax UID.
    frame : bytes
        Its code stream: syntaxes that may be lossy need not be.
    """
    method = METHODS.get(syntax, "")
    if method in ("ISO_15444_1", "ISO_15444_15"):
        # The transformation of the default coding style: 0 is the irreversible 9-7 (ISO/IEC 15444-1 A.6.1).
        at = frame.find(b"\xff\x52")
        return method if at >= 0 and frame[at + 13 : at + 14] == b"\0" else ""
    if method == "ISO_14495_1":
        # NEAR of the first scan (ISO/IEC 14495-1 C.2.3).
        at = frame.find(b"\xff\xda")
        components = frame[at + 4] if 0 <= at < len(frame) - 4 else 0
        return method if frame[at + 5 + 2 * components : at + 6 + 2 * components] not in (b"", b"\0") else ""
    return "" if method == "ISO_18181_1" else method


def recorded(dataset: Dataset, steps: list[tuple[str, float]]) -> list[Row]:
    """Note lossy steps: method, and how many times smaller the pixels became.

    Once Lossy Image Compression is 01 it stays so; methods and ratios of earlier steps are kept in front.
    """
    ratios = _values(dataset, "LossyImageCompressionRatio")
    methods = _values(dataset, "LossyImageCompressionMethod")
    ratios += [f"{ratio:.3g}" if ratio < 1000 else f"{ratio:.0f}" for _, ratio in steps]
    methods += [method for method, _ in steps]
    return [
        ("LossyImageCompression", "CS", b"01"),
        ("LossyImageCompressionRatio", "DS", _text("\\".join(ratios))),
        ("LossyImageCompressionMethod", "CS", _text("\\".join(methods))),
    ]


def derived(source: Source, step: tuple[str, float], *, instance: str) -> list[Row]:
    """Say that the image was derived by lossy compression from the one it was (PS3.3 C.7.6.1.1.2).

    Parameters
    ----------
    source : Source
        The original.
    step : tuple
        Method and ratio.
    instance : str
        Its new SOP Instance UID; empty where it keeps its own.
    """
    dataset = source.dataset
    kind = _values(dataset, "ImageType") or ["", "PRIMARY"]
    what = f"{_NAMES.get(step[0], step[0])} lossy compression, {step[1]:.3g}:1"
    before = str(dataset.get("DerivationDescription") or "")
    description = f"{before}; {what}" if before else what
    rows: list[Row] = [("ImageType", "CS", _text("\\".join(["DERIVED", *kind[1:]])))]
    if len(description) <= _DESCRIPTION_MOST and description.isascii():
        rows.append(("DerivationDescription", "ST", _text(description)))
    codes = [*dataset.get("DerivationCodeSequence", ()), _code("113040", "Lossy Compression")]
    rows.append(_sequence(dataset, "DerivationCodeSequence", codes))
    if instance:
        rows.append(("SOPInstanceUID", "UI", _text(instance, b"\0")))
        if dataset.get("SOPInstanceUID"):
            images = [*dataset.get("SourceImageSequence", ()), _original(dataset)]
            rows.append(_sequence(dataset, "SourceImageSequence", images))
            if "SharedFunctionalGroupsSequence" in dataset or "ReferencedSeriesSequence" in dataset:
                rows.append(_sequence(dataset, "ReferencedSeriesSequence", _referenced(dataset)))
    return rows


def _referenced(dataset: Dataset) -> list[Dataset]:
    """List the original among the instances of its series: modern objects repeat there what they refer to (C.12.2)."""
    from copy import deepcopy

    from pydicom import Dataset as Item

    series = deepcopy(list(dataset.get("ReferencedSeriesSequence", ())))
    uid = dataset.get("SeriesInstanceUID", "")
    mine = next((item for item in series if item.get("SeriesInstanceUID") == uid), None)
    if mine is None:
        mine = Item()
        mine.SeriesInstanceUID = uid
        mine.ReferencedInstanceSequence = []
        series.append(mine)
    mine.ReferencedInstanceSequence = [*mine.get("ReferencedInstanceSequence", ()), _reference(dataset)]
    return series


def _reference(dataset: Dataset) -> Dataset:
    from pydicom import Dataset as Item

    item = Item()
    item.ReferencedSOPClassUID = dataset.get("SOPClassUID", "")
    item.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    return item


def _original(dataset: Dataset) -> Dataset:
    item = _reference(dataset)
    if dataset.get("LossyImageCompression") != "01":
        item.PurposeOfReferenceCodeSequence = [_code("121320", "Uncompressed predecessor")]
    return item


def _code(value: str, meaning: str) -> Dataset:
    from pydicom import Dataset as Item

    item = Item()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _sequence(dataset: Dataset, keyword: str, items: list[Dataset]) -> Row:
    """Encode a sequence by pydicom, in the character set of the file."""
    from pydicom import Dataset as Outer
    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element
    from pydicom.uid import UID

    outer = Outer()
    outer.file_meta = FileMetaDataset()
    outer.file_meta.TransferSyntaxUID = UID(EXPLICIT)
    setattr(outer, keyword, items)
    element: DataElement = outer[keyword]
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_data_element(buffer, element, dataset._character_set)  # noqa: SLF001 - as pydicom's own writer does
    # Tag, VR, two reserved bytes and the length come first.
    return keyword, "SQ", bytes(buffer.getvalue())[12:]


def _values(dataset: Dataset, keyword: str) -> list[str]:
    value: Any = dataset.get(keyword)
    if value in (None, ""):
        return []
    return [str(value)] if isinstance(value, str) or not hasattr(value, "__iter__") else [str(one) for one in value]


def _text(text: str, padding: bytes = b" ") -> bytes:
    data = text.encode("ascii", "replace")
    return data + padding * (len(data) % 2)
