"""Plants values into all attributes of Table E.1-1, at the top level and three sequences deep.

It imports nothing of the package that is tested: pydicom writes the files, and the table is read as the data it is.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import UID, ExplicitVRLittleEndian

TABLE = Path(__file__).parents[2] / "src" / "hounsfield" / "deidentify" / "tables" / "confidentiality.tsv"
# Sequences that the table does not list: their items are walked all the same.
OUTER = (0x00089215, 0x00400440, 0x00082218)
CLASS = "1.2.840.10008.5.1.4.1.1.2"
_TEXTS = {"LO", "SH", "LT", "ST", "UT", "UC", "PN", "CS", "AE", "UR"}
_PACKED = {"US": "<H", "UL": "<L", "SS": "<h", "SL": "<l", "FL": "<f", "FD": "<d"}
# They say how the file is read, or what it is.
_LEFT_OUT = {0x00080005, 0x00080016, 0x00020003, 0x00041511, 0x04000561, 0x00001000, 0x00001001}


def table() -> list[tuple[str, str, dict[str, str]]]:
    """Give the rows: tag, action, actions of the options."""
    rows = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            tag, action, options = line.split("\t")
            rows.append((tag, action, dict(option.split("=") for option in options.split(",") if option)))
    return rows


@dataclass(frozen=True)
class Planted:
    """One value: where it is, and what of it must not be found in the bytes of the output."""

    way: tuple[int, ...]
    tag: int
    vr: str
    value: Any
    trace: bytes
    action: str
    options: dict[str, str] = field(default_factory=dict)


class Planter:
    """Makes values that nobody else makes."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.planted: list[Planted] = []

    def word(self, length: int = 10) -> str:
        """Letters that are in no dictionary."""
        return "Q" + "".join(self._random.choices("ABCDEFGHIJKLMNOPRSTUVWYZ0123456789", k=length))

    def date(self) -> str:
        """A day."""
        return f"{self._random.randint(1911, 1997)}{self._random.randint(1, 12):02}{self._random.randint(1, 28):02}"

    def value(self, vr: str) -> tuple[Any, bytes]:
        """A value of this VR, and what of it identifies in bytes; too short ones have no trace."""
        number = self._random
        if vr in _TEXTS:
            word = self.word()
            return (f"{word}^JO" if vr == "PN" else word), word.encode()
        if vr == "UI":
            uid = f"1.2.826.0.1.3680043.2.{number.randrange(10**15, 10**16)}.{number.randrange(10**9)}"
            return uid, uid.encode()
        if vr in ("DA", "DT", "TM"):
            time = "".join(f"{number.randrange(most):02}" for most in (24, 60, 60)) + f".{number.randrange(10**6):06}"
            day = self.date()
            text = {"DA": day, "DT": day + time, "TM": time}[vr]
            return text, text.encode() if vr != "DA" else b""
        if vr == "AS":
            return f"{number.randint(20, 80):03}Y", b""
        if vr in ("DS", "IS"):
            text = str(number.randrange(10**8, 10**9))
            return text, text.encode()
        if vr in _PACKED:
            value = number.randrange(10**3, 3 * 10**4)
            return value, b""
        if vr == "AT":
            return 0x00100010, b""
        raw = number.randbytes(24)
        return raw, raw

    def add(self, data: Dataset, way: tuple[int, ...], tag: int, action: str, options: dict[str, str]) -> None:
        """Plant one attribute."""
        vr = dictionary_VR(tag)
        vr = {"US or SS": "US", "OB or OW": "OB", "US or OW": "OW", "US or SS or OW": "US"}.get(vr, vr)
        if vr == "SQ":
            item = Dataset()
            word = self.word()
            item.add_new(0x00080104, "LO", word)
            data.add_new(tag, "SQ", Sequence([item]))
            self.planted.append(Planted((*way, tag), 0x00080104, "LO", word, word.encode(), action, options))
            return
        value, trace = self.value(vr)
        data.add_new(tag, vr, value)
        self.planted.append(Planted(way, tag, vr, value, trace, action, options))


def known(tag: str) -> int | None:
    """The tag, where pydicom knows it and it can stand in a data set."""
    if "x" in tag or tag == "private":
        return None
    number = int(tag, 16)
    try:
        dictionary_VR(number)
    except KeyError:
        return None
    return None if number in _LEFT_OUT or number >> 16 < 8 else number


def dataset(seed: int) -> tuple[Dataset, list[Planted]]:
    """A data set with everything planted."""
    planter = Planter(seed)
    top, inner = Dataset(), Dataset()
    for tag, action, options in table():
        number = known(tag)
        if number is not None:
            planter.add(top, (), number, action, options)
            planter.add(inner, OUTER, number, action, options)
    for tag in reversed(OUTER[1:]):
        outer = Dataset()
        outer.add_new(tag, "SQ", Sequence([inner]))
        inner = outer
    top.add_new(OUTER[0], "SQ", Sequence([inner]))
    _private(planter, top, ())
    _graphics(planter, top)
    top.SOPClassUID = UID(CLASS)
    top.Rows, top.Columns, top.BitsAllocated, top.BitsStored, top.HighBit = 4, 4, 16, 12, 11
    top.SamplesPerPixel, top.PhotometricInterpretation, top.PixelRepresentation = 1, "MONOCHROME2", 0
    top.add_new(0x7FE00010, "OW", struct.pack("<16H", *range(16)) + planter.word(31).encode())
    planter.planted.append(Planted((), 0x7FE00010, "", None, top.PixelData[32:], "trailing", {}))
    return top, planter.planted


def _private(planter: Planter, data: Dataset, way: tuple[int, ...]) -> None:
    safe = data.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    safe.add_new(0x0C, "IS", "1000")
    planter.planted.append(Planted(way, 0x0019100C, "IS", "1000", b"", "X", {"113111": "K"}))
    word = planter.word()
    safe.add_new(0x08, "CS", word)
    planter.planted.append(Planted(way, 0x00191008, "CS", word, word.encode(), "X", {}))
    creator = planter.word()
    other = data.private_block(0x0021, creator, create=True)
    planter.planted.append(Planted(way, 0x00210010, "LO", creator, creator.encode(), "X", {}))
    for element, vr in ((0x01, "LO"), (0x02, "OB"), (0x03, "UT"), (0x04, "UN")):
        value, trace = planter.value(vr)
        other.add_new(element, vr, value)
        planter.planted.append(Planted(way, 0x00211000 | element, vr, value, trace, "X", {}))
    item = Dataset()
    word = planter.word()
    item.PatientName = word
    other.add_new(0x05, "SQ", Sequence([item]))
    planter.planted.append(Planted((*way, 0x00211005), 0x00100010, "PN", word, word.encode(), "X", {}))


def _graphics(planter: Planter, data: Dataset) -> None:
    for group in (0x6000, 0x6002, 0x601E, 0x5000):
        for element in (0x3000, 0x4000) if group != 0x5000 else (0x3000, 0x2500):
            vr = "OB" if element == 0x3000 else "LT" if group != 0x5000 else "LO"
            value, trace = planter.value(vr)
            data.add_new(group << 16 | element, vr, value)
            planter.planted.append(Planted((), group << 16 | element, vr, value, trace, "X", {}))
    word = planter.word()
    data.add_new(0xFFFCFFFC, "OB", word.encode())
    planter.planted.append(Planted((), 0xFFFCFFFC, "OB", word.encode(), word.encode(), "X", {}))
    word = planter.word()
    data.add_new(0x00090010 + 0x4E0000, "LO", word)  # a creator without elements
    planter.planted.append(Planted((), 0x00570010, "LO", word, word.encode(), "X", {}))


def write(path: Path, data: Dataset, planted: list[Planted], syntax: str = ExplicitVRLittleEndian) -> None:
    """Write a file with a poisoned preamble and file meta."""
    uid = UID(syntax)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(CLASS)
    meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    meta.TransferSyntaxUID = uid
    meta.SourceApplicationEntityTitle = "QSOURCEAE"
    meta.SendingApplicationEntityTitle = "QSENDINGAE"
    meta.PrivateInformationCreatorUID = UID("1.2.826.0.1.3680043.2.77777777")
    meta.PrivateInformation = b"QPRIVATEINFORMATION!"
    traces = (b"QSOURCEAE", b"QSENDINGAE", b"3680043.2.77777777", b"QPRIVATEINFORMATION!", b"QPREAMBLE")
    planted += [Planted((), 0, "", None, trace, "X") for trace in traces]
    buffer = DicomBytesIO()
    data.file_meta = meta
    data.preamble = b"QPREAMBLE".ljust(128, b"Z")
    dcmwrite(buffer, data, implicit_vr=uid.is_implicit_VR, little_endian=uid.is_little_endian, enforce_file_format=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
