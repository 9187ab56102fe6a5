"""The frame of the command line: help, versions, mistakes, and what it imports."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys

import pytest

from hounsfield import __version__, cli
from hounsfield.cli import front_page, main
from hounsfield.cli.commands import COMMANDS, EXAMPLES, Command, find
from hounsfield.errors import ExistsError, NotDicomError, UsageError


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_the_table_says_what_the_modules_say(command: Command) -> None:
    function = getattr(importlib.import_module(command.module), command.function)
    assert (inspect.getdoc(function) or "").splitlines()[0] == command.summary
    assert command.summary in front_page()


def test_every_module_with_a_command_is_in_the_table() -> None:
    commands = set()
    for found in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"hounsfield.cli.{found.name}")
        if callable(getattr(module, found.name, getattr(module, f"{found.name}_", None))):
            commands.add(found.name)
    assert commands == {command.name for command in COMMANDS}


def test_groups_stand_together_and_examples_exist() -> None:
    groups = [command.group for command in COMMANDS]
    assert [group for index, group in enumerate(groups) if index == 0 or groups[index - 1] != group] == list(
        dict.fromkeys(groups)
    )
    for words, _ in EXAMPLES:
        assert words.startswith("hu ")
        assert find(words.split()[1])


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


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(cli, "_run", fail)


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NotDicomError("no DICOM", where="a.txt", hint="Look."), 3, "hu tag: a.txt: no DICOM\n  Look.\n"),
        (UsageError("no such option"), 2, "hu tag: no such option\n"),
        (ExistsError("is there already", where="o.nii"), 5, "hu tag: o.nii: is there already\n"),
        (PermissionError(13, "Permission denied", "out"), 1, "hu tag: out: Permission denied\n"),
        (KeyboardInterrupt(), 130, "hu: stopped\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_errors_are_words_and_an_exit_code(
    error: BaseException, code: int, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, error)
    assert main(["tag", "x"]) == code
    assert capsys.readouterr().err == words


def test_a_fault_of_ours_says_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, ZeroDivisionError("division by zero"))
    monkeypatch.delenv("HU_TRACEBACK", raising=False)
    assert main(["tag", "x"]) == 1
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert "HU_TRACEBACK=1" in said
    assert "Traceback" not in said
    monkeypatch.setenv("HU_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["tag", "x"])


def test_names_a_terminal_cannot_show_are_escaped() -> None:
    command = [sys.executable, "-m", "hounsfield", "tag", "Ω"]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"}
    result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 3
    assert "\\u03a9" in result.stderr
