"""What an archive knows of itself before it is opened: where its objects are."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hounsfield.archive.bucket import CloudStorage
from hounsfield.errors import UsageError

__all__ = ["exists", "storage_of"]

_NAME = "storage.json"


def exists(root: str) -> bool:
    """Tell whether a folder is one of an archive."""
    return os.path.isdir(os.path.join(root, "objects")) or os.path.isfile(os.path.join(root, _NAME))


def storage_of(root: str, said: str | CloudStorage | None) -> CloudStorage | None:
    """Tell where the objects of an archive are; nothing for files below its folder.

    What is said first is noted in the folder, without any key.

    Raises
    ------
    UsageError
        When the archive has its objects elsewhere, or nothing can be understood.
    OSError
        When the note cannot be read or written.
    """
    given = CloudStorage(said) if isinstance(said, str) else said
    path = Path(root, _NAME)
    known = _read(path)
    if given is None:
        return None if known is None else CloudStorage(known)
    url = given.url.rstrip("/")
    if known is None:
        if os.path.isdir(os.path.join(root, "objects")):
            raise UsageError("the archive has its objects below its folder", where=root)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{_NAME}.{os.getpid()}")
        partial.write_text(json.dumps({"url": url}) + "\n", "utf-8")
        partial.replace(path)
    elif known != url:
        raise UsageError(f"the archive has its objects in {known}", where=root)
    return given


def _read(path: Path) -> str | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("url"), str):
        raise UsageError("it does not say where the objects are", where=str(path))
    return str(found["url"])
