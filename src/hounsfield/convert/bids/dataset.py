"""The files at the top of a BIDS data set. What is there already is a person's, and only added to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.convert.output import as_json, write_whole

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["write_dataset_files"]

_VERSION = "1.10.0"
_README = "Converted from DICOM by hounsfield. `conversion.json` says what each file was made of.\n"


def write_dataset_files(output: Path) -> None:
    """Write what a data set needs besides images.

    Raises
    ------
    WriteError
        When one cannot be written.
    """
    description = {
        "Name": output.resolve().name,
        "BIDSVersion": _VERSION,
        "DatasetType": "raw",
        "GeneratedBy": [{"Name": "hounsfield", "Version": _core.__version__}],
    }
    wanted = {
        "dataset_description.json": as_json(description),
        "README": _README.encode(),
        ".bidsignore": b"conversion.json\n",
    }
    for name, data in wanted.items():
        if not (output / name).exists():
            write_whole(output / name, data)
    _participants(output)


def _participants(output: Path) -> None:
    path = output / "participants.tsv"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else ["participant_id"]
    columns = lines[0].split("\t")
    known = {line.split("\t")[0] for line in lines[1:]}
    there = sorted(one.name for one in output.glob("sub-*") if one.is_dir())
    new = [name for name in there if name not in known]
    if new or not path.exists():
        lines += ["\t".join([name, *["n/a"] * (len(columns) - 1)]) for name in new]
        write_whole(path, ("\n".join(lines) + "\n").encode(), overwrite=True)
