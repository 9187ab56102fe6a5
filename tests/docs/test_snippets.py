"""Every Python block of the documentation runs, and every console block prints what it shows.

Blocks of one page share their names and their folder, which has a folder `export` in it: the one that `hu demo` makes,
and keys and certificates.
In console blocks, lines that begin with ``$`` are commands, and ``...`` stands for anything.
"""

from __future__ import annotations

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hounsfield.demo import prepare
from tests.authority import identity, write

ROOT = Path(__file__).parents[2]
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONSOLE = re.compile(r"^```console\n(\$ .*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+?)(?:#[^)]*)?\)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _with(block: re.Pattern[str]) -> list[Path]:
    return [page for page in PAGES if block.search(page.read_text("utf-8"))]


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the blocks of a page run."""
    made = prepare(tmp_path / "demo")
    made.export.rename(tmp_path / "export")
    write(tmp_path, "hospital-ca", identity("authority", kind="authority", issuers=()))
    for name in ("hospital", "archive", "radiology"):
        write(tmp_path, name, identity(name))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("page", _with(PYTHON), ids=_name)
def test_python_blocks_run(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    for block in PYTHON.findall(page.read_text("utf-8")):
        exec(compile(block, str(page), "exec"), names)


@pytest.mark.parametrize("page", _with(CONSOLE), ids=_name)
def test_console_blocks_print_what_they_show(page: Path, here: Path) -> None:
    for block in CONSOLE.findall(page.read_text("utf-8")):
        for command, shown in COMMAND.findall(block):
            words = shlex.split(command, comments=True)
            assert words[0] == "hu", command
            result = subprocess.run(
                [sys.executable, "-m", "hounsfield", *words[1:]],
                cwd=here,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            printed = "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())
            assert doctest.OutputChecker().check_output(shown, printed, doctest.ELLIPSIS), f"$ {command}\n{printed}"


def test_the_readme_shows_both_doors() -> None:
    readme = ROOT / "README.md"
    assert readme in _with(PYTHON)
    assert readme in _with(CONSOLE)


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in LINK.findall(page.read_text("utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{_name(page)}: {target}"
