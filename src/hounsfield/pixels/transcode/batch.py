"""Many files transcoded alike: folders and archives keep their shape, every file gets a row."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from hounsfield.errors import ExistsError, HounsfieldError, NotDicomError
from hounsfield.files.batch import make_folder, pairs
from hounsfield.pixels.transcode.frames import ordered
from hounsfield.pixels.transcode.plan import NothingToDo, plan
from hounsfield.pixels.transcode.report import Row
from hounsfield.pixels.transcode.source import open_source
from hounsfield.pixels.transcode.transcoding import Options, transcode_file
from hounsfield.progress import Progress, Silent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["transcode_all"]


def transcode_all(
    sources: Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    options: Options,
    *,
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Transcode files, folders and ZIP archives, as `transcode` does one file; give a row for each file.

    One that fails does not stop the others. Outputs appear whole or not at all, so that the same call takes up work
    that was broken off: files whose output is there already, made of them in the same syntax, are skipped.

    Parameters
    ----------
    sources : iterable of paths
        Folders are walked; what is in them keeps its place below `output`.
    output : path
        A file for a single file, otherwise a folder, which is made.
    options : Options
        What to do.
    progress : Progress, optional
        Is told of files, or of frames where there is one file.

    Raises
    ------
    UsageError
        When several files have one output, or the output is inside the input.
    """
    given = [os.fspath(source) for source in sources]
    found = list(pairs(given, os.fspath(output), archives=True))
    listener = progress or Silent()
    if len(found) == 1 and found[0][0] in given:
        yield _row(*found[0], options, listener)
        return
    listener.start("transcoding", len(found), "files")
    taken: dict[str, str] = {}
    for source, target in found:
        taken.setdefault(target, source)
    # Threads are for files, which are many, not for the frames of each.
    inner = replace(options, threads=1)

    def one(pair: tuple[str, str]) -> Row:
        source, target = pair
        first = taken[target]
        if first != source:
            return Row(source, target, "failed", f"the name is taken by {first}", "name-collision")
        row = _row(source, target, inner, None)
        return _resumed(row, inner) if row.code == "exists" else row

    try:
        for row in ordered(found, one, threads=options.threads):
            listener.advance()
            yield row
    finally:
        listener.finish()


def _row(source: str, target: str, options: Options, progress: Progress | None) -> Row:
    try:
        if not options.dry_run and target != "-":
            make_folder(target)
        return transcode_file(source, target, options, progress=progress)
    except NothingToDo as error:
        return Row(source, target, "skipped", str(error), "dicomdir")
    except NotDicomError as error:
        return Row(source, target, "skipped", error.message, error.code or "not-dicom")
    except ExistsError as error:
        return Row(source, target, "failed", _reason(error, source), "exists")
    except HounsfieldError as error:
        return Row(source, target, "failed", _reason(error, source), error.code)


def _resumed(row: Row, options: Options) -> Row:
    """Skip what was done before: the output is there, in the syntax, and of this instance."""
    try:
        source, made = open_source(row.input, options.limits), open_source(row.output, options.limits)
        if made.syntax != plan(source, options.target).syntax or made.frames != source.frames:
            return row
    except (HounsfieldError, NothingToDo):
        return row
    uid = source.dataset.get("SOPInstanceUID")
    origins = [item.get("ReferencedSOPInstanceUID") for item in made.dataset.get("SourceImageSequence") or ()]
    if uid and uid in (made.dataset.get("SOPInstanceUID"), *origins):
        return replace(row, status="skipped", reason="it was transcoded before", code="done-before")
    return row


def _reason(error: HounsfieldError, source: str) -> str:
    place = f"{error.where}: " if error.where and error.where != source else ""
    tag = f" [({error.tag >> 16:04X},{error.tag & 0xFFFF:04X})]" if error.tag is not None else ""
    hint = f". {error.hint}" if error.hint else ""
    return f"{place}{error.message}{tag}{hint}"
