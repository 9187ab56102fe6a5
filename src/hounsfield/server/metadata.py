"""Headers as JSON of the DICOM model (PS3.18 F): ``.../metadata``. The core writes it while it reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hounsfield.errors import HounsfieldError
from hounsfield.server.images import missing
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library

__all__ = ["headers", "instances_of"]

# Text of the JSON is UTF-8, whatever the file is in (PS3.18 F.2.2).
_CHARSET = re.compile(r'"00080005":\{"vr":"CS"[^}]*\}')
_UTF_8 = '"00080005":{"vr":"CS","Value":["ISO_IR 192"]}'
_PIXELS = re.compile(r'("7FE000(?:08|09|10)":\{"vr":"..",)"BulkDataURI":"([^"?]*)\?[^"]*"\}')
_MOST = 50_000
_LEVELS = {"SOPInstanceUID": "instance", "SeriesInstanceUID": "series", "StudyInstanceUID": "study"}


def instances_of(library: Library, keys: dict[str, str]) -> list[Instance]:
    """Give the rows of the instances with these UIDs.

    Raises
    ------
    ReadError
        Where there is none (code ``not-found``).
    """
    with library.catalog() as catalog:
        rows = list(catalog.instances.where(**{key: [value] for key, value in keys.items()}))
    if not rows:
        level = list(keys)[-1]
        raise missing(_LEVELS[level], keys[level])
    return rows


def headers(library: Library, rows: list[Instance], base: str) -> bytes:
    """Give the headers of some instances as one JSON array.

    Parameters
    ----------
    library : Library
        For its limits.
    rows : list of Instance
        Which.
    base : str
        Address of the DICOMweb service, which addresses of bulk data begin with.

    Raises
    ------
    ReadError
        Where none can be read.
    """
    failed: list[HounsfieldError] = []
    found = list(_each(library, rows[:_MOST], base, failed))
    if not found:
        raise failed[0]
    return f"[{','.join(found)}]".encode("utf-8", "backslashreplace")


def _each(library: Library, rows: list[Instance], base: str, failed: list[HounsfieldError]) -> Iterator[str]:
    for row in rows:
        try:
            yield _header(library, row, base)
        except HounsfieldError as error:
            failed.append(error)


def _header(library: Library, row: Instance, base: str) -> str:
    place = (
        f"{base}/studies/{text(row, 'StudyInstanceUID')}/series/{text(row, 'SeriesInstanceUID')}"
        f"/instances/{text(row, 'SOPInstanceUID')}/bulkdata"
    )
    found = library.header(row, place)
    found = _PIXELS.sub(r'\1"BulkDataURI":"\2/7FE00010"}', found)
    # What the JSON holds is added in front: the character set that it is in, and how the pixels are stored.
    available = f'"00083002":{{"vr":"UI","Value":["{text(row, "TransferSyntaxUID")}"]}}'
    head = f"{{{_UTF_8},{available}"
    rest = _CHARSET.sub("", found, count=1).lstrip("{\n ,")
    return f"{head},{rest}" if rest != "}" else f"{head}}}"
