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
        _say(
            "the viewer is there, built before."
            if _built(root)
            else "this source has no viewer, neither built nor to be built: no workstation (hu open).\n"
            "  Install a wheel, or build from the repository with Node.js 20 or newer."
        )
        return False
    npm = shutil.which("npm")
    if npm is None and _built(root):
        _say("the viewer is there, built before; Node.js was not found, so it is not built again.")
        return False
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


def _built(root: Path) -> bool:
    return (root / BUNDLE / "index.html").is_file()


def _say(text: str) -> None:
    print(f"hounsfield: {text}", file=sys.stderr)
