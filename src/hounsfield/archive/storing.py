"""How objects come into an archive: kept in the storage, then written into the index, in one transaction."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hounsfield.archive.headers import packed_headers
from hounsfield.archive.stored import Stored
from hounsfield.errors import ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.archive.index import Read
    from hounsfield.archive.opened import Opened
    from hounsfield.archive.stored import Incoming

__all__ = ["CANNOT_UNDERSTAND", "Coming", "commit", "store"]

_Packed: TypeAlias = "Mapping[str, bytes | None]"
_MISMATCH, CANNOT_UNDERSTAND = 0xA900, 0xC000


@dataclass(slots=True)
class Coming:
    """Objects on their way into the index.

    Parameters
    ----------
    objects : sequence of Incoming
        The objects.
    made : list of str
        SHA-256 of what was put into the storage for them.
    packed : mapping of str to bytes
        Their headers, by SHA-256.
    """

    objects: Sequence[Incoming]
    made: list[str] = field(default_factory=list)
    packed: Mapping[str, bytes | None] = field(default_factory=dict)


def store(archive: Opened, objects: Sequence[Incoming]) -> list[Stored]:
    """Store files that are in the folder for arrivals, all or none; they are gone from there afterwards.

    What goes to the storage goes there side by side with others; then all that wait are written into the index with one
    commit.

    Raises
    ------
    WriteError
        When they cannot be stored.
    """
    if not objects:
        return []
    coming = Coming(objects)
    try:
        _prepare(archive, coming)
        return archive.turns.take(coming)
    except WriteError as error:
        if error.code != "io":
            _undo(archive, coming.made)
        raise
    finally:
        for one in objects:
            with contextlib.suppress(OSError):
                Path(one.path).unlink()


def commit(archive: Opened, groups: Sequence[Coming]) -> list[list[Stored]]:
    """Write objects that are in the storage into the index, in one transaction.

    Raises
    ------
    WriteError
        When it fails; nothing is written then.
    """
    with archive.writing():
        stored = _written(archive, groups)
    archive.clear()
    return stored


def _prepare(archive: Opened, coming: Coming) -> None:
    """Put objects into the storage that the index does not know, and pack their headers."""
    archive.check_index()
    files: dict[str, str] = {}
    try:
        with archive.reading():
            for one in coming.objects:
                sha256 = one.sha256.hex()
                if archive.index.place_of(sha256) is None:
                    files.setdefault(sha256, one.path)
    except ReadError as error:
        raise WriteError(error.message, where=error.where, hint=error.hint) from error
    try:
        archive.storage.keep(files, coming.made)
    except OSError as error:
        raise WriteError(f"the archive cannot be written: {error}", where=archive.root) from error
    # Where a disk has no links, files were moved: they are read where they are kept.
    places = {sha256: archive.storage.place(sha256) for sha256 in files}
    packed = packed_headers(list(places.values()), archive.limits)
    coming.packed = {sha256: packed[place] for sha256, place in places.items()}


def _undo(archive: Opened, made: Sequence[str]) -> None:
    """Remove what was put into the storage in vain, unless somebody else has put it into the index since."""
    if not made:
        return
    with contextlib.suppress(WriteError), archive.writing():
        for sha256 in made:
            if archive.index.place_of(sha256) is not None:
                continue
            try:
                archive.storage.remove(sha256)
            except OSError:
                # It is tried again later.
                archive.index.drop(archive.storage.place(sha256))


def _written(archive: Opened, groups: Sequence[Coming]) -> list[list[Stored]]:
    every = {one.sha256.hex(): one for group in groups for one in group.objects}
    # Since they were put there, others may have removed what they had made in vain; what is known but gone is put back.
    lacking = archive.storage.lacking({sha256: one.size for sha256, one in every.items()})
    again: list[str] = []
    try:
        archive.storage.keep({sha256: every[sha256].path for sha256 in lacking}, again)
    finally:
        groups[0].made += again
    places = {sha256: archive.storage.place(sha256) for sha256 in every if archive.index.place_of(sha256) is None}
    read = archive.index.read(list(places.values())) if places else {}
    packed = {sha256: header for group in groups for sha256, header in group.packed.items()}
    deleted = {sha256: place for sha256, place in places.items() if sha256 not in packed}
    if deleted:
        headers = packed_headers(list(deleted.values()), archive.limits)
        packed |= {sha256: headers[place] for sha256, place in deleted.items()}
    return [[_one(archive, one, places, (read, packed)) for one in group.objects] for group in groups]


def _one(archive: Opened, one: Incoming, places: dict[str, str], read: tuple[dict[str, Read], _Packed]) -> Stored:
    sha256, source = one.sha256.hex(), getattr(one, "source", "")
    known = archive.index.place_of(sha256)
    if known is not None:
        return Stored("present", known[1], known[0], source=source)
    place = places[sha256]
    header = read[0].get(place)
    reason, status = _refusal(one, header)
    if reason or header is None:
        archive.index.drop(place)
        return Stored("refused", one.sop_instance, reason=reason, status=status, source=source)
    before = archive.index.having(header.uid)
    if before and archive.policy == "keep":
        archive.index.drop(place)
        return Stored("kept", header.uid, before[-1][1], source=source)
    if before and archive.policy == "replace":
        archive.index.remove(number for number, _ in before)
    archive.index.add(header, sha256, one.calling, read[1].get(sha256))
    outcome = "replaced" if before and archive.policy == "replace" else "stored"
    return Stored(outcome, header.uid, place, source=source)  # type: ignore[arg-type]  # one of the outcomes


def _refusal(one: Incoming, header: Read | None) -> tuple[str, int]:
    if header is None:
        return "it cannot be read", CANNOT_UNDERSTAND
    if header.reason:
        return header.reason, CANNOT_UNDERSTAND
    if one.sop_instance and one.sop_instance != header.uid:
        return "its SOP Instance UID is not the one that was announced", _MISMATCH
    if one.sop_class and header.sop_class and one.sop_class != header.sop_class:
        return "its SOP Class UID is not the one that was announced", _MISMATCH
    return "", 0
