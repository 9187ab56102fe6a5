"""Which items of a presentation state are for a frame: those that refer to it, or to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.pixels.header import items, said

if TYPE_CHECKING:
    from pydicom import Dataset

__all__ = ["item_for", "refers"]


def refers(reference: Any, uid: str, index: int) -> bool:
    """Tell whether a reference (PS3.3 10.3) is to this frame, from 0, of this instance."""
    if str(said(reference, "ReferencedSOPInstanceUID")) != uid:
        return False
    frames = said(reference, "ReferencedFrameNumber")
    if frames is None:
        return True
    return index + 1 in ([int(frames)] if isinstance(frames, int | str) else [int(frame) for frame in frames])


def item_for(sequence: Any, header: Dataset, index: int) -> Any:
    """Give the item of a sequence that is for this frame; one without references is for all."""
    uid = str(said(header, "SOPInstanceUID"))
    for item in sequence:
        references = items(item, "ReferencedImageSequence")
        if not len(references) or any(refers(one, uid, index) for one in references):
            return item
    return None
