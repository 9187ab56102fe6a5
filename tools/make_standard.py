"""Write the standard's dictionaries as the compact tables that the core and the package read.

Source: pydicom's dictionaries (MIT licence), which are made from the DICOM standard PS3.6 and from the vendors'
conformance statements. Run `python tools/make_standard.py` after a new pydicom; the tables are committed so that a
build needs no pydicom.
"""

from __future__ import annotations

from pathlib import Path

import pydicom
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries
from pydicom._uid_dict import UID_dictionary

DATA = Path(__file__).parent.parent / "crates" / "core" / "data"
NOTICE = f"# From pydicom {pydicom.__version__} (MIT licence). Made by tools/make_standard.py; do not edit.\n"


def main() -> None:
    """Write the three tables."""
    attributes = [
        f"{tag:08x}\t{vr}\t{vm}\t{keyword}\t{name}\t{'R' if retired else ''}"
        for tag, (vr, vm, name, retired, keyword) in sorted(DicomDictionary.items())
    ]
    attributes += [
        f"{mask}\t{vr}\t{vm}\t{keyword}\t{name}\t{'R' if retired else ''}"
        for mask, (vr, vm, name, retired, keyword) in sorted(RepeatersDictionary.items())
    ]
    write("attributes.tsv", "tag\tvr\tvm\tkeyword\tname\tretired", attributes)
    private = [
        f"{creator}\t{tag.lower()}\t{entry[0]}\t{entry[1]}\t{entry[2]}"
        for creator, entries in sorted(private_dictionaries.items())
        for tag, entry in sorted(entries.items())
        if "\t" not in creator
    ]
    write("private.tsv", "creator\ttag\tvr\tvm\tname", private)
    uids = [
        f"{uid}\t{name}\t{kind}\t{keyword}\t{'R' if retired else ''}"
        for uid, (name, kind, _, retired, keyword) in sorted(UID_dictionary.items())
    ]
    write("uids.tsv", "uid\tname\ttype\tkeyword\tretired", uids)


def write(name: str, header: str, rows: list[str]) -> None:
    """Write one table with its source on top."""
    (DATA / name).write_text(NOTICE + "# " + header + "\n" + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
