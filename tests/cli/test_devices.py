"""Commands that talk to devices: what they print, and their exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from hounsfield.cli import exit_codes, main
from tests.network.archives import dcmqrscp, fill, worklists
from tests.network.provider.site import archive
from tests.network.storage.peers import free_port
from tests.network.user.test_query import ITEM
from tests.programs import require

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


def test_send_and_retrieve(pacs: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sent = printed(capsys, "send", str(DATA / "MR_small_implicit.dcm"), pacs)
    assert sent["counts"]["stored"] == 1
    assert main(["send", str(DATA / "MR_small_RLE.dcm"), pacs]) == exit_codes.DONE
    assert "1 object stored at PACS" in capsys.readouterr().out
    assert main(["send", str(DATA / "CT_small.dcm"), pacs, "--dry-run"]) == exit_codes.DONE
    assert capsys.readouterr().out.strip().endswith("CT_small.dcm")
    study = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"
    came = printed(capsys, "retrieve", pacs, study, "-o", str(tmp_path / "in"))
    assert [Path(path).exists() for path in came["studies"][0]["files"]] == [True]
    assert main(["retrieve", pacs, "1.2.3", "-o", str(tmp_path / "none")]) == exit_codes.NOTHING
    assert main(["retrieve", pacs, study, "--to", "NOBODY"]) == exit_codes.PEER
    assert main(["retrieve", pacs, study]) == exit_codes.USAGE
    assert main(["send", str(tmp_path / "none"), pacs]) in (exit_codes.USAGE, exit_codes.NOTHING)


def test_receive(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hounsfield", "receive", "-o", str(tmp_path / "in"), "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--count", "1"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = line.partition("127.0.0.1:")[2].partition(",")[0]
        storescu = [require("storescu"), "127.0.0.1", port, str(DATA / "CT_small.dcm")]
        subprocess.run(storescu, check=True, timeout=30)
        out, _ = process.communicate(timeout=30)
        assert process.returncode == exit_codes.DONE
    document = json.loads(out)
    schema = json.loads((ROOT / "docs/reference/json/receive.schema.json").read_text("utf-8"))
    assert not list(Draft202012Validator(schema).iter_errors(document))
    assert Path(document["objects"][0]["path"]).exists()
    assert [path.name for path in (tmp_path / "in").iterdir()] == [Path(document["objects"][0]["path"]).name]


def test_receive_is_not_open_to_a_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["receive", "-o", str(tmp_path / "in"), "--host", "0.0.0.0", "--port", "0"]) == exit_codes.REFUSED
    assert "nothing says who may come" in capsys.readouterr().err
    assert not (tmp_path / "in").exists()


def test_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with archive(tmp_path, [DATA / "CT_small.dcm"]) as provider:
        peer = f"HERE@127.0.0.1:{provider.port}"
        assert len(printed(capsys, "commit", peer, str(DATA / "CT_small.dcm"))["committed"]) == 1
        assert main(["commit", peer, str(DATA / "MR_small.dcm")]) == exit_codes.SOME
        assert "the device does not have it" in capsys.readouterr().err
