"""`python -m benchmarks [--quick] [--only NAME] [--repeats N] [--data FOLDER] [-o FILE]`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.data import FULL, QUICK, places
from benchmarks.measure import alternate
from benchmarks.report import report
from benchmarks.work import all_work

HERE = Path(__file__).parent


def main(words: list[str] | None = None) -> int:
    """Prepare the data, run the work, write the report."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="Compare hounsfield with its peers.")
    parser.add_argument("--quick", action="store_true", help="small data and two runs: to see that it works")
    parser.add_argument("--only", action="append", metavar="NAME", help="only this work; may be given several times")
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
        if given.only and work.name not in given.only:
            continue
        print(f"{work.title} ...", file=sys.stderr, flush=True)
        results.append((work, alternate(work.contenders(data), repeats=repeats, log=data.work / f"{work.name}.log")))
    page = report(results, sizes, repeats=repeats)
    output = given.output or (None if given.quick or given.only else HERE.parent / "docs" / "benchmarks.md")
    if output is None:
        print(page)
    else:
        output.write_text(page, encoding="utf-8")
    failed = [figures.failure for _, found in results for figures in found.values() if figures.failure]
    for failure in failed:
        print(failure, file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
