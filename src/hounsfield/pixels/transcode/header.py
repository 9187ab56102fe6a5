"""What changes in the header beside the pixels (PS3.3 C.7.6.3, C.7.6.1.1.5)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from hounsfield.pixels.transcode.icons import unpacked
from hounsfield.pixels.transcode.lossy import METHODS, derived, method_of, recorded
from hounsfield.pixels.transcode.overlays import moved

if TYPE_CHECKING:
    from hounsfield.files.write import Header, Row
    from hounsfield.pixels.encode import Encoded
    from hounsfield.pixels.transcode.plan import Plan
    from hounsfield.pixels.transcode.source import Source

__all__ = ["changes", "plain_bytes"]

_EXTREMES = (
    "SmallestImagePixelValue",
    "LargestImagePixelValue",
    "SmallestPixelValueInSeries",
    "LargestPixelValueInSeries",
)


def changes(source: Source, plan: Plan, header: Header, *, like: Encoded, instance: str, size: int) -> list[Row]:
    """Give every change of the header that the new pixels ask for.

    Parameters
    ----------
    source, plan : Source, Plan
        What is transcoded, and how.
    header : Header
        The header, for what is nested in it.
    like : Encoded
        What the encoder says of a frame.
    instance : str
        New SOP Instance UID, or nothing.
    size : int
        Bytes of all code streams.
    """
    rows: list[Row] = []
    if not plan.streams:
        rows += _pixel_module(source, plan, like)
        rows += moved(source, list(plan.overlays))
    if plan.syntax != source.syntax:
        rows += unpacked(header, source)
    if like.lossy:
        cells = like.bits_allocated / source.layout.bits_allocated
        step = (METHODS[plan.syntax], plain_bytes(source) * cells / max(size, 1))
        rows += recorded(source.dataset, [*_unrecorded(source), step])
        rows += derived(source, step, instance=instance)
        rows += _frame_types(source)
        # They would have to be found anew; nothing requires them.
        rows += [(name, None, None) for name in _EXTREMES if name in source.dataset]
    else:
        if plan.way in ("encoded", "decoded") and (steps := _unrecorded(source)):
            rows += recorded(source.dataset, steps)
        if instance:
            rows.append(("SOPInstanceUID", "UI", (instance + "\0" * (len(instance) % 2)).encode()))
    return rows


def plain_bytes(source: Source) -> int:
    """Bytes of all frames, uncompressed."""
    layout = source.layout
    return source.frames * layout.rows * layout.columns * layout.samples * layout.bits_allocated // 8


def _pixel_module(source: Source, plan: Plan, like: Encoded) -> list[Row]:
    layout = source.layout
    rows: list[Row] = []
    if like.photometric != layout.photometric:
        text = like.photometric + " " * (len(like.photometric) % 2)
        rows.append(("PhotometricInterpretation", "CS", text.encode()))
    numbers = {"BitsAllocated": (layout.bits_allocated, like.bits_allocated)}
    if not plan.whole:
        numbers["HighBit"] = (layout.high_bit, layout.bits_stored - 1)
    if layout.samples > 1:
        numbers["PlanarConfiguration"] = (source.dataset.get("PlanarConfiguration", -1), int(like.planar))
    rows += [(name, "US", struct.pack("<H", new)) for name, (old, new) in numbers.items() if old != new]
    return rows


def _unrecorded(source: Source) -> list[tuple[str, float]]:
    """Find the lossy step that made the source, where its header does not tell."""
    dataset = source.dataset
    if source.syntax not in METHODS or dataset.get("LossyImageCompressionMethod"):
        return []
    method = method_of(source.syntax, source.encoded(0))
    if not method:
        return []
    if dataset.get("LossyImageCompressionRatio"):
        return []
    size = sum(len(source.encoded(index)) for index in range(source.frames))
    return [(method, plain_bytes(source) / max(size, 1))]


def _frame_types(source: Source) -> list[Row]:
    """Frame Type (0008,9007) of enhanced images, which says of each frame what Image Type says of all."""
    rows: list[Row] = []
    for outer in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for number, group in enumerate(source.dataset.get(outer) or ()):
            for element in group:
                if not element.keyword.endswith("FrameTypeSequence") or not element.value:
                    continue
                kind = element.value[0].get("FrameType")
                if kind and not isinstance(kind, str) and kind[0] != "DERIVED":
                    text = "\\".join(["DERIVED", *kind[1:]])
                    path = f"{outer}[{number}].{element.keyword}[0].FrameType"
                    rows.append((path, "CS", (text + " " * (len(text) % 2)).encode()))
    return rows
