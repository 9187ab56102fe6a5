"""Commands that talk to devices: what they print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from hounsfield.cli import exit_codes, main
from tests.network.archives import dcmqrscp, fill, worklists
from tests.network.storage.peers import free_port
from tests.network.user.test_query import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data" / "pydicom"


@pytest.fixture(scope="module")
def pacs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with dcmqrscp(tmp_path_factory.mktemp("pacs")) as port:
        fill("PACS", port, DATA / "CT_small.dcm", DATA / "MR_small.dcm")
        yield f"PACS@127.0.0.1:{port}"


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main([*words, "--json"]) == exit_codes.DONE
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((ROOT / f"docs/reference/json/{words[0]}.schema.json").read_text("utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(document))
    return document


def test_echo(pacs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert printed(capsys, "echo", pacs)["milliseconds"] > 0
    assert main(["echo", pacs]) == exit_codes.DONE
    assert f"{pacs} answers HOUNSFIELD in" in capsys.readouterr().out


def test_find(pacs: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = printed(capsys, "find", pacs, "PatientID=1CT1")
    assert [row["PatientName"] for row in found["answers"]] == ["CompressedSamples^CT1"]
    assert main(["find", pacs]) == exit_codes.DONE
    shown = capsys.readouterr()
    head, *rows = shown.out.splitlines()
    assert head.split()[:3] == ["date", "patient", "ID"]
    assert [row.split()[0] for row in rows] == ["2004-01-19", "2004-08-26"]
    assert len({row.index("CompressedSamples") for row in rows} | {head.index("name")}) == 1
    assert "2 studies" in shown.err
    assert main(["find", pacs, "PatientID=nobody"]) == exit_codes.NOTHING


def test_refusals_have_an_exit_code(pacs: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["echo", pacs.replace("PACS", "OTHER")]) == exit_codes.PEER
    assert "does not know the called AE title" in capsys.readouterr().err
    assert main(["worklist", pacs]) == exit_codes.PEER
    assert main(["find", f"PACS@127.0.0.1:{free_port()}"]) == exit_codes.PEER
    assert main(["find", pacs, "Nonsense=1"]) == exit_codes.USAGE
    assert main(["echo", "127.0.0.1"]) == exit_codes.USAGE


def test_worklist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items = [ITEM.format(number=1, modality="CT"), ITEM.format(number=2, modality="MR")]
    with worklists(tmp_path / "wl", items) as port:
        peer = f"WL@127.0.0.1:{port}"
        (item,) = printed(capsys, "worklist", peer, "Modality=CT")["items"]
        assert item["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"] == "CT01"
        assert main(["worklist", peer]) == exit_codes.DONE
        assert "2026-01-02  08:15  CT01" in capsys.readouterr().out
