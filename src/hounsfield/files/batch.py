"""The same changes to many files: folders keep their shape, every file gets a row."""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hounsfield.errors import ExistsError, HounsfieldError, NotDicomError, ReadError, UsageError, WriteError
from hounsfield.files.edit import Change, edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hounsfield.files.values import Value
    from hounsfield.settings import Limits

__all__ = ["Row", "edit_all", "make_folder", "pairs"]


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one file.

    Parameters
    ----------
    input, output : str
        Where it was read and written.
    status : {'done', 'skipped', 'failed'}
        ``skipped``: it is not DICOM.
    reason : str
        Why it was not done.
    changes : tuple of Change
        What was done.
    """

    input: str
    output: str
    status: Literal["done", "skipped", "failed"]
    reason: str = ""
    changes: tuple[Change, ...] = ()


def edit_all(
    sources: Iterable[str | os.PathLike[str]],
    changes: Mapping[str, Value | None],
    output: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    force: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> Iterator[Row]:
    """Edit files and folders of files, as `edit` does one; give a row for each file.

    Parameters
    ----------
    sources : iterable of paths
        Folders are walked; what is in them keeps its place below `output`.
    changes, overwrite, force, dry_run, limits
        As for `edit`.
    output : path
        A file for a single file, otherwise a folder, which is made.

    Raises
    ------
    UsageError
        When the changes are not possible in any file.
    """
    for source, target in pairs([os.fspath(source) for source in sources], os.fspath(output)):
        try:
            if not dry_run:
                make_folder(target)
            done = edit(source, changes, target, overwrite=overwrite, force=force, dry_run=dry_run, limits=limits)
        except NotDicomError as error:
            yield Row(source, target, "skipped", error.message)
        except UsageError as error:
            if not error.code.startswith("edit-"):
                raise
            yield Row(source, target, "failed", _reason(error))
        except ExistsError as error:
            yield Row(source, target, "failed", f"{target} {_reason(error).removeprefix('the output ')}")
        except HounsfieldError as error:
            yield Row(source, target, "failed", _reason(error))
        else:
            yield Row(source, target, "done", changes=tuple(done))


def make_folder(target: str) -> None:
    """Make the folder that `target` is to be in."""
    try:
        Path(target).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"the folder of the output cannot be made: {error.strerror}", where=target) from None


def _reason(error: HounsfieldError) -> str:
    return f"{error.message}. {error.hint}" if error.hint else error.message


def pairs(sources: list[str], output: str, *, archives: bool = False) -> Iterator[tuple[str, str]]:
    """Give each file below `sources`, and the path below `output` that it goes to.

    Parameters
    ----------
    sources : list of str
        Files and folders.
    output : str
        A file for a single file, otherwise a folder.
    archives : bool
        ZIP archives are taken for folders of what is in them, also those in folders.

    Raises
    ------
    UsageError
        When several files would go to one file, or the output is inside the input.
    """
    if len(sources) == 1 and not os.path.isdir(sources[0]) and not (archives and _is_archive(sources[0])):
        into = os.path.isdir(output)
        yield sources[0], os.path.join(output, os.path.basename(sources[0])) if into else output
        return
    if output == "-" or os.path.isfile(output):
        raise UsageError("several files need a folder as output", where=output)
    for source in sources:
        if archives and _is_archive(source):
            yield from _members(source, output)
            continue
        if not os.path.isdir(source):
            yield source, os.path.join(output, os.path.basename(source))
            continue
        inner = os.path.relpath(os.path.realpath(output), os.path.realpath(source))
        if inner == os.curdir or not inner.startswith(os.pardir):
            raise UsageError("the output folder is inside the input folder", where=output)
        for path, target in _walk(source, output):
            try:
                # In a folder of its own: archives beside each other may hold the same names.
                found = list(_members(path, target)) if archives and _is_archive(path) else []
            except ReadError:
                found = []
            yield from found or [(path, target)]


def _walk(source: str, output: str) -> Iterator[tuple[str, str]]:
    def refuse(error: OSError) -> None:
        raise ReadError(f"the folder cannot be read: {error.strerror}", where=str(error.filename))

    for folder, folders, names in os.walk(source, onerror=refuse):
        folders.sort()
        below = os.path.relpath(folder, source)
        for name in sorted(names):
            yield os.path.join(folder, name), os.path.normpath(os.path.join(output, below, name))


def _is_archive(path: str) -> bool:
    return path.lower().endswith(".zip") and os.path.isfile(path)


def _members(archive: str, output: str) -> Iterator[tuple[str, str]]:
    try:
        with zipfile.ZipFile(archive) as opened:
            names = sorted(info.filename for info in opened.infolist() if not info.is_dir())
    except (OSError, zipfile.BadZipFile) as error:
        raise ReadError(f"the archive cannot be read: {error}", where=archive) from None
    for name in names:
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", os.curdir, os.pardir)]
        if parts:
            # A name from an archive never leads out of the output.
            yield f"{archive}/{name}", os.path.join(output, *(part.replace(":", "_") for part in parts))
