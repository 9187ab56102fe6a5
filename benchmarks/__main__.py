"""`python -m benchmarks [--quick] [--only NAME] [--missing] [--repeats N] [--data FOLDER] [-o FILE]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.data import FULL, QUICK, Data, places
from benchmarks.kept import keep, recall, recall_measured
from benchmarks.measure import Figures, alternate
from benchmarks.report import report
from benchmarks.work import Work, all_work

HERE = Path(__file__).parent
# What is no comparison of whole processes has a command of its own: its words for full data and for quick ones; with
# nothing there, it has no quick data.
TABLES: dict[str, tuple[list[str], list[str] | None]] = {
    "archive": (["1000000"], ["20000"]),
    "server": (["--data", str(HERE / ".data")], None),
}


def main(words: list[str] | None = None) -> int:
    """Prepare the data, run the work, write the report."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="Compare hounsfield with its peers.")
    parser.add_argument("--quick", action="store_true", help="small data and two runs: to see that it works")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this work; may be given several times")
    parser.add_argument("--missing", action="store_true", help="only what was not measured on these data before")
    parser.add_argument("--repeats", type=int, metavar="N", help="counted runs of each contender (5, quick: 2)")
    parser.add_argument("--data", type=Path, default=HERE / ".data", help="where the generated data are kept")
    parser.add_argument("-o", "--output", type=Path, help="the report (docs/benchmarks.md; quick: standard output)")
    given = parser.parse_args(words)
    sizes = QUICK if given.quick else FULL
    repeats = given.repeats or (2 if given.quick else 5)
    size = "quick" if given.quick else "full"
    subprocess.run([sys.executable, "-m", "benchmarks.data", given.data, size], check=True, cwd=HERE.parent)
    data = places(given.data, sizes)
    results = []
    for work in all_work():
        found = recall(data.work / "figures", work.name)
        if not (given.only and work.name not in given.only) and not (given.missing and found):
            print(f"{work.title} ...", file=sys.stderr, flush=True)
            found = _measure(work, data, repeats)
            keep(data.work / "figures", work.name, found)
        if found:
            results.append((work, found))
    failed = _tables(given, data)
    page = report(results, sizes, repeats=repeats, measured=recall_measured(data.work / "figures"))
    output = given.output or (None if given.quick or given.only else HERE.parent / "docs" / "benchmarks.md")
    if output is None:
        print(page)
    else:
        output.write_text(page, encoding="utf-8")
    failed += [figures.failure for _, found in results for figures in found.values() if figures.failure]
    for failure in failed:
        print(failure, file=sys.stderr)
    return bool(failed)


def _tables(given: argparse.Namespace, data: Data) -> list[str]:
    """Run the commands that measure an archive and a server, and keep their figures; give what failed."""
    figures = data.work / "figures"
    failed = []
    for name, (full, quick) in TABLES.items():
        words = quick if given.quick else full
        known = (figures / f"{name}.table").exists()
        if words is None or (given.only and name not in given.only) or (given.missing and known):
            continue
        print(f"{name} ...", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", *words, "--keep", str(figures.resolve())]
        if subprocess.run(command, cwd=HERE.parent, stdout=subprocess.DEVNULL, check=False).returncode:
            failed.append(f"python -m benchmarks.{name} failed")
    return failed


def _measure(work: Work, data: Data, repeats: int) -> dict[str, Figures]:
    """Measure one piece of work; where its data cannot be made, that is its result and the others go on."""
    try:
        return alternate(work.contenders(data), repeats=repeats, log=data.work / f"{work.name}.log")
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        return {"hounsfield": Figures(failure=f"not prepared: {type(error).__name__}: {str(error)[:200]}")}


if __name__ == "__main__":
    sys.exit(main())
