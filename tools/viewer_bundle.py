"""Building the viewer, the TypeScript workstation in `viewer/`, into the package.

Without the folder, or without Node.js, everything else is built, and a line says what is missing.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["BUNDLE", "build"]

# Where the built pages go, seen from the root of the repository.
BUNDLE = Path("src", "hounsfield", "server", "workstation")


def build(root: Path) -> bool:
    """Build `viewer/` of the repository `root` into the package, and tell whether it was built.

    Raises
    ------
    SystemExit
        When npm is there and fails.
    """
    source = root / "viewer"
    if not (source / "package.json").is_file():
        there = (root / BUNDLE).is_dir()
        _say("the viewer is there, built before." if there else "there is no viewer in this source.")
        return False
    npm = shutil.which("npm")
    if npm is None:
        _say(
            "built without the workstation (hu open), because Node.js was not found.\n"
            "  Everything else works. For the workstation, install Node.js 20 or newer and install hounsfield again."
        )
        return False
    for command in (
        [npm, "ci", "--no-audit", "--no-fund"],
        [npm, "run", "build", "--", "--outDir", str(root / BUNDLE)],
    ):
        if subprocess.run(command, cwd=source, check=False).returncode:
            raise SystemExit(f"hounsfield: the viewer could not be built: '{' '.join(command)}' failed")
    return True


def _say(text: str) -> None:
    print(f"hounsfield: {text}", file=sys.stderr)
