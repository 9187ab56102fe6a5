"""Measurements to TID 1500 and back; read by highdicom, checked by dciodvfy."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import highdicom as hd
import pydicom
import pytest

from hounsfield.errors import LimitError, ReadError, UsageError
from hounsfield.objects.measurement import KINDS, Measurement, Quantity, measurements_of
from hounsfield.objects.report import report
from hounsfield.objects.report_reading import read_report
from hounsfield.testing.series import chest_ct
from tests.objects.headers import Headers
from tests.objects.validation import faults

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Headers:
    return Headers(chest_ct(tmp_path_factory.mktemp("ct"), slices=3, rows=64))


PIXELS: dict[str, list[tuple[float, float]]] = {
    "length": [(10, 10), (20, 10.25)],
    "angle": [(10, 10), (20, 20), (30, 10)],
    "cobb": [(10, 10), (20, 12), (10, 40), (20, 38)],
    "bidirectional": [(10, 10), (30, 10), (20, 5), (20, 15)],
    "ellipse": [(10, 20), (30, 20), (20, 15), (20, 25)],
    "rectangle": [(10, 10), (30, 10), (30, 20), (10, 20)],
    "freehand": [(10, 10), (12, 10), (14, 13), (11, 15), (9, 12)],
    "polygon": [(10, 10), (20, 10), (15, 20)],
    "probe": [(10, 10)],
    "arrow": [(10, 10), (20, 20)],
    "text": [(10, 10)],
}
QUANTITIES: dict[str, tuple[Quantity, ...]] = {
    "length": (Quantity("length", 12.5, "mm"),),
    "angle": (Quantity("angle", 90.0, "deg"),),
    "cobb": (Quantity("angle", 22.5, "deg"),),
    "bidirectional": (Quantity("long_axis", 20.0, "mm"), Quantity("short_axis", 10.0, "mm")),
    "probe": (Quantity("value", -1000.0, "[hnsf'U]"),),
    "arrow": (),
    "text": (),
}
REGION = (
    Quantity("area", 314.0, "mm2"),
    Quantity("mean", 41.25, "[hnsf'U]"),
    Quantity("sd", 3.5, "[hnsf'U]"),
    Quantity("min", -12.0, "[hnsf'U]"),
    Quantity("max", 90.0, "[hnsf'U]"),
    Quantity("count", 314.0, "{pixels}"),
)


def drawn(kind: str, header: Any, *, flat: bool = True, label: str = "") -> Measurement:
    points = [(float(x), float(y), 5.0) for x, y in PIXELS[kind]]
    return Measurement(
        id=str(pydicom.uid.generate_uid()),
        kind=kind,
        label=label,
        series_instance_uid=str(header.SeriesInstanceUID),
        sop_instance_uid=str(header.SOPInstanceUID) if flat else None,
        frame_of_reference_uid=None if flat else str(header.FrameOfReferenceUID),
        pixels=tuple(PIXELS[kind]) if flat else None,
        points=None if flat else tuple(points),
        quantities=QUANTITIES.get(kind, REGION),
    )


def as_read(one: Measurement) -> Measurement:
    """What a report holds of a measurement: the series follows from the image."""
    return replace(one, series_instance_uid="", frame=1 if one.sop_instance_uid else None)


@pytest.mark.parametrize("flat", [True, False])
def test_every_kind_comes_back_as_it_was(sources: Headers, tmp_path: Path, *, flat: bool) -> None:
    header = sources.all[1]
    given = [drawn(kind, header, flat=flat, label="" if kind == "probe" else f"{kind} <b>Ä</b>") for kind in KINDS]
    made = report(given, sources, title="Follow-up", author="Reader^One")
    path = tmp_path / "report.dcm"
    made.save_as(path)
    read, left_out = read_report(pydicom.dcmread(path))
    assert left_out == []
    assert read == [as_read(one) for one in given]
    assert made.SOPClassUID == (pydicom.uid.ComprehensiveSRStorage if flat else pydicom.uid.Comprehensive3DSRStorage)
    assert (made.StudyInstanceUID, made.PatientID) == (header.StudyInstanceUID, header.PatientID)
    assert made.SeriesDescription == "Follow-up"


@pytest.mark.parametrize("flat", [True, False])
def test_highdicom_reads_the_report(sources: Headers, tmp_path: Path, *, flat: bool) -> None:
    header = sources.all[0]
    given = [drawn(kind, header, flat=flat, label=kind) for kind in KINDS]
    path = tmp_path / "report.dcm"
    report(given, sources).save_as(path)
    found = hd.sr.srread(path).content
    assert isinstance(found, hd.sr.MeasurementReport)
    regions = found.get_planar_roi_measurement_groups()
    assert {group.tracking_identifier for group in regions} == {
        "ellipse",
        "rectangle",
        "freehand",
        "polygon",
        "arrow",
        "text",
    }
    ellipse = next(group for group in regions if group.tracking_identifier == "ellipse")
    assert ellipse.roi is not None
    assert ellipse.roi.graphic_type.name == "ELLIPSE"
    shift = 0.5 if flat else 0
    assert ellipse.roi.value[0].tolist()[:2] == [10 + shift, 20 + shift]
    means = [
        one for one in ellipse.get_measurements() if one.derivation is not None and one.derivation.meaning == "Mean"
    ]
    assert [(one.value, one.unit.value, one.name.meaning) for one in means] == [
        (41.25, "[hnsf'U]", "Attenuation Coefficient")
    ]
    groups = found.get_image_measurement_groups()
    (length,) = [group for group in groups if group.tracking_identifier == "length"]
    (measured,) = length.get_measurements()
    assert (measured.value, measured.unit.value, measured.name.value) == (12.5, "mm", "410668003")


@pytest.mark.parametrize("flat", [True, False])
def test_the_standard_has_nothing_against_it(sources: Headers, tmp_path: Path, *, flat: bool) -> None:
    path = tmp_path / "report.dcm"
    made = report([drawn(kind, sources.all[0], flat=flat, label=kind) for kind in KINDS], sources, author="Reader^One")
    made.save_as(path)
    assert faults(path) == []


def test_reports_of_others_are_read(shared_data: Path) -> None:
    paths = [path for path in shared_data.rglob("*.dcm") if "dcmqi" in path.parts or "highdicom" in path.parts]
    reports = 0
    for path in paths:
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
        if dataset.get("Modality") == "SR":
            found, left_out = read_report(dataset)
            reports += bool(found or left_out)
            for one in found:
                assert len(one.points or one.pixels or ()) >= KINDS[one.kind][0]
    assert reports > 1


def test_what_does_not_belong_together_is_refused(sources: Headers, tmp_path: Path) -> None:
    other = pydicom.dcmread(chest_ct(tmp_path, slices=1, rows=16)[0], stop_before_pixels=True)
    other.StudyInstanceUID = other.SOPInstanceUID = "1.2.3"
    both = Headers([])
    both.all = [sources.all[0], other]
    with pytest.raises(UsageError, match="several studies"):
        report([drawn("length", one) for one in both.all], both)
    with pytest.raises(UsageError, match="no measurements"):
        report([], sources)
    with pytest.raises(ReadError, match="no instance"):
        report([replace(drawn("length", other), sop_instance_uid="9.9")], sources)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "circle"}, "kind 'circle'"),
        ({"kind": None}, "kind None"),
        ({"pixels": [[1, 2]]}, "2 points"),
        ({"pixels": [[1, 2], [1, float("nan")]]}, "2 points"),
        ({"pixels": [[1, 2], ["1", 2]]}, "2 points"),
        ({"pixels": None}, "needs pixels"),
        ({"frame": 0}, "from 1"),
        ({"label": "x" * 5000}, "label"),
        ({"quantities": [{"name": "size", "value": 1}]}, "no quantity"),
        ({"quantities": [{"name": "length", "value": "1"}]}, "no quantity"),
        ({"quantities": [{"name": "length", "value": 1, "unit": "x" * 17}]}, "no unit"),
    ],
)
def test_json_that_means_nothing_is_refused(sources: Headers, change: dict[str, Any], words: str) -> None:
    good = drawn("length", sources.all[0]).to_dict()
    assert Measurement.from_dict(good).to_dict() == good
    with pytest.raises(UsageError, match=words):
        Measurement.from_dict(good | change)


def test_lists_are_limited(sources: Headers) -> None:
    good = drawn("probe", sources.all[0]).to_dict()
    with pytest.raises(LimitError):
        measurements_of([good] * 5001)
    refused: list[Any] = [[], None, {}, ["x"]]
    for bad in refused:
        with pytest.raises(UsageError):
            measurements_of(bad)
