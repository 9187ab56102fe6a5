"""Writing Part 10 files of any transfer syntax: preamble, File Meta Information and data set (PS3.10 7, PS3.5 A).

A data set is taken from a file as it is; the core changes single elements and the encoding. Pixel data are written by
`hounsfield.files.write_pixels`, between what comes before and after them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from hounsfield import _core
from hounsfield.files.source import Input

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pydicom import FileDataset

    from hounsfield.settings import Limits

__all__ = [
    "BIG_ENDIAN",
    "DEFLATED",
    "EXPLICIT",
    "IMPLEMENTATION_CLASS_UID",
    "IMPLICIT",
    "NATIVE",
    "Deflater",
    "Encoding",
    "Header",
    "encoding_of",
    "meta",
]

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
# Syntaxes of data sets without encapsulated pixel data.
NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})

# A UUID as a UID (PS3.5 B.2), which names this software as the writer of a file (PS3.10 7.1).
IMPLEMENTATION_CLASS_UID = "2.25.99920150768131986002983204673151113738"

# Pixel data, their offset tables and their total length; and the group length that counts them.
_PIXELS = ("7FE0,0000", "7FE0,0001", "7FE0,0002", "7FE0,0003", "7FE0,0008", "7FE0,0009", "7FE0,0010")

Row = tuple[str, str | None, bytes | None]


class Encoding(NamedTuple):
    """How a transfer syntax encodes data sets.

    Parameters
    ----------
    implicit : bool
        VRs are not stated.
    big_endian : bool
        The most significant byte of a number comes first.
    deflated : bool
        The data set is deflated.
    """

    implicit: bool = False
    big_endian: bool = False
    deflated: bool = False


def encoding_of(syntax: str) -> Encoding:
    """How data sets are encoded in this transfer syntax (PS3.5 A); encapsulated ones are explicit, little endian."""
    return Encoding(implicit=syntax == IMPLICIT, big_endian=syntax == BIG_ENDIAN, deflated=syntax == DEFLATED)


def meta(dataset: FileDataset, *, syntax: str, instance: str = "") -> bytes:
    """Return preamble, prefix and File Meta Information of a file (PS3.10 7.1).

    What the file said of itself is kept, but for the syntax, the instance, and the implementation, which is ours now.
    The preamble is empty, since offsets in one that serves another format would no longer be true.

    Parameters
    ----------
    dataset : FileDataset
        The header of the file that it is made of.
    syntax : str
        Transfer Syntax UID of the new file.
    instance : str
        Its SOP Instance UID, where it has another one.
    """
    from copy import deepcopy

    from pydicom.dataset import FileMetaDataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_file_meta_info
    from pydicom.uid import UID

    kept = FileMetaDataset()
    for element in getattr(dataset, "file_meta", None) or ():
        kept[element.tag] = deepcopy(element)
    kept.FileMetaInformationGroupLength = 0
    kept.FileMetaInformationVersion = b"\x00\x01"
    kept.TransferSyntaxUID = UID(syntax)
    for follower, followed in (
        ("MediaStorageSOPClassUID", dataset.get("SOPClassUID")),
        ("MediaStorageSOPInstanceUID", instance or dataset.get("SOPInstanceUID")),
    ):
        if followed:
            setattr(kept, follower, UID(str(followed)))
    kept.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    kept.ImplementationVersionName = f"HOUNSFIELD {_core.__version__}"[:16]
    buffer = DicomBytesIO()
    buffer.is_implicit_VR, buffer.is_little_endian = False, True
    write_file_meta_info(buffer, kept, enforce_standard=False)
    return bytes(128) + b"DICM" + bytes(buffer.getvalue())


class Header:
    """The data set of a file without its pixel data, to be changed and encoded anew.

    Parameters
    ----------
    origin : Input
        The file.
    dataset : FileDataset
        Its header, as read.
    limits : Limits
        What reading may cost.
    """

    def __init__(self, origin: Input, dataset: FileDataset, limits: Limits) -> None:
        self._limits = limits
        found, _ = _core.edit_targets(origin, limits, list(_PIXELS))
        there: list[Row] = [(path, None, None) for path, row in zip(_PIXELS, found, strict=True) if row[1]]
        explicit: list[bytes] = [meta(dataset, syntax=EXPLICIT)]
        _core.recode(_edited(origin, there, limits), limits, False, False, explicit.append)  # noqa: FBT003
        self._file = Input(origin.name, None, b"".join(explicit))

    def change(self, rows: Iterable[Row]) -> None:
        """Set elements: path, VR, and the value in little endian; ``None`` deletes."""
        wanted = list(rows)
        # The core does not replace what runs to a delimiter: that is deleted first.
        sequences: list[Row] = [
            (path, None, None) for path, vr, value in wanted if vr == "SQ" and value and self.has(path)
        ]
        for step in (sequences, wanted):
            if step:
                self._file = _edited(self._file, step, self._limits)

    def has(self, path: str) -> bool:
        """Whether there is such an element."""
        return _core.edit_targets(self._file, self._limits, [path])[0][0][1]

    def nested(self, tag: int) -> list[tuple[str, bool]]:
        """Paths of the elements of this tag that are in sequences, and whether each is encapsulated."""
        data = self._file.data or b""
        if tag.to_bytes(4, "big")[1::-1] + tag.to_bytes(4, "big")[:1:-1] not in data:
            return []
        return list(_nested(_core.tokens(data, limits=self._limits)[0], tag))

    def split(self, encoding: Encoding) -> tuple[bytes, bytes]:
        """Encode the data set: what comes before the pixel data, and what comes after."""
        pieces: list[bytes] = []
        at = _core.recode(self._file, self._limits, encoding.implicit, encoding.big_endian, pieces.append)
        whole = b"".join(pieces)
        return whole[:at], whole[at:]


def _edited(file: Input, rows: list[Row], limits: Limits) -> Input:
    changed: list[bytes] = []
    _core.edit(file, limits, rows, changed.append)
    return Input(file.name, None, b"".join(changed))


def _nested(tokens: list[tuple[int, str, int, int, int, str, int]], wanted: int) -> Iterable[tuple[str, bool]]:
    way: list[str] = []
    items: list[int] = []
    for tag, _, _, _, depth, content, _ in tokens:
        del way[depth:]
        if content == "item":
            del items[depth // 2 + 1 :]
            items[depth // 2] += 1
            way.append(f"[{items[depth // 2]}]")
            continue
        name = f"{'.' * (depth > 0)}{tag >> 16:04X},{tag & 0xFFFF:04X}"
        if tag == wanted and depth > 0:
            yield "".join([*way, name]), content == "fragments"
        if content in ("sequence", "fragments"):
            del items[depth // 2 :]
            items.append(-1)
            way.append(name)


class Deflater:
    """Deflates what is written (PS3.5 A.5).

    Parameters
    ----------
    write : callable
        Takes the bytes.
    """

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        self._count = 0

    def write(self, data: bytes) -> None:
        """Deflate more."""
        self._give(self._deflate.compress(data))

    def close(self) -> None:
        """Write what is left, padded to an even length."""
        self._give(self._deflate.flush())
        if self._count % 2:
            self._write(b"\0")

    def _give(self, data: bytes) -> None:
        self._count += len(data)
        self._write(data)
