"""What makes a run resumable: which inputs are done, in a file of the output that tells nothing without the key."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.errors import ExistsError, UsageError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hounsfield.deidentify.key import Key
    from hounsfield.deidentify.profile import Profile

__all__ = ["JOURNAL", "Journal"]

JOURNAL = ".hounsfield-deidentify"
_PART = (".hounsfield-", ".part")


class Journal:
    """The journal of one output folder.

    Parameters
    ----------
    output : path
        The folder; made where it is missing.
    profile, key : Profile, Key
        Of this run: a folder is gone on with only under the same.
    sealed : bool
        Whether the originals go along, encrypted: files with and without them do not mix.

    Raises
    ------
    ExistsError
        When the folder holds files of something else, or of a run with another profile or key.
    UsageError, WriteError
        When it is no folder, or cannot be written.
    """

    def __init__(self, output: str | os.PathLike[str], profile: Profile, key: Key, *, sealed: bool) -> None:
        self._key = key
        self._path = Path(output) / JOURNAL
        self.done: dict[str, str] = {}
        self._head = {
            "profile": profile.digest(),
            "key": key.fingerprint(),
            **({"originals": "sealed"} if sealed else {}),
        }
        try:
            Path(output).mkdir(parents=True, exist_ok=True)
            present = sorted(os.listdir(output))
        except FileExistsError:
            raise UsageError("the output must be a folder", where=os.fspath(output)) from None
        except OSError as error:
            raise WriteError(f"the output folder cannot be made: {error.strerror}", where=os.fspath(output)) from None
        if JOURNAL in present:
            self._read(os.fspath(output))
        elif present:
            hint = "Only a new or empty folder shows that all of it was de-identified."
            raise ExistsError("the output folder holds files already", where=os.fspath(output), hint=hint)
        for name in present:
            # What a run that was killed has left half-written.
            if name.startswith(_PART[0]) and name.endswith(_PART[1]):
                left = Path(output) / name
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
        if JOURNAL not in present:
            self._append([self._head])

    def _read(self, output: str) -> None:
        lines = self._path.read_text(encoding="utf-8").splitlines()
        try:
            head, *rest = [json.loads(line) for line in lines if line.endswith("}")]
        except ValueError:
            head, rest = None, []
        if head != self._head:
            hint = "With another profile or key, with originals or without, choose another folder."
            message = "the output folder is of a run with another profile or key"
            if head is not None and {**head, "originals": ""} == {**self._head, "originals": ""}:
                without = "without" if "originals" in self._head else "with"
                message = f"the output folder is of a run {without} the encrypted originals (--recipient)"
            raise ExistsError(message, where=output, hint=hint)
        self.done = {record["input"]: record["output"] for record in rest if "input" in record}

    def output_of(self, state: str) -> str | None:
        """Give what was made of an input that has not changed since, where it is still there."""
        output = self.done.get(self._key.mark(state))
        return output if output and (self._path.parent / output).is_file() else None

    def add(self, made: Iterable[tuple[str, str]]) -> None:
        """Note inputs (as `Found.state`) and their outputs.

        Raises
        ------
        WriteError
        """
        self._append([{"input": self._key.mark(state), "output": output} for state, output in made])

    def _append(self, records: list[dict[str, str]]) -> None:
        if not records:
            return
        try:
            with open(self._path, "a", encoding="utf-8") as opened:
                opened.writelines(json.dumps(record) + "\n" for record in records)
        except OSError as error:
            raise WriteError(f"the journal cannot be written: {error.strerror}", where=str(self._path)) from None
