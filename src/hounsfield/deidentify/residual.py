"""Looking at what was de-identified, by whomever: what may be left in it (`check`)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.deidentify.inputs import batches, find
from hounsfield.deidentify.key import Key
from hounsfield.deidentify.plan import compiled
from hounsfield.deidentify.profile import Profile
from hounsfield.deidentify.report import named
from hounsfield.deidentify.words import PATTERNS
from hounsfield.errors import HounsfieldError, NotDicomError
from hounsfield.progress import Progress, Silent
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from types import MappingProxyType

    from hounsfield.deidentify.pixels.settings import Ocr

__all__ = ["KINDS", "Finding", "check"]

Sources = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

# What a finding means, in words.
KINDS: dict[str, str] | MappingProxyType[str, str] = {
    "known": "names something of the original patient",
    "uid": "is a UID of the original",
    "name": "is a person's name",
    "pattern": "looks like a date, a number or a name that identifies",
    "date": "is a date, though all are said to be removed",
    "private": "is private, and on no list of safe ones",
    "overlay": "is an overlay or a curve, which may show text",
    "burned-in": "says that the pixels show text",
    "text": "is text in the pixels, as OCR sees it",
    "flag": "does not say that the identity was removed",
    "preamble": "has a preamble that is not empty",
    "trailing": "has bytes after its data set",
    "unreadable": "cannot be read to its end",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that may identify.

    Parameters
    ----------
    where : str
        The file.
    kind : str
        One of `KINDS`.
    path : str
        The attribute, with the sequences on the way to it.
    value : str
        What was found; not safe to share.
    """

    where: str
    kind: str
    path: str
    value: str


def _sources(given: Sources) -> list[str | os.PathLike[str]]:
    return [given] if isinstance(given, str | os.PathLike) else list(given)


def check(
    source: Sources,
    *,
    against: Sources | None = None,
    profile: Profile | None = None,
    ocr: Ocr = "none",
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> list[Finding]:
    """Look for what may be left in files: names, dates, patterns in texts, private elements, overlays, UIDs.

    Parameters
    ----------
    source : path or iterable of paths
        What was de-identified.
    against : path or iterable of paths, optional
        The originals: their patients' values and their UIDs are looked for, too.
    profile : Profile, optional
        Whose safe private attributes are safe.
    ocr : {'none', 'suspect', 'all'}
        Look for text in the pixels of no image, of those that say they show text or are of a kind that mostly does
        (whatever they say), or of all.
    progress : Progress, optional
        Is told of files.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    list of Finding
        Empty when there is nothing to be found; no proof that there is nothing.

    Raises
    ------
    ReadError
        When there is nothing to look at.
    UnsupportedError
        When OCR is asked for and not installed.
    """
    if ocr != "none":
        from hounsfield.deidentify.pixels.ocr import reader

        reader()
    limits, listener = limits or Limits(), progress or Silent()
    base = profile or Profile.basic()
    safe = base if "retain-safe-private" in base.options else base.with_options("retain-safe-private")
    plan = compiled(safe, Key.random())
    learned = []
    if against is not None:
        for batch in batches(find(_sources(against), None), limits):
            learned += [content for _, content in batch if isinstance(content, str | bytes)]
    originals = _core.deidentify_learn(plan, learned, limits)
    found = find(_sources(source), None)
    listener.start("checking", len(found), "files")
    findings: list[Finding] = []
    patterns = [f"(?i){text}" for text in PATTERNS.values()]
    try:
        for batch in batches(found, limits):
            readable = [(each.name, content) for each, content in batch if not isinstance(content, HounsfieldError)]
            for (name, _), (error, values) in zip(
                readable, _core.deidentify_check(plan, patterns, originals, readable, limits), strict=True
            ):
                if isinstance(error, NotDicomError):
                    continue
                if error is not None:
                    findings.append(Finding(name, "unreadable", "", error.message))
                for kind, path, value in values:
                    findings.append(Finding(name, kind, named(tuple(path)), value.decode("utf-8", "replace")))
                if ocr != "none" and error is None:
                    findings += _shown(name, ocr, base.pixels.frames, limits)
            listener.advance(len(batch))
    finally:
        listener.finish()
    return findings


def _shown(name: str, ocr: Ocr, frames: int, limits: Limits) -> list[Finding]:
    """Find text in the pixels of one file."""
    from hounsfield.deidentify.pixels.looking import image_of, mostly_shows_text, texts

    try:
        image = image_of(name, limits)
        if image is None or (ocr == "suspect" and not mostly_shows_text(image.dataset)):
            return []
        found = texts(image, frames)
    except HounsfieldError as error:
        return [Finding(name, "unreadable", "PixelData", error.message)]
    return [
        Finding(
            name,
            "text",
            "PixelData" if frame is None else f"PixelData, frame {frame + 1}",
            f"{box.x},{box.y},{box.width},{box.height}",
        )
        for frame, boxes in found.items()
        for box in boxes
    ]
