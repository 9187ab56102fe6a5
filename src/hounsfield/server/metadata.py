"""Headers as JSON of the DICOM model (PS3.18 F): ``.../metadata``.

Most elements of a series have the same value in every instance, so that the JSON of a value is made once and remembered
for the request; reading the files is what is left.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hounsfield.errors import HounsfieldError
from hounsfield.files.read import read
from hounsfield.server.images import missing, name_of
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library

__all__ = ["BULK", "Metadata", "json_of"]

# Values above this many bytes are fetched by themselves.
BULK = 4096
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_CHARSET, _AVAILABLE, _PIXELS = 0x00080005, 0x00083002, (0x7FE00008, 0x7FE00009, 0x7FE00010)
_MOST = 20_000


class Metadata:
    """Gives headers.

    Parameters
    ----------
    library : Library
        Where the instances are.
    base : str
        Address of the DICOMweb service, which addresses of bulk data begin with.
    """

    def __init__(self, library: Library, base: str) -> None:
        self._library, self._base = library, base
        self._known: dict[tuple[Any, ...], str] = {}

    def of(self, keys: dict[str, str]) -> bytes:
        """Give the headers of the instances with these UIDs, as one JSON array.

        Raises
        ------
        ReadError
            Where there is none (code ``not-found``), or none can be read.
        """
        with self._library.catalog() as catalog:
            rows = list(catalog.instances.where(**{key: [value] for key, value in keys.items()}))
        if not rows:
            level = list(keys)[-1]
            raise missing(
                {"SOPInstanceUID": "instance", "SeriesInstanceUID": "series"}.get(level, "study"), keys[level]
            )
        found, failed = [], []
        for row in rows[:_MOST]:
            try:
                found.append(self._object(row))
            except HounsfieldError as error:
                failed.append(error)
        if not found:
            raise failed[0]
        return f"[{','.join(found)}]".encode("utf-8", "backslashreplace")

    def _object(self, row: Instance) -> str:
        dataset = read(name_of(row), stop_before_pixels=True, limits=self._library.limits, issues=[])
        place = "/".join(
            f"{level}/{text(row, key)}"
            for level, key in (
                ("studies", "StudyInstanceUID"),
                ("series", "SeriesInstanceUID"),
                ("instances", "SOPInstanceUID"),
            )
        )
        found = self._fragments(dataset, f"{self._base}/{place}/bulkdata")
        syntax = text(row, "TransferSyntaxUID")
        found[_CHARSET] = '"00080005":{"vr":"CS","Value":["ISO_IR 192"]}'
        found[_AVAILABLE] = f'"00083002":{{"vr":"UI","Value":[{json.dumps(syntax)}]}}'
        if row["Rows"]:
            vr = "OW" if (row["BitsAllocated"] or 8) > 8 else "OB"
            found[_PIXELS[2]] = f'"7FE00010":{{"vr":"{vr}","BulkDataURI":"{self._base}/{place}/bulkdata/7FE00010"}}'
        return "{" + ",".join(found[tag] for tag in sorted(found)) + "}"

    def _fragments(self, dataset: Dataset, place: str) -> dict[int, str]:
        """Give the JSON of each element."""
        known, found = self._known, {}
        encoding = str(dataset.original_character_set)
        raw: Any = dataset._dict  # noqa: SLF001 - elements as they were read, not decoded
        for tag, element in list(raw.items()):
            if tag in _PIXELS or tag < 0x00080000 or not tag & 0xFFFF:
                continue
            value = element.value
            if type(value) is not bytes and value is not None:
                found[int(tag)] = self._converted(dataset, tag, place)
                continue
            if value is not None and len(value) > BULK:
                found[int(tag)] = self._converted(dataset, tag, place)
                continue
            key = (int(tag), element.VR, value, encoding)
            fragment = known.get(key)
            if fragment is None:
                fragment = known[key] = self._converted(dataset, tag, place)
            found[int(tag)] = fragment
        return found

    def _converted(self, dataset: Dataset, tag: Any, place: str) -> str:
        name = f"{int(tag):08X}"
        try:
            element = dataset[tag]
            vr = str(element.VR)
            if vr == "SQ":
                items = [self._fragments(item, f"{place}/{name}/{n}") for n, item in enumerate(element.value, 1)]
                inside = ",".join("{" + ",".join(one[key] for key in sorted(one)) + "}" for one in items)
                values = f',"Value":[{inside}]' if items else ""
                return f'"{name}":{{"vr":"SQ"{values}}}'
            if vr in _BINARY and len(element.value or b"") > BULK:
                return f'"{name}":{{"vr":"{vr}","BulkDataURI":"{place}/{name}"}}'
            made = element.to_json_dict(None, 1 << 40)
            return f'"{name}":{json.dumps(made, ensure_ascii=False, allow_nan=False)}'
        except Exception:  # noqa: BLE001 - pydicom raises whatever a broken value makes it raise
            return f'"{name}":{{"vr":"{_vr(dataset, tag)}"}}'


def _vr(dataset: Dataset, tag: Any) -> str:
    found = str(getattr(dataset.get_item(tag), "VR", None) or "UN")
    return found if len(found) == 2 else "UN"


def json_of(dataset: Dataset) -> dict[str, Any]:
    """Give one data set as an object of DICOM JSON, with all of its values."""
    found: dict[str, Any] = dataset.to_json_dict(bulk_data_threshold=1 << 40)
    return found
