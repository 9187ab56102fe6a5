"""What an archive knows of itself before it is opened: where its objects are, and its index."""

from __future__ import annotations

import json
import os
from pathlib import Path

from hounsfield.archive.bucket import CloudStorage
from hounsfield.catalog.connection import checked_url, shown
from hounsfield.errors import UsageError

__all__ = ["INDEX", "database_of", "exists", "is_noted", "note_database", "note_storage", "storage_of"]

_NAME, _DATABASE = "storage.json", "database.json"
INDEX = "index.sqlite"


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
    _note(Path(root, _NAME), storage.url.rstrip("/"))


def database_of(root: str, said: str | None, *, moving: bool = False) -> str:
    """Tell where the index of an archive is: a file in its folder, or the address of a database.

    Parameters
    ----------
    root : str
        The folder.
    said : str or None
        What the caller says.
    moving : bool
        Whether the index may be elsewhere now, since it is made again.

    Raises
    ------
    UsageError
        When the archive has its index elsewhere, or nothing can be understood.
    """
    known = _read(Path(root, _DATABASE))
    if said is None:
        return known or os.path.join(root, INDEX)
    checked_url(said)
    if moving:
        return said
    if known is None and os.path.exists(os.path.join(root, INDEX)):
        hint = "Archive.rebuild, or hu archive verify --rebuild --database URL, moves it."
        raise UsageError("the archive has its index in its folder", where=root, hint=hint)
    if known is not None and known != shown(said):
        raise UsageError(f"the archive has its index in {known}", where=root)
    return said


def is_noted(root: str, url: str) -> bool:
    """Tell whether a folder knows that its index is in this database."""
    return _read(Path(root, _DATABASE)) == shown(url)


def note_database(root: str, url: str) -> None:
    """Let the folder know where its index is; passwords are not noted."""
    if not is_noted(root, url):
        Path(root, _DATABASE).unlink(missing_ok=True)
        _note(Path(root, _DATABASE), shown(url))


def _note(path: Path, url: str) -> None:
    if not path.exists():
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        partial.write_text(json.dumps({"url": url}) + "\n", "utf-8")
        partial.replace(path)


def _read(path: Path) -> str | None:
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("url"), str):
        raise UsageError("it does not say an address", where=str(path))
    return str(found["url"])
