"""Write docs/reference/commands: a page for each command, from the command itself. `--check` only compares."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hounsfield.cli.commands import COMMANDS, Command

PAGES = Path(__file__).parent.parent / "docs" / "reference" / "commands"


def page(command: Command) -> str:
    """Return the page of one command."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    shown = subprocess.run(
        [sys.executable, "-m", "hounsfield", command.name, "--help"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return (
        f"<!-- Made by tools/make_docs.py; do not edit. -->\n# hu {command.name}\n\n"
        f"{command.summary}\n\n```text\n{shown.stdout.strip()}\n```\n"
    )


def contents() -> str:
    """Return the list of commands."""
    lines = ["<!-- Made by tools/make_docs.py; do not edit. -->", "# Commands", ""]
    lines += [f"- [`hu {command.name}`]({command.name}.md): {command.summary}" for command in COMMANDS]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write or check the pages."""
    wanted = {f"{command.name}.md": page(command) for command in COMMANDS} | {"README.md": contents()}
    there = {path.name: path.read_text(encoding="utf-8") for path in PAGES.glob("*.md")} if PAGES.is_dir() else {}
    if "--check" in sys.argv:
        stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        if stale:
            print(f"not current: {', '.join(stale)}; run python tools/make_docs.py")
        return bool(stale)
    PAGES.mkdir(parents=True, exist_ok=True)
    for name in there.keys() - wanted.keys():
        (PAGES / name).unlink()
    for name, text in wanted.items():
        (PAGES / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
