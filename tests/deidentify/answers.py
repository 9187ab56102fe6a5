"""An answer set after the MIDI-B challenge: identifiers planted into real files, and what must become of each.

It imports nothing of the package that is tested. Kinds of checks: tag retained, text retained, text removed, text not
null, date shifted, UID changed, UID consistent, patient ID consistent.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

_FIRST = [
    "Aurelia",
    "Benedikt",
    "Cosima",
    "Dietmar",
    "Eleonora",
    "Friedhelm",
    "Gwendolyn",
    "Hannelore",
    "Ignatius",
    "Jolanda",
    "Kasimir",
    "Leopoldine",
]
_LAST = [
    "Abendroth",
    "Bruckmayer",
    "Czerwinski",
    "Dombrowsky",
    "Eisenhauer",
    "Fassbinder",
    "Grabowski",
    "Hollenstein",
    "Illgner",
    "Juergensen",
]
_DOCTORS = ["Quellenberg", "Rautenstrauch", "Sonnleitner", "Trautenberg", "Uhlmannsiek", "Vogelsanger", "Wackernagel"]
_MEDICAL = (
    "CT Thorax with contrast",
    "MR Brain T2 axial",
    "Knee left lateral",
    "Abdomen portal venous phase",
    "PET whole body",
)
_KEPT = [
    "Modality",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PixelSpacing",
    "SliceThickness",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "KVP",
    "RescaleSlope",
    "RescaleIntercept",
    "WindowCenter",
    "WindowWidth",
    "ImageType",
    "BodyPartExamined",
    "PatientPosition",
    "RepetitionTime",
    "EchoTime",
    "MagneticFieldStrength",
    "NumberOfFrames",
    "Manufacturer",
    "ManufacturerModelName",
    "SOPClassUID",
    "InstanceNumber",
    "SeriesNumber",
    "SliceLocation",
    "FrameIncrementPointer",
    "LossyImageCompression",
    "BurnedInAnnotation",
    "ScanningSequence",
    "FlipAngle",
    "PatientSex",
]
_UIDS = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID")
_DATES = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
# What the answer set supposes: the profile of the challenge, but for its pixels.
OPTIONS = (
    "clean-descriptors",
    "clean-structured-content",
    "clean-graphics",
    "retain-longitudinal-modified-dates",
    "retain-patient-characteristics",
    "retain-safe-private",
)


@dataclass(frozen=True)
class Check:
    """One thing to look at in one output."""

    kind: str
    file: str
    path: tuple[int | str, ...]
    value: Any
    gone: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()


@dataclass
class Person:
    """A patient who does not exist."""

    first: str
    last: str
    identifier: str
    phone: str
    street: str
    born: str

    @property
    def name(self) -> str:
        """As in Patient's Name."""
        return f"{self.last}^{self.first}"


@dataclass
class Answers:
    """Everything planted, and what must become of it."""

    checks: list[Check] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def plant(sources: Iterable[Path], folder: Path, seed: int) -> Answers:
    """Write files with identifiers planted; inputs that pydicom cannot read and write again are left out."""
    number = random.Random(seed)
    answers = Answers()
    persons: dict[str, Person] = {}
    # What was cut off stays so when pydicom writes it, and must not come out at all.
    whole = (source for source in sources if "truncated" not in source.name)
    for index, source in enumerate(whole):
        target = folder / f"{index:05}.dcm"
        try:
            data = pydicom.dcmread(source)
            if "SOPInstanceUID" not in data or "SOPClassUID" not in data or "TransferSyntaxUID" not in data.file_meta:
                continue
            person = persons.setdefault(str(data.get("StudyInstanceUID", source.parent)), _person(number))
            checks = list(_planted(data, target.name, person, number))
            target.parent.mkdir(parents=True, exist_ok=True)
            data.save_as(target)
        except (
            InvalidDicomError,
            AttributeError,
            ValueError,
            TypeError,
            KeyError,
            OSError,
            NotImplementedError,
            EOFError,
        ):
            target.unlink(missing_ok=True)
            continue
        answers.files.append(target)
        answers.checks += checks
    return answers


def _person(number: random.Random) -> Person:
    return Person(
        number.choice(_FIRST),
        number.choice(_LAST),
        f"K{number.randrange(10**6, 10**7)}",
        f"555-{number.randrange(100, 1000)}-{number.randrange(1000, 10000)}",
        f"{number.randrange(1, 300)} {number.choice(_DOCTORS)} Street",
        f"19{number.randrange(20, 99)}{number.randrange(1, 13):02}{number.randrange(1, 29):02}",
    )


def _planted(data: Dataset, name: str, person: Person, number: random.Random) -> Iterator[Check]:
    doctor = number.choice(_DOCTORS)
    clinic = f"{number.choice(_LAST)} Clinic {number.randrange(100, 999)}"
    structured = {
        "PatientName": person.name,
        "PatientID": person.identifier,
        "PatientBirthDate": person.born,
        "PatientAddress": person.street,
        "PatientTelephoneNumbers": person.phone,
        "ReferringPhysicianName": f"{doctor}^Otto",
        "OperatorsName": f"{number.choice(_DOCTORS)}^Ida",
        "InstitutionName": clinic,
        "AccessionNumber": f"A{number.randrange(10**7, 10**8)}",
        "OtherPatientIDs": f"Z{number.randrange(10**6, 10**7)}",
    }
    before = {keyword: data.get(keyword) for keyword in _KEPT if keyword in data and _is_valid(data, keyword)}
    for keyword, value in structured.items():
        setattr(data, keyword, value)
    for keyword in ("PatientName", "PatientID"):
        yield Check("text not null", name, (keyword,), structured[keyword])
    for keyword, value in structured.items():
        yield Check("text removed", name, (keyword,), value, tuple(part for part in value.split("^") if len(part) > 3))
    yield Check("patient ID consistent", name, ("PatientID",), person.identifier)
    yield from _texts(data, name, person, structured, number)
    yield from _dates(data, name, person, number)
    yield from _private(data, name, person, number)
    for keyword in _UIDS:
        if data.get(keyword) and "\\" not in str(data.get(keyword)):
            yield Check("UID changed", name, (keyword,), str(data.get(keyword)))
            yield Check("UID consistent", name, (keyword,), str(data.get(keyword)))
    for keyword, value in before.items():
        yield Check("tag retained", name, (keyword,), _plain(value))


def _is_valid(data: Dataset, keyword: str) -> bool:
    numbers = data[keyword].VR in ("IS", "DS")
    return not numbers or bool(re.fullmatch(r"[-+0-9.eE\\ ]*", _plain(data.get(keyword))))


def _texts(
    data: Dataset, name: str, person: Person, structured: dict[str, str], number: random.Random
) -> Iterator[Check]:
    spelled = (
        f"{person.first} {person.last}",
        f"{person.last}, {person.first}",
        person.name,
        person.last.upper(),
        person.identifier,
        person.phone,
        structured["AccessionNumber"],
        f"Dr. {structured['ReferringPhysicianName'].split('^')[0]}",
        f"{person.born[:4]}-{person.born[4:6]}-{person.born[6:]}",
    )
    for keyword in (
        "StudyDescription",
        "SeriesDescription",
        "ProtocolName",
        "ImageComments",
        "AdditionalPatientHistory",
    ):
        medical, planted = number.choice(_MEDICAL), number.choice(spelled)
        if keyword.endswith(("Description", "Name")) and number.random() < 0.3:
            setattr(data, keyword, medical)
            yield Check("text retained", name, (keyword,), medical, kept=(medical,))
            continue
        text = number.choice((f"{medical} {planted}", f"{planted} {medical}", f"{medical}, pat {planted}"))
        setattr(data, keyword, text[:64] if len(text) > 64 else text)
        gone = tuple(
            part for part in re.split(r"[ ,^.]+", planted) if len(part) > 3 or part in (person.first, person.last)
        )
        yield Check("text removed", name, (keyword,), text, gone=gone)
        yield Check("text retained", name, (keyword,), text, kept=(medical,))
    item = Dataset()
    item.ValueType, item.RelationshipType = "TEXT", "CONTAINS"
    item.TextValue = (
        f"Liver unremarkable. Discussed with {person.first} {person.last} ({person.phone}). No lesion seen."
    )
    content = data.get("ContentSequence")
    if content:
        content.append(item)
        place = ("ContentSequence", len(content) - 1, "TextValue")
        gone = (person.first, person.last, person.phone)
        yield Check("text removed", name, place, item.TextValue, gone=gone)
        yield Check("text retained", name, place, item.TextValue, kept=("Liver unremarkable", "No lesion seen"))


def _dates(data: Dataset, name: str, person: Person, number: random.Random) -> Iterator[Check]:
    day = date(number.randrange(1995, 2024), number.randrange(1, 13), number.randrange(1, 29))
    for keyword in _DATES:
        if data.get(keyword):
            setattr(data, keyword, day.strftime("%Y%m%d"))
            yield Check("date shifted", name, (keyword,), day.strftime("%Y%m%d"), (person.identifier,))


def _private(data: Dataset, name: str, person: Person, number: random.Random) -> Iterator[Check]:
    unsafe = data.private_block(0x0077, f"VENDOR {number.randrange(1000)}", create=True)
    unsafe.add_new(0x01, "LO", person.name)
    unsafe.add_new(0x02, "UT", f"acquired for {person.first} {person.last}")
    tag = unsafe.get_tag(0x01)
    yield Check("text removed", name, (int(tag),), person.name, gone=(person.last, person.first))
    safe = data.private_block(0x2001, "Philips Imaging DD 001", create=True)
    if safe.get_tag(0x03) not in data:
        safe.add_new(0x03, "FL", 800.0)
        yield Check("tag retained", name, (int(safe.get_tag(0x03)),), _plain(800.0))


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | pydicom.multival.MultiValue):
        return "\\".join(str(each).strip() for each in value)
    return str(value).strip()


def _value(data: Dataset, path: tuple[int | str, ...]) -> Any:
    here: Any = data
    for part in path:
        if isinstance(part, int) and isinstance(here, Sequence):
            if part >= len(here):
                return None
            here = here[part]
        elif isinstance(part, int):
            if part not in here:
                return None
            here = here[part].value
        else:
            here = here.get(part)
        if here is None:
            return None
    return here


@dataclass
class Score:
    """How many checks of each kind there are, and which failed."""

    totals: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    failed: list[tuple[Check, str]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of all checks, those that hold."""
        return 1 - len(self.failed) / max(sum(self.totals.values()), 1)

    def of(self, kind: str) -> float:
        """Of the checks of one kind, those that hold."""
        return 1 - sum(check.kind == kind for check, _ in self.failed) / max(self.totals[kind], 1)


def score(answers: Answers, output: Callable[[str], Path | None]) -> Score:
    """Hold outputs to the answers; `output` gives the output of an input by its name, or None where there is none."""
    result = Score()
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    read: dict[str, tuple[Dataset, bytes] | None] = {}
    for check in answers.checks:
        result.totals[check.kind] += 1
        if check.file not in read:
            read.clear()
            path = output(check.file)
            read[check.file] = None if path is None else (pydicom.dcmread(path), path.read_bytes())
        found = read[check.file]
        if found is None:
            result.failed.append((check, "no output"))
            continue
        why = _judge(check, _value(found[0], check.path), found[1], seen[check.kind])
        if why:
            result.failed.append((check, why))
    return result


def _judge(check: Check, value: Any, raw: bytes, seen: dict[str, str]) -> str:
    text = "" if value is None else _plain(value)
    if check.kind == "tag retained":
        return "" if text == check.value else f"became {text!r}"
    if check.kind == "text retained":
        missing = [part for part in check.kept if part not in text]
        return f"lost {missing} of {text!r}" if missing else ""
    if check.kind == "text removed":
        left = [part for part in check.gone if part.lower() in text.lower()]
        # Eight digits occur by chance among those of many UIDs; where they stand is looked at anyway.
        words = [part for part in check.gone if len(part) > 5 and not part.isdigit()]
        left += [part for part in words if part.lower().encode() in raw.lower()]
        return f"still has {left}" if left else ""
    if check.kind == "text not null":
        return "" if text else "is empty"
    if check.kind == "date shifted":
        return _shifted(check, text, seen)
    if check.kind == "UID changed":
        good = re.fullmatch(r"[0-9.]{3,64}", text) and text != check.value
        return "" if good else f"became {text!r}"
    new = seen.setdefault(check.value, text)
    others = sum(1 for other in seen.values() if other == text)
    return "" if text and new == text and others == 1 else f"became {text!r}, elsewhere {new!r}"


def _shifted(check: Check, text: str, seen: dict[str, str]) -> str:
    """All dates of a patient move by the same days, and by some."""
    try:
        old, new = (date(int(day[:4]), int(day[4:6]), int(day[6:])) for day in (check.value, text))
    except ValueError:
        return f"became {text!r}"
    days = str((new - old).days)
    expected = seen.setdefault(check.gone[0], days)
    return "" if days == expected and days != "0" else f"moved by {days} days, others of the patient by {expected}"
