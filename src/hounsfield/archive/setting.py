"""What an archive knows of itself before it is opened: where its objects are."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hounsfield.archive.bucket import CloudStorage
from hounsfield.errors import UsageError

__all__ = ["exists", "note_storage", "storage_of"]

_NAME = "storage.json"


def exists(root: str) -> bool:
    """Tell whether a folder is one of an archive."""
    return os.path.isdir(os.path.join(root, "objects")) or os.path.isfile(os.path.join(root, _NAME))


def storage_of(root: str, said: str | CloudStorage | None) -> CloudStorage | None:
    """Tell where the objects of an archive are; nothing for files below its folder.

    Raises
    ------
    UsageError
        When the archive has its objects elsewhere, or nothing can be understood.
    OSError
        When what the folder knows cannot be read.
    """
    given = CloudStorage(said) if isinstance(said, str) else said
    known = _read(Path(root, _NAME))
    if given is None:
        return None if known is None else CloudStorage(known)
    if known is None and os.path.isdir(os.path.join(root, "objects")):
        raise UsageError("the archive has its objects below its folder", where=root)
    if known is not None and known != given.url.rstrip("/"):
        raise UsageError(f"the archive has its objects in {known}", where=root)
    return given


def note_storage(root: str, storage: CloudStorage) -> None:
    """Let the folder know where its objects are; keys are not noted."""
    path = Path(root, _NAME)
    if not path.exists():
        partial = path.with_name(f".{_NAME}.{os.getpid()}")
        partial.write_text(json.dumps({"url": storage.url.rstrip("/")}) + "\n", "utf-8")
        partial.replace(path)


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
