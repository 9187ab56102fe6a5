"""``conversion.json``: what each file of a folder was made of, and why anything was left out.

It names files relative to its own folder, and neither the patient nor where the sources lay, so that it can go with the
data; equal conversions write equal bytes. While a conversion runs, each finished stack is a line of a journal beside
it, from which an interrupted run goes on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.convert.output import as_json, write_whole
from hounsfield.errors import HounsfieldError, Issue, WriteError

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from hounsfield.convert.report import Row

__all__ = ["NAME", "Record"]

NAME = "conversion.json"
_JOURNAL = ".conversion.jsonl"
_LEFT_OUT = ("PatientID", "sources", "file")


class Record:
    """The record of one output folder.

    Parameters
    ----------
    output : path
        The folder; an earlier record in it is read.
    """

    def __init__(self, output: str | os.PathLike[str]) -> None:
        self.output = Path(output)
        self.earlier: dict[tuple[str, ...], dict[str, Any]] = {}
        for entry in [*_entries(self.output / NAME), *_lines(self.output / _JOURNAL)]:
            self.earlier[_key(entry)] = entry
        self._made = {entry["files"][0]: entry for entry in self.earlier.values() if entry["files"]}
        self._now: dict[tuple[str, ...], dict[str, Any]] = {}

    def kept(self, target: Path, identity: str) -> Mapping[str, Any] | None:
        """Give the entry of a file that an earlier run made of the same, if all that it made is still there."""
        entry = self._made.get(self._relative(target))
        if entry is None or entry.get("input") != identity or entry.get("bytes") is None:
            return None
        sizes = [_size(self.output / name) for name in entry["files"]]
        return entry if sizes == entry["bytes"] else None

    def add(self, row: Row) -> None:
        """Take a finished row, and keep it safe from being interrupted.

        Raises
        ------
        WriteError
            When the journal cannot be written.
        """
        entry = self._entry(row)
        self._now[_key(entry)] = entry
        if row.status != "done":
            return
        try:
            with (self.output / _JOURNAL).open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry, ensure_ascii=False) + "\n")
        except OSError as error:
            raise WriteError(f"it cannot be written: {error.strerror}", where=str(self.output / _JOURNAL)) from None

    def close(self) -> None:
        """Write the record; what earlier runs made of other sources stays in it.

        Raises
        ------
        WriteError
            When it cannot be written.
        """
        if not self._now:
            return
        written = {entry["files"][0] for entry in self._now.values() if entry["files"]}
        kept = {
            key: entry
            for key, entry in self.earlier.items()
            if key not in self._now and not (entry["files"] and entry["files"][0] in written)
        }
        entries = sorted([*kept.values(), *self._now.values()], key=lambda entry: (entry["files"], _key(entry)))
        found = {"software": f"hounsfield {_core.__version__}", "conversions": entries}
        try:
            write_whole(self.output / NAME, as_json(found), overwrite=True)
            (self.output / _JOURNAL).unlink(missing_ok=True)
        except OSError as error:
            raise HounsfieldError(f"it cannot be removed: {error.strerror}", where=str(self.output)) from None

    def _entry(self, row: Row) -> dict[str, Any]:
        found = {key: value for key, value in row.to_dict().items() if key not in _LEFT_OUT}
        if row.status == "kept":
            found["status"] = "done"
        files = [self._relative(Path(name)) for name in row.files]
        if not row.instances:
            # Only its name says which file could not be read.
            found["sources"] = [Path(name).name for name in row.sources]
        return found | {
            "files": files,
            "bytes": [_size(self.output / name) for name in files],
            "input": row.input or None,
        }

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.output).as_posix() if path.is_relative_to(self.output) else path.as_posix()


def issues_of(entry: Mapping[str, Any]) -> tuple[Issue, ...]:
    """Give the issues of an entry."""
    return tuple(
        Issue(one["code"], one["severity"], "", one["message"], "", one.get("count", 1)) for one in entry["issues"]
    )


def _size(path: Path) -> int | None:
    """Give the number of bytes, of a folder that of everything in it; ``None`` where it is gone."""
    try:
        if path.is_dir():
            return sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
        return path.stat().st_size
    except OSError:
        return None


def _key(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Give what tells an entry apart from others: the stack, and the file it became."""
    named = [str(entry.get(key) or "") for key in ("StudyInstanceUID", "SeriesInstanceUID", "stack", "code")]
    return (*entry["files"][:1], *named, *entry.get("sources", ()))


def _entries(path: Path) -> list[dict[str, Any]]:
    """Read an earlier record; what is none, or was damaged, says nothing."""
    try:
        return [entry for entry in json.loads(path.read_bytes())["conversions"] if _sound(entry)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _lines(path: Path) -> list[dict[str, Any]]:
    """Read a journal, whose last line may have been cut off."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    found = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if _sound(entry):
            found.append(entry)
    return found


def _sound(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("files"), list)
        and all(isinstance(name, str) for name in entry["files"])
        and isinstance(entry.get("issues"), list)
    )
