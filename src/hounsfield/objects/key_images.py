"""Key images: Key Object Selection documents (PS3.3 A.35.4, PS3.16 TID 2010), with highdicom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hounsfield.errors import UsageError
from hounsfield.objects.sources import EQUIPMENT, completed, in_unicode, new_uid, said

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom import Dataset

    from hounsfield.objects.sources import Sources

__all__ = ["key_images", "read_key_images"]

_NOTE = "113012"
_MOST = 10_000


def key_images(
    images: Sequence[tuple[str, int | None]], sources: Sources, *, title: str = "", note: str = "", author: str = ""
) -> Dataset:
    """Select images.

    Parameters
    ----------
    images : sequence of (str, int or None)
        SOP Instance UID, and frame from 1 of an image with several.
    sources : Sources
        Where their headers are.
    title : str
        Series Description.
    note : str
        Why they were selected.
    author : str
        Who selected them; empty where that is not to be said.

    Returns
    -------
    pydicom.Dataset
        Not saved.

    Raises
    ------
    UsageError
        When there are none, or images of several studies.
    ReadError
        When an image is not there.
    """
    from highdicom import ko, sr
    from pydicom.sr.codedict import codes

    if not 0 < len(images) <= _MOST:
        raise UsageError(f"a selection has 1 to {_MOST:,} images, not {len(images):,}")
    headers = {uid: completed(sources.header(uid)) for uid, _ in dict.fromkeys(images)}
    if len({str(header.StudyInstanceUID) for header in headers.values()}) > 1:
        raise UsageError("images of several studies do not go into one selection")
    person = None
    if author:
        person = sr.ObserverContext(
            observer_type=codes.DCM.Person,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=author[:64]),
        )
    content = ko.KeyObjectSelection(
        document_title=codes.DCM.OfInterest,
        referenced_objects=list(headers.values()),
        observer_person_context=person,
        description=note[:1024] or None,
    )
    made: Dataset = ko.KeyObjectSelectionDocument(
        evidence=list(headers.values()),
        content=content,
        series_instance_uid=new_uid(),
        series_number=9002,
        sop_instance_uid=new_uid(),
        instance_number=1,
        manufacturer=EQUIPMENT["manufacturer"],
        series_description=(title or "Key images")[:64],
    )
    _name_frames(made, images)
    return in_unicode(made)


def _name_frames(made: Any, images: Sequence[tuple[str, int | None]]) -> None:
    """Say which frames are meant, which highdicom does not."""
    frames: dict[str, list[int]] = {}
    for uid, frame in images:
        if frame is not None:
            frames.setdefault(uid, []).append(frame)
    for item in made.ContentSequence:
        for reference in said(item, "ReferencedSOPSequence", ()) or ():
            wanted = frames.get(str(reference.ReferencedSOPInstanceUID))
            if wanted:
                reference.ReferencedFrameNumber = sorted(set(wanted))


def read_key_images(dataset: Dataset) -> tuple[list[tuple[str, int | None]], str]:
    """Give the images of a selection, with frames where it names some, and its note."""
    found: list[tuple[str, int | None]] = []
    note = ""
    for item in said(dataset, "ContentSequence", ()) or ():
        for code in said(item, "ConceptNameCodeSequence", ()) or ():
            if str(said(code, "CodeValue", "")) == _NOTE:
                note = str(said(item, "TextValue", ""))
        for reference in said(item, "ReferencedSOPSequence", ()) or ():
            uid, frames = str(said(reference, "ReferencedSOPInstanceUID", "")), said(reference, "ReferencedFrameNumber")
            listed = [] if frames is None else list(frames) if hasattr(frames, "__iter__") else [frames]
            found += [(uid, int(frame)) for frame in listed] or [(uid, None)]
    return found[:_MOST], note
