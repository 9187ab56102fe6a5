"""Objects of an archive on their way out, in folders that are named by UIDs."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive.objects import digest
from hounsfield.catalog.catalog import Catalog
from hounsfield.errors import ExistsError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["copy"]

# A UID is digits and dots (PS3.5 9.1); what is anything else never becomes a path.
_UID = re.compile(r"[0-9]+(\.[0-9]+)+")


def copy(
    database: str, objects: Sequence[tuple[int, str]], output: str, *, local: Callable[[str], str]
) -> Iterator[str]:
    """Copy objects; see `hounsfield.archive.Archive.export`."""
    sql = 'SELECT "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID" FROM headers WHERE id = ?'
    with Catalog.open(database) as catalog:
        for number, path in objects:
            uids = catalog.execute(sql, (number,)).fetchone()
            if uids is None:
                continue
            name = os.path.basename(path).removesuffix(".dcm")
            names = [
                str(uid) if _UID.fullmatch(str(uid or "")) and len(str(uid)) <= 64 else f"x{name[:16]}" for uid in uids
            ]
            yield _copied(local(path), os.path.join(output, *names))


def _copied(path: str, target: str) -> str:
    name = f"{target}.dcm"
    if os.path.exists(name) and digest(name) != digest(path):
        # Two objects of one UID, both kept.
        name = f"{target}-{os.path.basename(path)[:12]}.dcm"
    if os.path.exists(name):
        if digest(name) == digest(path):
            return name
        raise ExistsError("another file is there already", where=name)
    try:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, f"{name}.part")
        Path(f"{name}.part").replace(name)
    except OSError as error:
        raise WriteError(f"cannot be written: {error.strerror}", where=name) from error
    return name
