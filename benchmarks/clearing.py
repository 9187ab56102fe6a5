"""Folders that every run finds empty, without paying for what the run before had written."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["cleared"]


def cleared(folder: Path, *, empty: bool = True) -> Callable[[], None]:
    """Give what moves away what the last run wrote; the folder itself is made again where a program wants one.

    The files are cut to nothing, and removed in the end only: ext4 passes over the inodes of files that were deleted a
    minute ago or less, and whoever writes next would pay for looking at each of them.
    """

    def clear() -> None:
        if folder.exists():
            away = Path(tempfile.mkdtemp(prefix="written-", dir=folder.parent))
            atexit.register(shutil.rmtree, away, ignore_errors=True)
            folder.rename(away / "out")
            for path in away.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    os.truncate(path, 0)
        if empty:
            folder.mkdir(parents=True)

    return clear
