"""What dciodvfy, which knows the standard by heart, has against an object."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["faults"]


def faults(path: Path) -> list[str]:
    """Give the errors that dciodvfy finds in a file."""
    done = subprocess.run(
        [require("dciodvfy"), str(path)], capture_output=True, text=True, errors="replace", check=False, timeout=60
    )
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]
