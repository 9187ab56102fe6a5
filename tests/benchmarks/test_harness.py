"""The benchmarks generate what they say, measure whole processes, and tell met from short. No figure is asserted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pydicom
import pytest

from benchmarks.data import Sizes, prepare
from benchmarks.export import HEADER_ELEMENTS, write_export
from benchmarks.kept import keep, recall
from benchmarks.measure import Contender, Figures, alternate
from benchmarks.report import report
from benchmarks.work import Target, Work, all_work

if TYPE_CHECKING:
    from pathlib import Path

SIZES = Sizes(12, (3, 16), (2, 2, 16, 16), (3, 16))


def test_the_export_is_what_pydicom_reads(tmp_path: Path) -> None:
    assert write_export(tmp_path, 2201, pixels=4) == 2213
    syntaxes = set()
    for path in sorted(tmp_path.rglob("IM00000*")):
        dataset = pydicom.dcmread(path)
        assert len(dataset) == HEADER_ELEMENTS + 1
        assert dataset.RequestAttributesSequence[0].ScheduledProtocolCodeSequence[0].CodeMeaning == "Thorax"
        assert len(dataset.PixelData) == 32
        syntaxes.add(dataset.file_meta.TransferSyntaxUID.keyword)
    assert syntaxes == {"ExplicitVRLittleEndian", "ImplicitVRLittleEndian", "DeflatedExplicitVRLittleEndian"}


def test_contenders_run_in_turn_and_failures_are_told(tmp_path: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    order = tmp_path / "order"
    say = "import sys; open(sys.argv[1], 'a').write(sys.argv[2]); open(sys.argv[3] + '/x', 'wb').write(bytes(1 << 20))"
    contenders = [
        Contender(name, [sys.executable, "-c", say, str(order), name, str(made)], makes=made) for name in "ab"
    ]
    broken = Contender("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    figures = alternate([*contenders, broken], repeats=2, log=tmp_path / "log")
    assert order.read_text() == "ababab"
    assert len(figures["a"].cpu) == 2
    assert figures["a"].median("size") == 1
    assert figures["a"].median("peak") > 1
    assert "exit code 3" in figures["broken"].failure


def test_the_report_tells_met_from_short() -> None:
    ours = Figures([1.0], [1.0], [50.0], [11.0])
    peer = Figures([4.0], [4.0], [50.0], [10.0])
    targets = (
        Target("peer", 3),
        Target("peer", 8, by="cpu", why="the disk"),
        Target("peer", 1.2, by="size", at_most=True),
    )
    work = Work("name", "Title", lambda _: [], targets, lambda _: 40.0)
    page = report([(work, {"hounsfield": ours, "peer": peer})], SIZES, repeats=1)
    assert "| Title | peer | at least 3 x (wall) | 4.00 x | met |" in page
    assert "| 4.00 x | short by 50%: the disk |" in page
    assert "| at most 1.2 x (size) | 1.10 x | met |" in page
    assert "| at most 40 MiB | 50 MiB | short by 25% |" in page


@pytest.mark.parametrize("name", ["load", "dump", "help"])
def test_work_runs_on_tiny_data(name: str, tmp_path: Path) -> None:
    data = prepare(tmp_path, SIZES)
    work = next(work for work in all_work() if work.name == name)
    figures = alternate(work.contenders(data), repeats=1, log=tmp_path / "log")
    failed = [found.failure for found in figures.values() if found.failure]
    assert not failed, (tmp_path / "log").read_text()
    assert "not measured" not in report([(work, figures)], SIZES, repeats=1)


def test_figures_are_kept_for_the_next_run(tmp_path: Path) -> None:
    assert recall(tmp_path / "figures", "scan") is None
    found = {"hounsfield": Figures([1.0], [2.0], [3.0], [4.0]), "peer": Figures(failure="exit code 1: peer")}
    keep(tmp_path / "figures", "scan", found)
    assert recall(tmp_path / "figures", "scan") == found
