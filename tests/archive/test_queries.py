"""Queries of an archive, whichever database has its index, beside matching the headers one after the other."""

from __future__ import annotations

import contextlib
import io
import json
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.data import get_testdata_file
from pydicom.uid import UID

import hounsfield as hu
from hounsfield.catalog.matching import Query, count, find
from hounsfield.catalog.matching.header import header_matches
from hounsfield.catalog.matching.headers import _MOST
from hounsfield.errors import LimitError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.postgres import Postgres


class Two(tuple[Any, ...]):
    """Archives, and the headers of what they have; too long to be printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Two"


OBJECTS: list[dict[str, Any]] = [
    {
        "PatientName": "DOE^JOHN",
        "PatientID": "A1",
        "StudyDate": "20240115",
        "StudyTime": "093000",
        "AccessionNumber": "ACC_1",
        "Modality": "CT",
        "StudyDescription": "CT Thorax",
        "InstanceNumber": "1",
        "SeriesNumber": "3",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
        "KVP": "120",
        "PatientComments": "walks [well]",
    },
    {
        "PatientName": "Doe^Jane^M",
        "PatientID": "A%2",
        "StudyDate": "20240115",
        "StudyTime": "235959.5",
        "AccessionNumber": "",
        "Modality": "MR",
        "StudyDescription": "MR 100%_done",
        "InstanceNumber": "02",
        "ImageType": ["DERIVED", "SECONDARY"],
        "KVP": "12e1",
        "RequestedProcedureDescription": "Thorax*",
    },
    {
        "PatientName": "Müller^Änne=山田^太郎=やまだ^たろう",
        "PatientID": "B[1]",
        "StudyDate": "2023.12.31",
        "StudyTime": "23:59",
        "AccessionNumber": "a'b",
        "Modality": "US",
        "StudyDescription": "Bauch!",
        "SeriesNumber": "-1",
        "PatientBirthDate": "19701101",
    },
    {
        "PatientName": "O'Neill^100%_x",
        "PatientID": "007",
        "StudyTime": "",
        "Modality": "CT",
        "InstanceNumber": "12",
        "ImageType": "LOCALIZER",
        "PatientBirthDate": "19690720",
        "PatientSex": "O",
    },
    {"PatientName": "", "PatientID": "C D", "StudyDate": "", "Modality": "SR", "OperatorsName": ["A^B", "Roe^Ann"]},
]


def item(**values: str) -> Dataset:
    made = Dataset()
    for keyword, value in values.items():
        setattr(made, keyword, value)
    return made


def stored(number: int, values: dict[str, Any]) -> bytes:
    """Give an object with these values and, but for the last, what was requested and of whom it is derived."""
    dataset = pydicom.dcmread(str(get_testdata_file("CT_small.dcm")))
    for keyword in ("PatientName", "PatientID", "StudyDate", "StudyTime", "AccessionNumber", "InstanceNumber"):
        delattr(dataset, keyword)
    for keyword in ("SeriesNumber", "ImageType", "KVP", "PatientBirthDate", "PatientSex", "StudyDescription"):
        if keyword in dataset:
            delattr(dataset, keyword)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.update(item(**values))
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = UID(f"1.2.{number}"), UID(f"1.2.{number}.1")
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(f"1.2.{number}.1.1")
    if number < len(OBJECTS):
        code = item(CodeValue=f"P{number}", CodeMeaning="Thorax nativ")
        request = item(RequestedProcedureID=f"R{number}", ScheduledProcedureStepStartDate=f"2024011{number}")
        request.RequestedProcedureCodeSequence = [code]
        dataset.RequestAttributesSequence = [request, item(RequestedProcedureID="R9", ScheduledProcedureStepID="S_1")]
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Two]:
    """The same objects in two archives, and their headers by SOP Instance UID."""
    folder = tmp_path_factory.mktemp("queries")
    with contextlib.ExitStack() as stack:
        opened = [
            stack.enter_context(hu.Archive(folder / "file")),
            stack.enter_context(hu.Archive(folder / "database", database=postgres.database())),
        ]
        headers = {}
        for number, values in enumerate(OBJECTS, 1):
            for archive in opened:
                uid = archive.ingest(stored(number, values)).sop_instance
            headers[uid] = json.loads(opened[0].header(uid) or "")
        yield Two((opened, headers))


_PIECES = ["*", "?", "%", "_", "[", "]", "!", "'", "\\", "^", "=", "doe", "DOE", "Thorax", "0", "1", "x", "ä", "太"]
_WORDS = ["DOE^JOHN", "A1", "A%2", "ACC_1", "CT", "CT Thorax", "1", "02", "B[1]", "Müller^Änne", "山田*", "O'Neill*"]
_DATES = ["20240115", "2024.01.15", "20231231-", "-20240114", "20231231-20240115", "19690720", "00000000-99999999"]
_TIMES = ["0930", "093000", "09-10", "235959-", "-2359", "23:59", "235959.5", "00-24", "000000-235959.999999"]
texts = st.one_of(st.sampled_from(_WORDS), st.lists(st.sampled_from(_PIECES), max_size=6).map("".join))
dates, times = st.sampled_from([*_DATES, ""]), st.sampled_from([*_TIMES, ""])
numbers = st.sampled_from(["1", "2", "02", "12", "120", "120.0", "12e1", "-1", "3", "x", "", "nan", "1e999", "*"])
_KEYS: dict[str, st.SearchStrategy[str]] = {
    "PatientName": texts,
    "PatientID": texts,
    "StudyDate": dates,
    "StudyTime": times,
    "PatientBirthDate": dates,
    "AccessionNumber": texts,
    "Modality": texts,
    "StudyDescription": texts,
    "ImageType": texts,
    "InstanceNumber": numbers,
    "SeriesNumber": numbers,
    "KVP": numbers,
    "StudyInstanceUID": st.lists(st.sampled_from(["1.2.1", "1.2.3", "1.2.9", "1.2.*"]), max_size=3).map("\\".join),
    # What no table has.
    "PatientComments": texts,
    "RequestedProcedureDescription": texts,
    "OperatorsName": texts,
}
_REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "RequestedProcedureID": st.sampled_from(["R1", "R*", "R9", "R?", "", "r1"]),
        "ScheduledProcedureStepID": st.sampled_from(["S_1", "S%", "*"]),
        "ScheduledProcedureStepStartDate": st.sampled_from(["20240111", "20240112-", "-20240112"]),
        "RequestedProcedureCodeSequence": st.fixed_dictionaries({"CodeValue": st.sampled_from(["P1", "P?", "P9", ""])}),
    },
)
queries = st.fixed_dictionaries({}, optional={**_KEYS, "RequestAttributesSequence": _REQUESTS})


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=queries, fuzzy=st.booleans(), combined=st.booleans())
def test_every_database_finds_what_the_headers_say(
    archives: Two, keys: dict[str, Any], *, fuzzy: bool, combined: bool
) -> None:
    opened, headers = archives
    expected = sorted(uid for uid, one in headers.items() if header_matches(one, keys, fuzzy=fuzzy, combined=combined))
    for archive in opened:
        for level in ("instance", "study"):
            query = Query(level, keys, fuzzy=fuzzy, combined=combined)
            with archive.catalog() as catalog:
                tag, end = ("00080018", "") if level == "instance" else ("0020000D", ".1.1")
                assert sorted(one[tag]["Value"][0] + end for one in find(catalog, query)) == expected
                assert count(catalog, query) == len(expected)


def test_answers_are_the_same_in_every_database(archives: Two) -> None:
    for level in ("patient", "study", "series", "instance"):
        query = Query(level, {"RequestAttributesSequence": {}, "PatientComments": ""}, include=("all",))
        said = []
        for archive in archives[0]:
            with archive.catalog() as catalog:
                said.append(list(find(catalog, query)))
                pages = [one for at in range(5) for one in find(catalog, Query(level, limit=1, offset=at))]
                assert pages == list(find(catalog, Query(level)))
        assert len(said[0]) == len(OBJECTS)
        assert said[0] == said[1]


def test_items_of_sequences_are_matched_and_returned(archives: Two) -> None:
    for archive in archives[0]:
        keys = {"RequestAttributesSequence": {"RequestedProcedureID": "R2", "RequestedProcedureCodeSequence": {}}}
        with archive.catalog() as catalog:
            (study,) = find(catalog, Query("study", keys))
            dataset = Dataset.from_json(study)
        assert dataset.StudyInstanceUID == "1.2.2"
        assert [one.RequestedProcedureID for one in dataset.RequestAttributesSequence] == ["R2", "R9"]


def test_a_query_looks_into_so_many_headers_only(archives: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _MOST > 1000
    monkeypatch.setattr("hounsfield.catalog.matching.headers._MOST", 3)
    for archive in archives[0]:
        with archive.catalog() as catalog:
            assert len(list(find(catalog, Query("study", {"PatientComments": "w*", "Modality": "CT"})))) == 1
            with pytest.raises(LimitError, match="more than 3 headers"):
                list(find(catalog, Query("study", {"PatientComments": "nobody"})))
