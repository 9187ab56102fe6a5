"""A folder that receives: one file for each object, nothing overwritten."""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import WriteError
from hounsfield.network.storage.received import OUT_OF_RESOURCES, SUCCESS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hounsfield.network.storage.received import Received

__all__ = ["Inbox"]


class Inbox:
    """Keeps each received object as ``<SOP Instance UID>.dcm``, durable before the peer is told.

    An object that is there already, byte for byte, is not written again; another one under the same UID gets a number
    after its name, and both stay.

    Parameters
    ----------
    folder : path
        Is made where it is missing.
    told : callable, optional
        Gets each object with the path it was kept at.

    Raises
    ------
    WriteError
        When the folder cannot be made or written to.
    """

    def __init__(self, folder: str | os.PathLike[str], *, told: Callable[[Received, str], None] | None = None) -> None:
        self._target = os.path.abspath(os.fspath(folder))
        self._incoming = os.path.join(self._target, ".incoming")
        self._told = told
        self._lock = threading.Lock()
        try:
            Path(self._incoming).mkdir(parents=True, exist_ok=True)
            self._sweep()
        except OSError as error:
            raise WriteError(f"cannot receive into this folder: {error.strerror}", where=self._target) from error

    @property
    def folder(self) -> str:
        """Where objects are written on their way in."""
        return self._incoming

    def _sweep(self) -> None:
        """Remove what an earlier process left behind when it was killed; nothing of it was ever acknowledged."""
        for entry in os.scandir(self._incoming):
            owner = entry.name.split("-")[1:2]
            if not owner or not owner[0].isdigit() or not _runs(int(owner[0])):
                Path(entry.path).unlink()

    def keep(self, objects: Sequence[Received]) -> list[int]:
        """Keep objects and give their statuses."""
        with self._lock:
            kept = [self._keep(one) for one in objects]
            self._sync()
        for one, path in zip(objects, kept, strict=True):
            if path is not None and self._told:
                self._told(one, path)
        return [SUCCESS if path else OUT_OF_RESOURCES for path in kept]

    def _keep(self, one: Received) -> str | None:
        number = 1
        while True:
            suffix = f"-{number}" if number > 1 else ""
            path = os.path.join(self._target, f"{one.sop_instance}{suffix}.dcm")
            try:
                # A link fails where the name is taken; a rename would replace what is there.
                os.link(one.path, path)
            except FileExistsError:
                if _digest(path) == one.sha256:
                    return path
                number += 1
                continue
            except OSError:
                return None
            with contextlib.suppress(OSError):
                Path(one.path).unlink()
            return path

    def _sync(self) -> None:
        folder = os.open(self._target, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def close(self) -> None:
        """Remove the folder for what is on its way, where it is empty."""
        with contextlib.suppress(OSError):
            Path(self._incoming).rmdir()


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


def _digest(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
