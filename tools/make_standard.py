"""Write the standard's dictionaries as the compact tables that the core and the package read.

Sources: pydicom's dictionaries (MIT licence), which are made from the DICOM standard PS3.6 and from the vendors'
conformance statements; highdicom's tables of modules (MIT licence), made from PS3.3; and, where a folder is given, the
confidentiality profiles of PS3.15 E (facts, from innolitics/dicom-standard and dicom-anonymizer). Run
`python tools/make_standard.py [FOLDER]` after a new edition; the tables are committed so that a build needs none.
"""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pydicom
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom._private_dict import private_dictionaries
from pydicom._uid_dict import UID_dictionary

DATA = Path(__file__).parent.parent / "crates" / "core" / "data"
CONFIDENTIALITY = Path(__file__).parent.parent / "src" / "hounsfield" / "deidentify" / "tables"
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
    if len(sys.argv) > 1:
        confidentiality(Path(sys.argv[1]))
    types()


OPTIONS = {
    "113103": "cleanGraphOpt",
    "113104": "cleanStructContOpt",
    "113105": "cleanDescOpt",
    "113106": "rtnLongFullDatesOpt",
    "113107": "rtnLongModifDatesOpt",
    "113108": "rtnPatCharsOpt",
    "113109": "rtnDevIdOpt",
    "113110": "rtnUIDsOpt",
    "113111": "rtnSafePrivOpt",
    "113112": "rtnInstIdOpt",
}
TYPES = {"1": "1", "1C": "1", "2": "2", "2C": "2"}
# VRs of which attributes are decided by their type although no row of the profile names them.
TYPED = {"AE", "DA", "DT", "PN", "UR"}


def confidentiality(folder: Path) -> None:
    """Write the profile and the safe private attributes, with the licences of their sources."""
    rows = json.loads((folder / "confidentiality_2026c.json").read_text(encoding="utf-8"))
    lines = []
    for row in rows:
        tag = "private" if "ODD" in row["tag"] else row["tag"].strip("()").replace(",", "").lower()
        options = ",".join(f"{code}={row[name]}" for code, name in OPTIONS.items() if name in row)
        lines.append(f"{tag}\t{row['basic']}\t{options}")
    notice = (
        "# PS3.15 Table E.1-1, edition 2026c: tags and actions; options by their codes, K keep, C clean.\n"
        "# From innolitics/dicom-standard (MIT) and dicom-anonymizer 2.1.0 (BSD-3): see LICENSES.txt.\n"
        "# Made by tools/make_standard.py; do not edit.\n# tag\taction\toptions\n"
    )
    (CONFIDENTIALITY / "confidentiality.tsv").write_text(notice + "\n".join(lines) + "\n", encoding="utf-8")
    with (folder / "safe_private.csv").open(encoding="utf-8", newline="") as opened:
        safe = [f"{row['private_creator']},{row['group']},{row['element']}" for row in csv.DictReader(opened)]
    text = "private_creator,group,element\n" + "\n".join(safe) + "\n"
    (CONFIDENTIALITY / "safe_private.csv").write_text(text, encoding="utf-8")
    licenses = [path.read_text(encoding="utf-8") for path in sorted(folder.glob("LICENSE.*"))]
    (CONFIDENTIALITY / "LICENSES.txt").write_text("\n\n".join(licenses), encoding="utf-8")


def types() -> None:
    """Write the types of the attributes that the profile decides by them, module by module."""
    folder = highdicom()
    wanted = {line.split("\t")[0] for line in (CONFIDENTIALITY / "confidentiality.tsv").read_text().splitlines()}
    tags = {keyword: tag for tag, (_, _, _, _, keyword) in DicomDictionary.items()}
    modules = {}
    for module, attributes in json.loads((folder / "module_attribute_map.json").read_text()).items():
        found: dict[tuple[int, int], str] = {}
        for row in attributes:
            tag, parent = tags.get(row["keyword"]), tags.get(row["path"][-1]) if row["path"] else 0
            kind = TYPES.get(row["type"])
            if tag is None or parent is None or kind is None:
                continue
            if f"{tag:08x}" in wanted or DicomDictionary[tag][0] in TYPED:
                found[parent, tag] = min(kind, found.get((parent, tag), kind))
        modules[module] = " ".join(f"{parent:x}:{tag:x}:{kind}" for (parent, tag), kind in sorted(found.items()))
    notice = (
        f"# From highdicom {version('highdicom')} (MIT licence, copyright the highdicom authors), made from PS3.3.\n"
        "# Made by tools/make_standard.py; do not edit.\n"
    )
    lines = [f"{module}\t{rows}" for module, rows in sorted(modules.items()) if rows]
    text = notice + "# module\tparent:tag:type (1 stands for 1C, 2 for 2C too)\n" + "\n".join(lines) + "\n"
    (DATA / "types.tsv").write_text(text, encoding="utf-8")
    iods: dict[str, list[dict[str, Any]]] = json.loads((folder / "iod_module_map.json").read_text())
    lines = [
        f"{uid}\t{' '.join(row['key'] for row in iods[iod] if modules.get(row['key']))}"
        for uid, iod in sorted(json.loads((folder / "sop_class_iod_map.json").read_text()).items())
        if iod in iods
    ]
    (DATA / "iods.tsv").write_text(notice + "# SOP class\tmodules\n" + "\n".join(lines) + "\n", encoding="utf-8")


def highdicom() -> Path:
    """Find the tables of highdicom without importing it."""
    found = importlib.util.find_spec("highdicom")
    if found is None or found.origin is None:
        raise SystemExit("highdicom is not installed: pip install highdicom")
    return Path(found.origin).parent / "_standard"


def write(name: str, header: str, rows: list[str]) -> None:
    """Write one table with its source on top."""
    (DATA / name).write_text(NOTICE + "# " + header + "\n" + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
