"""The same action for files and folders of files: folders keep their shape, every file gets a row."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hounsfield.errors import HounsfieldError, KeyFileError, NotDicomError, ReadError, UsageError
from hounsfield.files.batch import pairs
from hounsfield.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Row", "for_files"]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file.

    Parameters
    ----------
    input, output : str
        Where it was read and written.
    status : {'done', 'skipped', 'failed'}
        ``skipped``: it is nothing that this can be done with.
    reason : str
        Why it was not done.
    note : str
        What else there is to say.
    error : HounsfieldError, optional
        What went wrong.
    """

    input: str
    output: str
    status: Literal["done", "skipped", "failed"]
    reason: str = ""
    note: str = ""
    error: HounsfieldError | None = None

    def to_dict(self) -> dict[str, str]:
        """As JSON; without what is empty."""
        found = {
            "input": self.input,
            "output": self.output,
            "status": self.status,
            "reason": self.reason,
            "note": self.note,
            "code": self.error.code if self.error is not None else "",
        }
        return {name: value for name, value in found.items() if value}


def for_files(
    sources: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    action: Callable[[str, str], str],
    *,
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Call `action` with each file and its place below `output`; what fails is told, the rest is done.

    Parameters
    ----------
    sources : iterable of paths
        Folders are walked; what is in them keeps its place.
    output : path
        A file for a single file, otherwise a folder, which is made.
    action : callable
        Takes input and output and gives a note.
    progress : Progress, optional
        Is told how far it is.

    Raises
    ------
    UsageError, KeyFileError
        What is wrong for every file.
    """
    listed = list(pairs([os.fspath(source) for source in sources], os.fspath(output)))
    progress = progress or Silent()
    progress.start("Files", len(listed), "files")
    try:
        for source, target in listed:
            yield _row(source, target, action)
            progress.advance(1)
    finally:
        progress.finish()


def _row(source: str, target: str, action: Callable[[str, str], str]) -> Row:
    try:
        return Row(source, target, "done", note=action(source, target))
    except (UsageError, KeyFileError):
        raise
    except NotDicomError as error:
        return Row(source, target, "skipped", error.message, error=error)
    except HounsfieldError as error:
        if error.code in {"dicomdir", "nothing-to-sign"}:
            return Row(source, target, "skipped", error.message, error=error)
        where = f"{target}: " if not isinstance(error, ReadError) and error.where == target else ""
        return Row(
            source, target, "failed", f"{where}{error.message}{'. ' + error.hint if error.hint else ''}", error=error
        )
