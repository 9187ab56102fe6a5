"""All checks in one command: `python tools/check.py`. Runs every one, then says which failed.

Needs the `dev` extra, the package built in place (`pip install -e .`), a Rust toolchain and Node.js.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable

CHECKS: dict[str, list[str]] = {
    "ruff check": [PYTHON, "-m", "ruff", "check", "."],
    "ruff format": [PYTHON, "-m", "ruff", "format", "--check", "."],
    "mypy": [PYTHON, "-m", "mypy"],
    "stub of the core": [
        *[PYTHON, "-m", "mypy.stubtest", "hounsfield._core"],
        *["--mypy-config-file", "pyproject.toml", "--allowlist", "tools/stub_allowlist.txt"],
    ],
    "import layers": [str(Path(PYTHON).parent / "lint-imports"), "--no-logo"],
    "cargo fmt": ["cargo", "fmt", "--all", "--check"],
    "cargo clippy": ["cargo", "clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"],
    "cargo test": ["cargo", "test", "--workspace", "--quiet"],
    # The viewer's packages are there since it was built.
    "viewer types": ["npm", "--prefix", "viewer", "run", "--silent", "types"],
    "viewer tests": ["npm", "--prefix", "viewer", "run", "--silent", "test"],
    "viewer size": ["node", "viewer/size.mjs", "src/hounsfield/server/workstation"],
    "docs are current": [PYTHON, "tools/make_docs.py", "--check"],
}


def main() -> int:
    """Run the checks named as arguments, or all."""
    wanted = sys.argv[1:] or list(CHECKS)
    failed = []
    for name in wanted:
        begun = time.monotonic()
        result = subprocess.run(CHECKS[name], cwd=ROOT, capture_output=True, text=True, check=False)
        good = result.returncode == 0
        print(f"{'ok  ' if good else 'FAIL'}  {name}  ({time.monotonic() - begun:.1f} s)", flush=True)
        if not good:
            failed.append(name)
            print(result.stdout + result.stderr)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
