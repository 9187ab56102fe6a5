"""The frame of the command line: help, versions, mistakes, and what it imports."""

from __future__ import annotations

import importlib
import inspect
import json
import subprocess
import sys

import pytest

from hounsfield import __version__
from hounsfield.cli import front_page, main
from hounsfield.cli.commands import COMMANDS, Command


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_says_what_the_modules_say(command: Command) -> None:
    function = getattr(importlib.import_module(command.module), command.function)
    assert (inspect.getdoc(function) or "").splitlines()[0] == command.summary
    assert command.summary in front_page()


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_lists_the_commands(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out.strip() == front_page()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"hounsfield {__version__}\n"


def test_mistakes_are_usage_errors_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tagg"]) == 2
    assert "Did you mean 'hu tag'?" in capsys.readouterr().err
    assert main(["tag", "x", "--nonsense"]) == 2
    assert "--nonsense" in capsys.readouterr().err
    assert main(["tag"]) == 2


def test_tag_prints_a_table_or_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tag", "Pixel", "Spacing"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.split() == ["(0028,0030)", "DS", "2", "PixelSpacing", "Pixel", "Spacing"]
    assert main(["tag", "0028,0030", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["matches"][0]["keyword"] == "PixelSpacing"
    assert main(["tag", "PatientNme"]) == 3
    assert "PatientName" in capsys.readouterr().err


@pytest.mark.parametrize(
    "code",
    [
        "import hounsfield",
        "from hounsfield.cli import main; main(['--help'])",
        "from hounsfield.cli import main; main(['tag', 'Modality'])",
    ],
)
def test_light_things_import_neither_numpy_nor_pydicom(code: str) -> None:
    check = f"{code}\nimport sys; sys.exit(sorted({{'numpy', 'pydicom', 'nibabel'}} & set(sys.modules)) or 0)"
    result = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_reader_that_leaves_early_is_no_error() -> None:
    command = f"{sys.executable} -m hounsfield tag --all a | head -n 1"
    result = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert result.stderr == ""
    assert result.stdout.startswith("(")
