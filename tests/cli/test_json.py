"""What `--json` prints is what its schema in docs/reference/json says, for real files and phantoms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.cli.commands import COMMANDS
from hounsfield.testing import chest_ct
from tests.authority import identity, write

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
SCHEMAS = {
    path.name.removesuffix(".schema.json"): path for path in (ROOT / "docs/reference/json").glob("*.schema.json")
}


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """Run a command with `--json`, and hold what it prints to the schema of the command."""
    main([*words, "--json"])
    document = json.loads(capsys.readouterr().out)
    schema = json.loads(SCHEMAS[words[0]].read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    wrong = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)]
    assert not wrong, "\n".join(wrong[:20])
    return document


def test_every_command_that_prints_json_has_a_schema() -> None:
    pages = ROOT / "docs" / "reference" / "commands"
    with_json = {command.name for command in COMMANDS if "--json" in (pages / f"{command.name}.md").read_text("utf-8")}
    assert with_json == SCHEMAS.keys()


@pytest.mark.parametrize(
    "words", ["pixel spacing", "0019,100c", "1.2.840.10008.1.2.4.80", "csa header", "no such thing"]
)
def test_tag(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed(capsys, "tag", words)


def test_doctor(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "doctor")
    assert {row["uid"]: row["read"] for row in found["syntaxes"]}["1.2.840.10008.1.2.4.80"]


def test_scan(capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "scan", str(DATA))
    assert found["counts"]["instances"] == sum(series["instances"] for series in found["series"])
    assert found["counts"]["other"] >= 1


def test_scan_with_stacks(capsys: pytest.CaptureFixture[str]) -> None:
    stacks = [
        stack for series in printed(capsys, "scan", str(DATA), "--stacks")["series"] for stack in series["stack_list"]
    ]
    assert any(stack["shape"] and not stack["reason"] for stack in stacks)
    assert any(stack["reason"] for stack in stacks)


def test_dump(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in sorted(DATA.rglob("*.dcm"))]
    assert len(printed(capsys, "dump", *files)) == len(files)


def test_render(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=16)
    picture = printed(capsys, "render", str(tmp_path / "in"), "-o", str(tmp_path / "x.png"), "--plane", "coronal")
    assert picture["view"]["plane"] == "coronal"
    assert picture["spacing"][0] == picture["spacing"][1]
    loop = printed(capsys, "render", str(tmp_path / "in"), "-o", str(tmp_path / "x.gif"), "--rate", "5")
    assert (loop["frames"], loop["rate"]) == (4, 5.0)


def test_set(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source = str(next(iter(DATA.rglob("*.dcm"))))
    done = printed(capsys, "set", source, "PatientID=X", "-o", str(tmp_path / "out.dcm"))
    assert done["files"][0]["changes"][0]["path"] == "PatientID"
    failed = printed(capsys, "set", str(DATA / "README.md"), "PatientID=X", "-o", str(tmp_path / "no.dcm"))
    assert failed["files"][0]["status"] == "skipped"


@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_convert(dry: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=4, rows=16)
    report = printed(capsys, "convert", str(tmp_path / "in"), str(DATA), "-o", str(tmp_path / "out"), *dry)
    assert {"planned" if dry else "done", "skipped"} <= {row["status"] for row in report["rows"]}


@pytest.mark.parametrize("dry", [[], ["--dry-run"], ["--verify"]])
def test_transcode(dry: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    (tmp_path / "in" / "notes.txt").write_text("not an image")
    report = printed(
        capsys, "transcode", str(tmp_path / "in"), "-o", str(tmp_path / "out"), "--to", "jpeg-ls:1", "--new-uid", *dry
    )
    assert report["counts"] == {"planned" if "--dry-run" in dry else "done": 2, "skipped": 1}


def test_info(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in sorted(DATA.rglob("*.dcm"))]
    assert [about["path"] for about in printed(capsys, "info", *files)] == files


def test_diff(capsys: pytest.CaptureFixture[str]) -> None:
    one, two, *_ = [str(path) for path in sorted(DATA.rglob("*.dcm"))]
    assert printed(capsys, "diff", one, two)["count"] > 0
    assert printed(capsys, "diff", str(DATA), str(DATA))["files"] == []


def test_protection(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    key, certificate = write(tmp_path, "site", identity("site"))
    source = str(DATA / "pydicom" / "CT_small.dcm")
    signed, sealed, plain = (str(tmp_path / name) for name in ("signed", "sealed", "plain"))
    printed(capsys, "sign", source, "-o", signed, "--key", key, "--certificate", certificate)
    hu.edit(signed, {"PatientID": "X"}, tmp_path / "edited")
    found = printed(capsys, "verify", source, signed, str(tmp_path / "edited"))
    assert [[one["status"] for one in file["signatures"]] for file in found["files"]] == [[], ["intact"], ["altered"]]
    printed(capsys, "encrypt", signed, "-o", sealed, "--recipient", certificate)
    assert printed(capsys, "decrypt", sealed, "-o", plain, "--private-key", key)["files"][0]["status"] == "done"
    assert printed(capsys, "decrypt", source, "-o", plain, "--private-key", key)["files"][0]["status"] == "skipped"


def test_deidentify(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=2, rows=16)
    (tmp_path / "in" / "notes.txt").write_text("not an image")
    planned = printed(capsys, "deidentify", str(tmp_path / "in"), "--dry-run")
    assert planned["counts"] == {"planned": 2, "skipped": 1}
    assert any(line.get("example") for line in planned["attributes"])
    done = printed(capsys, "deidentify", str(tmp_path / "in"), "-o", str(tmp_path / "out"))
    assert done["counts"] == {"done": 2, "skipped": 1}
    assert not any(line.get("example") for line in done["attributes"])
    assert printed(capsys, "deidentify", "--check", str(tmp_path / "in"))["counts"]["flag"] == 2
