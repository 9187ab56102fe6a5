"""The folder of an archive that has everything elsewhere: what is on its way in, copies, what peers are owed."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.catalog.connection import shown
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.operation.configuration import Configuration

__all__ = ["state_folder"]


def state_folder(said: Configuration) -> Path:
    """Give the folder of an archive whose objects are in object storage and whose index is in a database.

    Raises
    ------
    UsageError
        When either would be in the folder: then somebody has to say which.
    """
    if said.storage is None or said.database is None:
        raise UsageError(
            "nothing says where the archive is",
            hint="hu serve FOLDER, or --storage s3://bucket/prefix with --database postgresql://user@host/name",
        )
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    text = f"{said.storage.url.rstrip('/')}\0{shown(said.database)}"
    return Path(base, "hounsfield", f"archive-{hashlib.sha256(text.encode('utf-8')).hexdigest()[:16]}")
