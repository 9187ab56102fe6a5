"""A catalog as people use it: levels, queries, exports, issues, and scans into a catalog that is kept."""

from __future__ import annotations

import os
import shutil
import sqlite3
import zipfile
from typing import TYPE_CHECKING

import pyarrow.parquet
import pytest

import hounsfield as hu
from hounsfield.errors import ExistsError, HounsfieldError, ReadError, UsageError
from tests.catalog.objects import write

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Two patients, three studies, four series."""
    folder = tmp_path / "export"
    for patient, study, series, modality, count in (
        ("A", "1", "1", "CT", 3),
        ("A", "1", "2", "MR", 2),
        ("A", "2", "3", "CT", 1),
        ("B", "3", "4", "US", 1),
    ):
        for number in range(count):
            write(
                folder / patient / f"{series}-{number}",
                SOPInstanceUID=f"1.{series}.{number}",
                StudyInstanceUID=f"2.{study}",
                SeriesInstanceUID=f"3.{series}",
                PatientID=patient,
                PatientName=f"{patient}^{patient}",
                Modality=modality,
                SeriesNumber=int(series),
                SeriesDescription=f"series [{series}]",
                StudyDate=f"2020010{study}",
                InstanceNumber=10 - number,
                ImagePositionPatient=[0, 0, 2.5 * number],
                EchoTime=4.5 if modality == "MR" else None,
                ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
            )
    return folder


def test_levels_hang_together(export: Path) -> None:
    with hu.scan(export) as catalog:
        assert repr(catalog) == "<Catalog: 2 patients, 3 studies, 4 series, 7 instances>"
        first = catalog.patients.first()
        assert first is not None
        assert [study.StudyInstanceUID for study in first.studies] == ["2.1", "2.2"]
        assert [series.SeriesNumber for series in first.series] == [1, 2, 3]
        study = first.studies.first()
        assert study is not None
        series = study.series.first()
        assert series is not None
        assert [instance.InstanceNumber for instance in series.instances] == [8, 9, 10]
        assert [found.SeriesNumber for found in catalog] == [1, 2, 3, 4]


def test_records_are_mappings_with_attributes(export: Path) -> None:
    catalog = hu.scan(export)
    series = catalog.series.first()
    assert series is not None
    assert series.Modality == series["Modality"] == series.to_dict()["Modality"] == dict(series)["Modality"] == "CT"
    assert series.get("Rows", 7) == 7
    assert "SeriesNumber" in dir(series)
    assert "SeriesInstanceUID='3.1'" in repr(series)
    assert series == catalog.series.first()
    assert series != catalog.series.where(SeriesNumber=2).first()
    assert len({series, catalog.series.first()}) == 1
    with pytest.raises(AttributeError, match="Modalty"):
        series.Modalty  # noqa: B018
    with pytest.raises(KeyError):
        series["Modalty"]
    instance = catalog.instances.first()
    assert instance is not None
    assert instance["ImageType"] == "ORIGINAL\\PRIMARY\\AXIAL"
    assert instance["PatientID"] == "A"


@pytest.mark.parametrize(
    ("conditions", "numbers"),
    [
        ({"Modality": "CT"}, [1, 3]),
        ({"Modality": ["MR", "U*"]}, [2, 4]),
        ({"Modality": "?T", "StudyInstanceUID": "2.1"}, [1]),
        ({"PatientID": "B"}, [4]),
        ({"Rows": 4}, [1, 2, 3, 4]),
        ({"Rows": "4", "EchoTime": 4.5}, [2]),
        ({"EchoTime": None}, [1, 3, 4]),
        ({"SeriesDescription": "series [[]1*"}, []),
        ({"SeriesDescription": "series [1*"}, [1]),
        ({"SeriesNumber": "3"}, [3]),
        ({"SeriesNumber": "[34]*"}, []),
        ({"InstanceNumber": 8}, [1]),
        ({"InstanceNumber": [], "Rows": 4}, []),
        ({"StudyDate": "2020010[12]"}, []),
        ({"PatientName": "b*"}, []),
        ({"BodyPartExamined": None}, [1, 2, 3, 4]),
    ],
)
def test_conditions(export: Path, conditions: dict[str, object], numbers: list[int]) -> None:
    found = hu.scan(export).series.where(**conditions)
    assert [series.SeriesNumber for series in found] == numbers
    assert len(found) == len(numbers)
    assert bool(found) == bool(numbers)


def test_conditions_add_up_and_unknown_ones_are_refused(export: Path) -> None:
    catalog = hu.scan(export)
    assert len(catalog.series.where(Modality="CT").where(PatientID="A").where(SeriesNumber=3)) == 1
    assert [patient.PatientID for patient in catalog.patients.where(Modality="US")] == ["B"]
    assert len(catalog.instances.where(PatientID="A", Modality="CT")) == 4
    assert catalog.series.where(Modality="XA").first() is None
    assert repr(catalog.studies.where(PatientID="A")) == "<Query: 2 studies>"
    with pytest.raises(UsageError, match="Modality"):
        catalog.series.where(Modalty="CT")
    with pytest.raises(UsageError, match="status"):
        catalog.files.where(Modality="CT")


def test_exports_have_a_row_for_each_record(export: Path, tmp_path: Path) -> None:
    catalog = hu.scan(export)
    frame = catalog.instances.to_pandas()
    assert frame.groupby("SeriesInstanceUID").size().to_dict() == {"3.1": 3, "3.2": 2, "3.3": 1, "3.4": 1}
    assert frame["EchoTime"].sum() == 9
    table = catalog.series.to_arrow()
    assert table.column("SeriesNumber").to_pylist() == [1, 2, 3, 4]
    catalog.instances.to_parquet(tmp_path / "i.parquet")
    assert pyarrow.parquet.read_table(tmp_path / "i.parquet").column("Rows").to_pylist() == [4] * 7
    with pytest.raises(ExistsError):
        catalog.instances.to_parquet(tmp_path / "i.parquet")
    assert hu.scan(export / "A").series.where(Modality="XX").to_arrow().num_rows == 0


def test_mixed_columns_can_be_exported(tmp_path: Path) -> None:
    for number, value in enumerate((1, None)):
        write(tmp_path / str(number), SliceThickness=value, SOPInstanceUID=f"1.{number}")
    data = (tmp_path / "0").read_bytes()
    (tmp_path / "2").write_bytes(data.replace(b"\x18\0\x50\0DS\x04\0" + b"1.0 ", b"\x18\0\x50\0DS\x04\0" + b"x   "))
    table = hu.scan(tmp_path).instances.to_arrow()
    assert sorted(table.column("SliceThickness").to_pylist(), key=str) == ["1.0", None, "x"]


def test_a_kept_catalog_reads_only_what_changed(export: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    with hu.scan(export, catalog=kept) as catalog:
        before = {file.path: file.id for file in catalog.files}
    with hu.scan(export, catalog=kept) as catalog:
        assert {file.path: file.id for file in catalog.files} == before
    changed = export / "A" / "1-0"
    write(changed, SOPInstanceUID="1.1.0", PatientID="C", StudyInstanceUID="2.9", SeriesInstanceUID="3.9")
    os.utime(changed, ns=(1, 1))
    (export / "A" / "1-1").unlink()
    shutil.rmtree(export / "B")
    write(export / "new", SOPInstanceUID="1.9", PatientID="A", StudyInstanceUID="2.1", SeriesInstanceUID="3.1")
    with hu.scan(export, catalog=kept) as catalog:
        after = {file.path: file.id for file in catalog.files}
        assert set(after) == set(map(str, filter(os.path.isfile, export.rglob("*"))))
        same = {path: number for path, number in after.items() if before.get(path) == number}
        assert set(before) - set(same) == {str(changed), str(export / "A" / "1-1"), str(export / "B" / "4-0")}
        assert {patient.PatientID for patient in catalog.patients} == {"A", "C"}
        fresh = hu.scan(export)
        assert catalog.counts == fresh.counts
        ours = sorted(
            (row.path, row.SeriesInstanceUID, row.PatientID, row.size, row.mtime_ns) for row in catalog.instances
        )
        assert ours == sorted(
            (row.path, row.SeriesInstanceUID, row.PatientID, row.size, row.mtime_ns) for row in fresh.instances
        )


def test_only_what_lies_below_the_paths_is_forgotten(export: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    hu.scan(export / "A", catalog=kept).close()
    with hu.scan(export / "B", catalog=kept) as catalog:
        assert len(catalog.instances) == 7
    shutil.rmtree(export / "A")
    with hu.scan(export / "B", catalog=kept) as catalog:
        assert len(catalog.instances) == 7
    with hu.scan(export, catalog=kept) as catalog:
        assert len(catalog.instances) == 1


def test_members_come_and_go_with_their_archive(tmp_path: Path) -> None:
    kept, path = tmp_path / "kept.db", tmp_path / "in" / "e.zip"
    one, two = (write(tmp_path / name, SOPInstanceUID=f"1.{name}") for name in ("1", "2"))
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(one, "one")
    for _ in range(2):
        with hu.scan(path.parent, catalog=kept) as catalog:
            assert [instance.member for instance in catalog.instances] == ["one"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(two, "two")
        archive.write(one, "three")
    with hu.scan(path.parent, catalog=kept) as catalog:
        assert sorted(instance.member for instance in catalog.instances) == ["three", "two"]
    path.unlink()
    with hu.scan(path.parent, catalog=kept) as catalog:
        assert catalog.counts["files"] == 0
        assert len(catalog.patients) == 0


def test_saved_catalogs_open_again_and_grow(export: Path, tmp_path: Path) -> None:
    catalog = hu.scan(export)
    catalog.save(tmp_path / "c.db")
    with pytest.raises(ExistsError):
        catalog.save(tmp_path / "c.db")
    catalog.save(tmp_path / "c.db", overwrite=True)
    with hu.Catalog.open(tmp_path / "c.db") as opened:
        assert [dict(row) for row in opened.instances] == [dict(row) for row in catalog.instances]
    write(export / "new", SOPInstanceUID="1.9")
    with hu.scan(export, catalog=tmp_path / "c.db") as grown:
        assert len(grown.instances) == 8


def test_other_files_are_never_taken_for_a_catalog(export: Path, tmp_path: Path) -> None:
    text, foreign, other = tmp_path / "notes.txt", tmp_path / "foreign.db", tmp_path / "old.db"
    text.write_text("precious notes " * 100)
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE precious (x)")
    connection.close()
    hu.scan(export, catalog=other).close()
    connection = sqlite3.connect(other)
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    for path in (text, foreign, other):
        before = path.read_bytes()
        with pytest.raises(UsageError):
            hu.scan(export, catalog=path)
        with pytest.raises(UsageError):
            hu.Catalog.open(path)
        assert path.read_bytes() == before
    with pytest.raises(ReadError):
        hu.Catalog.open(tmp_path / "missing.db")
    with pytest.raises(ReadError):
        hu.scan(export, catalog=tmp_path / "missing" / "c.db")


def test_a_catalog_that_cannot_be_written_says_so(export: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    hu.scan(export / "A", catalog=kept).close()
    other = sqlite3.connect(kept, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HounsfieldError, match="locked"):
        hu.scan(export / "B", catalog=kept)
    other.execute("ROLLBACK")
    other.close()
    with hu.Catalog.open(kept) as catalog:
        assert len(catalog.patients) == 1


def test_problems_of_the_collection_are_issues_and_nothing_is_dropped(tmp_path: Path) -> None:
    write(tmp_path / "1", SOPInstanceUID="1.1")
    shutil.copy(tmp_path / "1", tmp_path / "2")
    write(tmp_path / "3", SOPInstanceUID="1.3")
    write(tmp_path / "4", SOPInstanceUID="1.3", InstanceNumber=99)
    write(tmp_path / "5", SOPInstanceUID="1.5", PatientName="Other^Person")
    write(tmp_path / "6", SOPInstanceUID="1.6", PatientName="DOE^JANE")
    write(tmp_path / "7", SOPInstanceUID="1.7", StudyInstanceUID="1.2.99")
    write(tmp_path / "8", SOPInstanceUID="1.8", PatientID="P2", Modality="MR")
    write(tmp_path / "9", SOPInstanceUID=None, SeriesInstanceUID=None)
    catalog = hu.scan(tmp_path)
    assert len(catalog.instances) == 9
    issues = {issue.code: issue for issue in catalog.issues}
    assert set(issues) == {
        "duplicate-instance",
        "conflicting-instance",
        "patient-clash",
        "series-clash",
        "study-clash",
        "missing-uid",
    }
    assert issues["conflicting-instance"].severity == "error"
    assert "1.3" in issues["conflicting-instance"].message
    assert "2 names: 'DOE^JANE', 'Other^Person'" in issues["patient-clash"].message
    assert "in 3 studies" in issues["series-clash"].message
    assert issues["missing-uid"].where.endswith("9")
    assert all(issue.hint for issue in issues.values())


def test_instances_say_what_their_own_file_says(tmp_path: Path) -> None:
    write(tmp_path / "1", SOPInstanceUID="1.1", SeriesDescription="one", Modality="CT")
    write(tmp_path / "2", SOPInstanceUID="1.2", SeriesDescription="two", Modality="MR")
    catalog = hu.scan(tmp_path)
    assert len(catalog.series) == 1
    assert [(row.SeriesDescription, row.Modality) for row in catalog.instances] == [("one", "CT"), ("two", "MR")]
    assert "mixed-modality" in {issue.code for issue in catalog.issues}
