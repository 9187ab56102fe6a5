"""Queries of DICOM over a catalog, beside what the standard says and what pydicom reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pydicom
import pytest

import hounsfield as hu
from hounsfield.catalog.matching import Query, count, find
from hounsfield.catalog.matching.names import name_matches
from hounsfield.errors import UsageError
from hounsfield.testing.headers import Identity
from hounsfield.testing.series import chest_ct, mr_series

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PEOPLE = {
    "A1": ("DOE^JOHN", "20240115"),
    "A2": ("Doe^Jane^M^^", "20240116"),
    "B1": ("Müller^Änne=山田^太郎=やまだ^たろう", "20231231"),
    "B[2": ("O'Neill^100%_x", ""),
}


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hu.Catalog]:
    folder = tmp_path_factory.mktemp("export")
    for number, (key, (name, date)) in enumerate(PEOPLE.items(), 1):
        identity = Identity(patient_id=key, patient_name="X", study=number, series=number)
        paths = chest_ct(folder / str(number), slices=number, rows=16, identity=identity)
        if number == 1:
            second = Identity(patient_id=key, patient_name="X", study=number, series=77)
            paths += mr_series(folder / "mr", shape=(1, 2, 16, 16), identity=second)
        for path in paths:
            change(path, name, date)
    with hu.scan(folder) as found:
        yield found


def change(path: Path, name: str, date: str) -> None:
    dataset = pydicom.dcmread(path)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName, dataset.StudyDate = name, date
    dataset.save_as(path)


def patients(catalog: hu.Catalog, level: str = "study", **keys: str) -> list[str]:
    found = find(catalog, Query(level, keys))
    return sorted({answer["00100020"]["Value"][0] for answer in found})


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ["A1", "A2", "B1", "B[2"]),
        ({"PatientID": ""}, ["A1", "A2", "B1", "B[2"]),
        ({"PatientID": "*"}, ["A1", "A2", "B1", "B[2"]),
        ({"PatientID": "A1"}, ["A1"]),
        ({"PatientID": "a1"}, []),
        ({"PatientID": "A*"}, ["A1", "A2"]),
        ({"PatientID": "?1"}, ["A1", "B1"]),
        ({"PatientID": "B[2"}, ["B[2"]),
        ({"PatientID": "B[*"}, ["B[2"]),
        ({"PatientName": "doe*"}, ["A1", "A2"]),
        ({"PatientName": "DOE^JOHN"}, ["A1"]),
        ({"PatientName": "doe^jane^m"}, ["A2"]),
        ({"PatientName": "doe"}, []),
        ({"PatientName": "müller*"}, ["B1"]),
        ({"PatientName": "山田*"}, ["B1"]),
        ({"PatientName": "o'neill^100%_x"}, ["B[2"]),
        ({"PatientName": "o_neill*"}, []),
        ({"PatientName": "%"}, []),
        ({"StudyDate": "20240115"}, ["A1"]),
        ({"StudyDate": "20240101-"}, ["A1", "A2"]),
        ({"StudyDate": "-20240115"}, ["A1", "B1"]),
        ({"StudyDate": "20231231-20240115"}, ["A1", "B1"]),
        ({"StudyTime": "0930"}, ["A1", "A2", "B1", "B[2"]),
        ({"StudyTime": "093000"}, ["A1", "A2", "B1", "B[2"]),
        ({"StudyTime": "0900-0930"}, ["A1", "A2", "B1", "B[2"]),
        ({"StudyTime": "10-"}, []),
        ({"ModalitiesInStudy": "MR"}, ["A1"]),
        ({"ModalitiesInStudy": "MR\\CT"}, ["A1", "A2", "B1", "B[2"]),
        ({"ModalitiesInStudy": "US"}, []),
        ({"PatientID": "A*", "StudyDate": "20240116"}, ["A2"]),
        ({"RequestingService": "nobody keeps this"}, ["A1", "A2", "B1", "B[2"]),
        ({"AccessionNumber": "A000002"}, ["A2"]),
    ],
)
def test_keys_match_as_the_standard_says(catalog: hu.Catalog, keys: dict[str, str], expected: list[str]) -> None:
    assert patients(catalog, **keys) == expected
    assert count(catalog, Query("study", keys)) == len(expected)


def test_names_match_fuzzily() -> None:
    for pattern in ("mull ann", "anne", "ANNE MÜLLER", "mull*"):
        assert name_matches("Müller^Änne", pattern, fuzzy=True)
    for pattern in ("uller", "mueller", "anne bob"):
        assert not name_matches("Müller^Änne", pattern, fuzzy=True)


def test_levels_below_and_above(catalog: hu.Catalog) -> None:
    (study,) = find(catalog, Query("study", {"PatientID": "A1"}))
    uid = study["0020000D"]["Value"][0]
    assert study["00201206"]["Value"] == [2]
    assert study["00201208"]["Value"] == [3]
    assert sorted(study["00080061"]["Value"]) == ["CT", "MR"]
    series = list(find(catalog, Query("series", {"StudyInstanceUID": uid})))
    assert sorted(one["00080060"]["Value"][0] for one in series) == ["CT", "MR"]
    assert {one["00080060"]["Value"][0]: one["00201209"]["Value"][0] for one in series} == {"CT": 1, "MR": 2}
    (only,) = find(catalog, Query("series", {"StudyInstanceUID": uid, "Modality": "MR"}))
    instances = list(find(catalog, Query("instance", {"SeriesInstanceUID": only["0020000E"]["Value"][0]})))
    assert [one["00200013"]["Value"] for one in instances] == [[1], [2]]
    assert all(one["00280010"] == {"vr": "US", "Value": [16]} for one in instances)
    uids = "\\".join(one["00080018"]["Value"][0] for one in instances)
    assert count(catalog, Query("instance", {"SOPInstanceUID": uids})) == 2
    (patient,) = find(catalog, Query("patient", {"PatientID": "A2"}))
    assert patient["00201200"]["Value"] == [1]


def test_answers_are_json_that_pydicom_reads(catalog: hu.Catalog) -> None:
    for level in ("patient", "study", "series", "instance"):
        for answer in find(catalog, Query(level, include=("all",))):
            dataset = pydicom.Dataset.from_json(answer)
            assert dataset.PatientID in PEOPLE
    (answer,) = find(catalog, Query("study", {"PatientID": "B1"}))
    assert answer["00100010"]["Value"] == [
        {"Alphabetic": "Müller^Änne", "Ideographic": "山田^太郎", "Phonetic": "やまだ^たろう"}
    ]
    (answer,) = find(catalog, Query("study", {"PatientID": "B[2"}))
    assert answer["00080020"] == {"vr": "DA"}


def test_limits_and_fields(catalog: hu.Catalog) -> None:
    whole = list(find(catalog, Query("study")))
    pages = [one for offset in range(4) for one in find(catalog, Query("study", limit=1, offset=offset))]
    assert pages == whole
    dates = [one["00080020"].get("Value", [""])[0] for one in whole]
    assert dates == sorted(dates, reverse=True)
    assert list(find(catalog, Query("study", limit=0))) == []
    (answer,) = find(catalog, Query("series", {"Modality": "MR"}, include=("Manufacturer",)))
    assert answer["00080070"]["Value"] == ["hounsfield"]


def test_catalogs_can_be_named_by_path(catalog: hu.Catalog, tmp_path: Path) -> None:
    catalog.save(tmp_path / "catalog.sqlite")
    assert count(tmp_path / "catalog.sqlite", Query("study")) == 4
    assert len(list(find(str(tmp_path / "catalog.sqlite"), Query("study")))) == 4


@pytest.mark.parametrize(
    "make",
    [
        lambda: Query("image"),
        lambda: Query("study", limit=-1),
        lambda: Query("series", relational=False),
        lambda: Query("instance", {"StudyInstanceUID": "1.2"}, relational=False),
    ],
)
def test_queries_that_mean_nothing_are_refused(make: Any) -> None:
    with pytest.raises(UsageError):
        make()


@pytest.mark.parametrize(
    "keys",
    [
        {"Nothing": "1"},
        {"StudyDate": "yesterday"},
        {"StudyDate": "20240101-x"},
        {"StudyTime": "'; DROP TABLE studies; --"},
        {"PatientID": "x" * 5000},
    ],
)
def test_values_that_mean_nothing_are_refused(catalog: hu.Catalog, keys: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        count(catalog, Query("study", keys))


def test_values_are_never_sql(catalog: hu.Catalog) -> None:
    for value in ("' OR 1=1 --", '"; DROP TABLE studies', "\\", "*';*"):
        for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "Modality"):
            assert count(catalog, Query("series", {keyword: value})) == 0
    assert count(catalog, Query("study")) == 4
