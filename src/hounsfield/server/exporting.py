"""Files to take along: a study or series as a ZIP archive that is made while it is sent."""

from __future__ import annotations

import os
import re
import zipfile
from typing import TYPE_CHECKING

from hounsfield.errors import HounsfieldError
from hounsfield.files.source import open_input
from hounsfield.server.names import name_of
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library

__all__ = ["pieces_of", "zip_of"]

_PIECE = 1 << 20
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
# The least that ZIP can say of a time; those of the files are nobody's business.
_TIME = (1980, 1, 1, 0, 0, 0)


class _Pipe:
    """A file that is only written, whose bytes are taken away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zip_of(library: Library, rows: list[Instance]) -> Iterator[bytes]:
    """Give the bytes of an archive with the files of some instances as they are, a folder for each series.

    What cannot be read is named with the reason in ``missing.txt``.
    """
    pipe = _Pipe()
    missing: list[str] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for number, row in enumerate(rows, 1):
            name = f"{_folder(row)}/IM{number:06d}.dcm"
            try:
                with archive.open(zipfile.ZipInfo(name, _TIME), "w", force_zip64=True) as out:
                    for piece in pieces_of(library, row):
                        out.write(piece)
                        yield pipe.take()
            except (HounsfieldError, OSError) as error:
                missing.append(f"{name}: {error}")
        if missing:
            archive.writestr(zipfile.ZipInfo("missing.txt", _TIME), "\n".join(missing))
    yield pipe.take()


def _folder(row: Instance) -> str:
    words = (text(row, "SeriesNumber"), text(row, "Modality"), text(row, "SeriesDescription"))
    safe = _UNSAFE.sub("-", " ".join(word for word in words if word)).strip("-.")[:60] or "series"
    return f"{safe}-{row['series_id']}"


def pieces_of(library: Library, row: Instance) -> Iterator[bytes]:
    """Give the bytes of the file of an instance, piece by piece."""
    if row["member"]:
        yield open_input(name_of(row), limits=library.limits).data or b""
        return
    library.ready([row])
    with open(os.fsencode(row["path"]), "rb") as file:
        while piece := file.read(_PIECE):
            yield piece
