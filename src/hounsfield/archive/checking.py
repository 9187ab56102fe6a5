"""Whether everything in an archive is as it was stored, and what its index does not know."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from hounsfield.archive.headers import packed_headers
from hounsfield.archive.objects import digest
from hounsfield.archive.stored import Verification
from hounsfield.errors import ReadError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hounsfield.archive.opened import Opened

__all__ = ["settle", "verify"]

_LOG = logging.getLogger("hounsfield.archive")
_READERS, _BATCH = 8, 256
_Item = TypeVar("_Item")


def verify(archive: Opened) -> Verification:
    """Check everything; see `hounsfield.archive.Archive.verify`."""
    with archive.reading():
        known = [(sha256, number) for _, sha256, number in archive.index.all()]
    found = Verification()
    checked = 0
    try:
        with ThreadPoolExecutor(_READERS, "archive-verify") as pool:
            for batch in _batches(known):
                states = pool.map(lambda one: _state(archive, one[0]), batch)
                for (sha256, number), state in zip(batch, states, strict=True):
                    checked += _noted(archive, sha256, number, state, found)
        indexed = {sha256 for sha256, _ in known}
        for names in _batches(one for one in archive.storage.all() if one[1] not in indexed):
            _recover(archive, names, found)
    except OSError as error:
        raise ReadError(f"the archive cannot be read: {error.strerror or error}", where=archive.root) from error
    return Verification(checked, found.damaged, found.missing, found.recovered, found.unknown)


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    left = iter(items)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _state(archive: Opened, sha256: str) -> Literal["sound", "damaged", "missing"]:
    """Compare an object with its checksum."""
    try:
        return "sound" if archive.storage.digest(sha256) == sha256 else "damaged"
    except FileNotFoundError:
        return "missing"


def _noted(archive: Opened, sha256: str, number: int, state: str, found: Verification) -> bool:
    name = archive.storage.name(sha256)
    if state == "damaged":
        found.damaged.append(name)
    elif state == "missing":
        with archive.reading():
            # It may have been deleted since.
            if archive.index.knows(number):
                found.missing.append(name)
    return state == "sound"


def _recover(archive: Opened, names: list[tuple[str, str]], found: Verification) -> None:
    """Put objects into the index that it does not know; each has a name to tell, and a SHA-256 where it has one."""
    with ThreadPoolExecutor(_READERS, "archive-verify") as pool:
        paths = list(pool.map(lambda one: archive.storage.sound(one[1]) if one[1] else None, names))
    sound = {path: name for path, name in zip(paths, names, strict=True) if path is not None}
    found.damaged.extend(
        name for path, (name, _) in zip(paths, names, strict=True) if path is None and name not in found.damaged
    )
    packed = packed_headers(list(sound), archive.limits)
    with archive.writing():
        read = archive.index.read(list(sound))
        for path, (name, sha256) in sound.items():
            if archive.index.place_of(sha256) is not None:
                continue
            header = read.get(path)
            if header is None or header.reason or (archive.policy != "both" and archive.index.having(header.uid)):
                found.unknown.append(name)
                continue
            archive.index.add(header, sha256, "", packed[path])
            found.recovered.append(name)


def settle(archive: Opened) -> None:
    """Settle what killed processes left behind; nothing of it was ever acknowledged, unless the index was lost.

    What had reached the storage is put into the index: it may have been acknowledged by an index that is no more.
    """
    found = Verification()
    try:
        for _, files in archive.arrivals.left():
            sizes = {digest(path): Path(path).stat().st_size for path in files}
            lacking = set(archive.storage.lacking(sizes))
            there = [(archive.storage.name(sha256), sha256) for sha256 in sizes if sha256 not in lacking]
            if there:
                _recover(archive, there, found)
    except (ReadError, WriteError, OSError) as error:
        _LOG.warning("what an earlier process left behind cannot be settled now: %s", error)
    for name in found.recovered:
        _LOG.info("%s was stored but not in the index; it is now", name)
    archive.clear()
