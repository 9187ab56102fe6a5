"""Whether everything in an archive is as it was stored, and what its index does not know."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive.headers import packed_headers
from hounsfield.archive.objects import digest
from hounsfield.archive.stored import Verification
from hounsfield.errors import ReadError, WriteError

if TYPE_CHECKING:
    from hounsfield.archive.opened import Opened

__all__ = ["settle", "verify"]

_LOG = logging.getLogger("hounsfield.archive")


def verify(archive: Opened) -> Verification:
    """Check everything; see `hounsfield.archive.Archive.verify`."""
    with archive.reading():
        known = archive.index.all()
    found = Verification()
    try:
        checked = sum(_checked(archive, sha256, number, found) for _, sha256, number in known)
        indexed = {sha256 for _, sha256, _ in known}
        for name, sha256 in archive.storage.all():
            if sha256 not in indexed:
                _recover(archive, name, sha256, found)
    except OSError as error:
        raise ReadError(f"the archive cannot be read: {error.strerror or error}", where=archive.root) from error
    return Verification(checked, found.damaged, found.missing, found.recovered, found.unknown)


def _checked(archive: Opened, sha256: str, number: int, found: Verification) -> bool:
    """Compare an object with its checksum."""
    name = archive.storage.name(sha256)
    try:
        sound = archive.storage.digest(sha256) == sha256
    except FileNotFoundError:
        if archive.index.knows(number):
            found.missing.append(name)
        return False
    if not sound:
        found.damaged.append(name)
    return sound


def _recover(archive: Opened, name: str, sha256: str, found: Verification) -> None:
    """Put an object into the index that it does not know."""
    if not sha256 or archive.storage.digest(sha256) != sha256:
        if name not in found.damaged:
            found.damaged.append(name)
        return
    path = archive.storage.local(sha256)
    with archive.writing():
        if archive.index.place_of(sha256) is not None:
            return
        header = archive.index.read([path]).get(path)
        if header is None or header.reason or (archive.policy != "both" and archive.index.having(header.uid)):
            found.unknown.append(name)
            return
        archive.index.add(header, sha256, "", packed_headers([path], archive.limits)[path])
        found.recovered.append(name)


def settle(archive: Opened) -> None:
    """Settle what killed processes left behind; nothing of it was ever acknowledged, unless the index was lost.

    What had reached the storage is put into the index: it may have been acknowledged by an index that is no more.
    """
    found = Verification()
    try:
        for _, files in archive.arrivals.left():
            for path in files:
                sha256 = digest(path)
                if not archive.storage.lacking({sha256: Path(path).stat().st_size}):
                    _recover(archive, archive.storage.name(sha256), sha256, found)
    except (ReadError, WriteError, OSError) as error:
        _LOG.warning("what an earlier process left behind cannot be settled now: %s", error)
    for name in found.recovered:
        _LOG.info("%s was stored but not in the index; it is now", name)
    archive.clear()
