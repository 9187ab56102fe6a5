"""Malformed files through every command: a reason that names the file; no traceback, crash or hang; bounded memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import hounsfield as hu
from hounsfield.errors import HounsfieldError, Issue, ReadError
from hounsfield.testing import chest_ct
from tests.robustness.malformed import MALFORMED, image, part10

if TYPE_CHECKING:
    from pathlib import Path

SECONDS = 10
# Python and NumPy take about 100 MB; the inflated bytes of one file may take 256 MB more, a million rows about 100 MB.
PEAK_MEBIBYTES = 900
# A process counts the memory of the one that it was forked from until it becomes another program (exec), and the one
# that runs the tests is large: a small one starts the command, kills it where it hangs, and says how much it took.
LAUNCH = """
import os, subprocess, sys, threading
process = subprocess.Popen(sys.argv[3:], stdout=int(sys.argv[1]), stderr=int(sys.argv[2]))
timer = threading.Timer(60, process.kill)
timer.start()
_, status, usage = os.wait4(process.pid, 0)
timer.cancel()
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, usage.ru_maxrss)
"""
# Headers that can be looked at, whatever is wrong further on.
READABLE = {
    "million-elements", "million-items", "uid-path", "rows-beyond-data", "frames-2e9", "frames-negative",
    "frames-words", "rows-zero", "ds-1e99999", "position-words", "escape-codes",
}  # fmt: skip


@dataclass
class Outcome:
    """What one command did."""

    code: int
    out: str
    err: str


def hu_command(*words: object) -> Outcome:
    """Run `hu` within the limits on time and memory."""
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out_file, tempfile.TemporaryFile() as err_file:
        fds = (out_file.fileno(), err_file.fileno())
        command = [*map(str, fds), sys.executable, "-m", "hounsfield", *map(str, words)]
        launched = subprocess.run(
            [sys.executable, "-S", "-c", LAUNCH, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
            pass_fds=fds,
            check=True,
        )
        code, peak = map(int, launched.stdout.split())
        out_file.seek(0)
        err_file.seek(0)
        out, err = out_file.read(), err_file.read()
    used = time.monotonic() - begun
    assert used < SECONDS, f"{words}: {used:.1f} s"
    errors = err.decode(errors="replace")
    assert code in (0, 1, 2, 3, 5), (words, code, errors)
    assert peak / 1024 < PEAK_MEBIBYTES, f"{words}: {peak / 1024:.0f} MiB"
    assert "Traceback" not in errors, errors
    assert "unexpected" not in errors, errors
    text = out.decode(errors="replace")
    assert "\x1b" not in text + errors, "control codes of the file reached the terminal"
    return Outcome(code, text, errors)


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("malformed")
    for name, make in MALFORMED.items():
        (folder / name).write_bytes(make())
    return folder


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("strict", [False, True], ids=["tolerant", "strict"])
def test_reading_gives_a_data_set_or_an_error_with_its_place(name: str, strict: bool, broken: Path) -> None:
    issues: list[Issue] = []
    try:
        dataset = hu.read(broken / name, strict=strict, issues=issues)
    except HounsfieldError as error:
        assert isinstance(error, ReadError)
        assert error.where == str(broken / name)
        assert name not in READABLE
        return
    assert not (strict and issues)
    assert strict or name in READABLE or issues or name.startswith("deflate")
    assert len(dataset) >= 0


@pytest.mark.parametrize("name", MALFORMED)
@pytest.mark.parametrize("verb", ["info", "dump"])
def test_looking_at_one_file(verb: str, name: str, broken: Path) -> None:
    outcome = hu_command(verb, broken / name)
    if outcome.code != 0:
        assert name in outcome.err
        assert name not in READABLE
    assert outcome.out or outcome.err


@pytest.mark.parametrize("name", MALFORMED)
def test_comparing_and_editing_one_file(name: str, broken: Path, tmp_path: Path) -> None:
    good = tmp_path / "good"
    good.write_bytes(part10(image()))
    outcome = hu_command("diff", good, broken / name)
    assert outcome.code in (1, 3) or name == "cut-in-pixels"
    before = (broken / name).read_bytes()
    outcome = hu_command("set", broken / name, "PatientComments=x", "-o", tmp_path / "out")
    assert (tmp_path / "out").exists() == (outcome.code == 0)
    assert (broken / name).read_bytes() == before
    if outcome.code != 0:
        assert name in outcome.err


def test_a_folder_of_them_is_scanned_and_the_good_series_found(broken: Path, tmp_path: Path) -> None:
    chest_ct(tmp_path / "good", slices=4, rows=16)
    outcome = hu_command("scan", broken, tmp_path / "good", "--json")
    assert outcome.code == 1
    import json

    found = json.loads(outcome.out)
    assert any(series["instances"] == 4 for series in found["series"])
    listed = outcome.out
    for name in ("empty", "random", "prefix-only", "text", "jpeg", "cut-in-header"):
        assert f"{name}" in listed, name


def test_a_folder_of_them_is_converted_as_far_as_possible(broken: Path, tmp_path: Path) -> None:
    chest_ct(tmp_path / "good", slices=4, rows=16)
    out = tmp_path / "two" / "deep" / "out"
    outcome = hu_command("convert", broken, tmp_path / "good", "-o", out, "--to", "nifti")
    assert outcome.code == 1
    made = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.nii.gz"))
    assert len(made) >= 1
    assert not list(tmp_path.rglob("x")), "a UID like ../../x led out of the folder"
    import nibabel

    shapes = [nibabel.Nifti1Image.from_filename(out / name).shape for name in made]
    assert (16, 16, 4) in shapes
