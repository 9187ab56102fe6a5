"""Write docs/evidence.md: every promise with its proof. Needs the test data and the foreign programs.

`python tools/make_evidence.py [FOLDER_OF_TEST_DATA]`; ends with 1 when a promise does not hold.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

# The path has to be there first.
from tools.evidence import (  # noqa: E402
    archive,
    burned,
    databases,
    deidentify,
    devices,
    formats,
    frames,
    grays,
    headers,
    lists,
    network,
    pixels,
    protect,
    render,
    served,
    transcode,
    vendors,
    volumes,
    workstation,
)

if TYPE_CHECKING:
    from tools.evidence.row import Row

PAGE = ROOT / "docs" / "evidence.md"


def main() -> int:
    """Run everything and write the page."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HOUNSFIELD_SHARED_DATA", "../shared/data")
    data = Path(given)
    rows: list[Row] = []
    for topic in (
        headers,
        # Before the memory of this process grows, which its children are measured with.
        lists,
        volumes,
        vendors,
        formats,
        pixels,
        frames,
        grays,
        render,
        served,
        workstation,
        transcode,
        deidentify,
        burned,
        protect,
        network,
        devices,
        archive,
        databases,
    ):
        for row in topic.rows(data):
            print(f"{'holds' if row.holds else 'FAILS'}  {row.promise}: {row.ours} | {row.theirs}", flush=True)
            rows.append(row)
    lines = [
        "<!-- Made by tools/make_evidence.py; do not edit. -->",
        "# Evidence",
        "",
        "What is promised, and what came out when it was tried on real files beside another program. Files are named",
        "within the collection of test data (`HOUNSFIELD_SHARED_DATA`).",
        "",
        "| promise | command | file | compared with | hounsfield | the other | holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [
            row.promise,
            row.command,
            row.file,
            row.foreign,
            row.ours,
            row.theirs,
            "yes" if row.holds else "**no**",
        ]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return not all(row.holds for row in rows)


if __name__ == "__main__":
    sys.exit(main())
