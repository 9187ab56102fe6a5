"""Worklist items that come one by one: checked, and kept as files in the folder that queries are answered from."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.errors import LimitError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom import Dataset

__all__ = ["Schedule"]

_LOG = logging.getLogger("hounsfield.network")
_ID = re.compile(r"[0-9a-f]{32}")
_MOST = 50_000
_MOST_BYTES = 1 << 20
# What a modality cannot do without (PS3.4 K.6.1.2.2, type 1).
_NEEDED = ("PatientName", "PatientID", "StudyInstanceUID")
_STEP = ("ScheduledStationAETitle", "ScheduledProcedureStepStartDate", "Modality", "ScheduledProcedureStepID")


class Schedule:
    """Items in a folder, under names that are made here.

    Parameters
    ----------
    folder : path
        Where `WorklistFolder` reads.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        self._lock = threading.Lock()

    def add(self, items: object) -> list[str]:
        """Keep items, all of them or none; give their identifiers.

        An item of the same study with the same identifiers of its steps takes the place of the one that was there.

        Parameters
        ----------
        items : object
            DICOM JSON (PS3.18 F): an item, or a list of items.

        Raises
        ------
        UsageError
            When something is no item of a worklist.
        LimitError
            When there are too many, or one is too large.
        WriteError
            When it cannot be written.
        """
        listed = items if isinstance(items, list) else [items]
        if not listed:
            raise UsageError("there is no item")
        made: dict[str, bytes] = {}
        for number, item in enumerate(listed, 1):
            name, content = _checked(item, number)
            made[name] = content
        with self._lock:
            new = sum(not self._path(name).exists() for name in made)
            if new + sum(1 for _ in self._names()) > _MOST:
                raise LimitError(f"a worklist has at most {_MOST:,} items", hint="Remove those that are done.")
            try:
                for name, content in made.items():
                    _write(self._path(name), content)
            except OSError as error:
                raise WriteError(f"the worklist cannot be written: {error.strerror}") from error
        _LOG.info("%d worklist items came", len(made))
        return list(made)

    def items(self) -> dict[str, Any]:
        """Give what is there, as DICOM JSON, under the identifiers; what other programs put into the folder is not."""
        found = {}
        for name in sorted(self._names()):
            try:
                found[name] = json.loads(self._path(name).read_bytes())
            except (OSError, ValueError):
                continue
        return found

    def remove(self, name: str) -> None:
        """Remove an item.

        Raises
        ------
        UsageError
            With the code ``not-found``, when there is none.
        WriteError
            When it cannot be removed.
        """
        try:
            if not _ID.fullmatch(name):
                raise FileNotFoundError
            self._path(name).unlink()
        except FileNotFoundError:
            raise UsageError("there is no such item", code="not-found") from None
        except OSError as error:
            raise WriteError(f"the worklist cannot be written: {error.strerror}") from error
        _LOG.info("a worklist item was removed")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"

    def _names(self) -> Iterator[str]:
        try:
            entries = os.listdir(self._folder)
        except OSError as error:
            raise WriteError(f"the worklist cannot be read: {error.strerror}") from error
        for entry in entries:
            stem, _, suffix = entry.partition(".")
            if suffix == "json" and _ID.fullmatch(stem):
                yield stem


def _checked(item: object, number: int) -> tuple[str, bytes]:
    """Give the identifier of an item and the bytes to keep."""
    from pydicom import Dataset

    content = json.dumps(item).encode()
    if len(content) > _MOST_BYTES:
        raise LimitError(f"item {number} is larger than {_MOST_BYTES >> 20} MB")
    if not isinstance(item, dict):
        raise UsageError(f"item {number} is no object of DICOM JSON")
    try:
        with warnings.catch_warnings():
            # A value that is odd is one to refuse as well.
            warnings.simplefilter("error")
            found = Dataset.from_json(item)
            for element in found.iterall():
                str(element.value)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the values, pydicom raises of any kind
        raise UsageError(f"item {number} is no DICOM JSON (PS3.18 F): {type(error).__name__}") from None
    steps = found.get("ScheduledProcedureStepSequence")
    if not steps:
        raise UsageError(f"item {number} has no Scheduled Procedure Step Sequence")
    missing = [keyword for keyword in _NEEDED if not found.get(keyword)]
    missing += [keyword for step in steps for keyword in _STEP if not step.get(keyword)]
    if missing:
        raise UsageError(f"item {number} has no {missing[0]}")
    return _identifier(found), content


def _identifier(found: Dataset) -> str:
    steps = [str(step.ScheduledProcedureStepID) for step in found.ScheduledProcedureStepSequence]
    return hashlib.sha256("\n".join([str(found.StudyInstanceUID), *steps]).encode()).hexdigest()[:32]


def _write(path: Path, content: bytes) -> None:
    # Names that begin with a dot are not read.
    partial = path.with_name(f".{path.name}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
