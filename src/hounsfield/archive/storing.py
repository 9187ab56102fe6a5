"""How objects come into an archive: kept in the storage, then written into the index, in one transaction."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from hounsfield.archive.headers import packed_headers
from hounsfield.archive.stored import Stored
from hounsfield.errors import WriteError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hounsfield.archive.index import Read
    from hounsfield.archive.opened import Opened
    from hounsfield.archive.stored import Incoming

__all__ = ["CANNOT_UNDERSTAND", "store"]

_Packed: TypeAlias = "Mapping[str, bytes | None]"
_MISMATCH, CANNOT_UNDERSTAND = 0xA900, 0xC000


def store(archive: Opened, objects: Sequence[Incoming]) -> list[Stored]:
    """Store files that are in the folder for arrivals, all or none; they are gone from there afterwards.

    Raises
    ------
    WriteError
        When they cannot be stored.
    """
    made: list[str] = []
    if not objects:
        return []
    try:
        with archive.writing():
            stored = _kept(archive, objects, made)
    except WriteError as error:
        if error.code != "io":
            _undo(archive, made)
        raise
    finally:
        for one in objects:
            with contextlib.suppress(OSError):
                Path(one.path).unlink()
    archive.clear()
    return stored


def _undo(archive: Opened, made: list[str]) -> None:
    """Remove what a transaction that failed had kept, unless another process has put it into the index since."""
    with contextlib.suppress(WriteError), archive.writing():
        for sha256 in made:
            if archive.index.place_of(sha256) is not None:
                continue
            try:
                archive.storage.remove(sha256)
            except OSError:
                # It is tried again later.
                archive.index.drop(archive.storage.place(sha256))


def _kept(archive: Opened, objects: Sequence[Incoming], made: list[str]) -> list[Stored]:
    """Keep files and write their rows; what was kept is undone where this fails."""
    files: dict[str, str] = {}
    for one in objects:
        sha256 = one.sha256.hex()
        # What is known but gone is put back.
        if archive.index.place_of(sha256) is None or not archive.storage.intact(sha256, one.size):
            files.setdefault(sha256, one.path)
    archive.storage.keep(files, made)
    places = {sha256: archive.storage.place(sha256) for sha256 in files}
    read = archive.index.read(list(places.values())) if places else {}
    sound = [path for path, header in read.items() if not header.reason]
    packed = packed_headers(sound, archive.limits)
    return [_one(archive, one, places, (read, packed)) for one in objects]


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
    archive.index.add(header, sha256, one.calling, read[1].get(place))
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
