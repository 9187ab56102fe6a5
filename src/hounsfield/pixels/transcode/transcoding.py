"""`transcode`: the same image in another transfer syntax."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydicom.errors import BytesLengthException

from hounsfield.errors import HounsfieldError, MalformedError, UnsupportedError
from hounsfield.files.output import check_free, staged
from hounsfield.pixels.transcode.plan import NothingToDo, Plan, plan
from hounsfield.pixels.transcode.report import Difference, Row
from hounsfield.pixels.transcode.source import Source, open_source
from hounsfield.pixels.transcode.targets import Target, target_of
from hounsfield.pixels.transcode.verify import compared
from hounsfield.pixels.transcode.writing import Making, write
from hounsfield.progress import Progress, Silent
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.files.write_pixels import Offsets

__all__ = ["Options", "opened_output", "transcode", "transcode_file"]


# What pydicom raises for values that break the rules of their VR.
_HEADER = (
    ArithmeticError,
    AttributeError,
    BytesLengthException,
    LookupError,
    NotImplementedError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Options:
    """How files are transcoded.

    Parameters
    ----------
    target : Target
        To what.
    verify : bool
        Decode what was written and compare it with the original, before the file is kept.
    new_uid : bool or None
        Give a new SOP Instance UID; ``None``: where the compression is lossy (PS3.3 C.7.6.1.1.5).
    offsets : {'basic', 'extended', 'empty'}
        The offset table of encapsulated pixel data.
    overwrite : bool
        Replace files that are there already.
    dry_run : bool
        Only find out what would be done.
    threads : int
        How many; 0: as many as there are processors.
    limits : Limits
        What reading may cost.
    """

    target: Target
    verify: bool = False
    new_uid: bool | None = None
    offsets: Offsets = "basic"
    overwrite: bool = False
    dry_run: bool = False
    threads: int = 0
    limits: Limits = field(default_factory=Limits)


def transcode(  # noqa: PLR0913 - one parameter for each option
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    to: str,
    verify: bool = False,
    new_uid: bool | None = None,
    offsets: Offsets = "basic",
    overwrite: bool = False,
    limits: Limits | None = None,
) -> Row:
    """Write an image in another transfer syntax.

    Pixels that are compressed without loss are bit for bit the same when they are decoded, and every other element
    stays as it is; what the new syntax changes in the header is changed: Photometric Interpretation, Planar
    Configuration, and after lossy compression Lossy Image Compression with its ratio and method, Image Type,
    Derivation Description and Code, Source Image Sequence and SOP Instance UID.

    Parameters
    ----------
    source : path
        A DICOM file; the path may lead into a ZIP archive; ``-`` is standard input.
    output : path
        The file to write; ``-`` is standard output.
    to : str
        Without loss: ``uncompressed``, ``implicit``, ``big-endian``, ``deflated``, ``encapsulated``,
        ``deflated-frames``, ``rle``, ``jpeg-lossless``, ``jpeg-ls``, ``jpeg2000``, ``htj2k``, ``htj2k-rpcl``,
        ``jpeg-xl``; ``jpeg-xl-recompression`` for JPEG images, and ``jpeg`` for what they were. With loss, and only
        when asked for: ``jpeg:90`` (quality 1 to 100), ``jpeg-ls:2`` (greatest error of a value), ``jpeg2000:10``,
        ``htj2k:10``, ``jpeg-xl:10`` (compression ratio).
    verify : bool
        Decode what was written and compare it with the original before the file is kept.
    new_uid : bool, optional
        Give a new SOP Instance UID. By default only lossy compression does (PS3.3 C.7.6.1.1.5).
    offsets : {'basic', 'extended', 'empty'}
        The offset table of encapsulated pixel data. The extended one is written anyway where the other is too narrow.
    overwrite : bool
        Replace an existing file.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Row
        What was done; `Row.verified` holds the greatest and mean difference.

    Raises
    ------
    UsageError
        When `to` is not known, or what may be lost is missing or out of range.
    UnsupportedError
        When the syntax cannot hold such pixels.
    ReadError, PixelError
        When the source cannot be read or decoded; or verification fails.
    ExistsError, WriteError
        When the output exists or cannot be written. No half-written file is left.

    Examples
    --------
    >>> import hounsfield as hu
    >>> from pydicom.data import get_testdata_file
    >>> row = hu.transcode(get_testdata_file("CT_small.dcm"), "-", to="jpeg-ls", verify=True)  # doctest: +SKIP
    """
    options = Options(target_of(to), verify, new_uid, offsets, overwrite, limits=limits or Limits())
    try:
        return transcode_file(os.fspath(source), os.fspath(output), options)
    except NothingToDo as error:
        raise UnsupportedError(str(error), where=os.fspath(source), code="dicomdir") from None


def transcode_file(path: str, output: str, options: Options, *, progress: Progress | None = None) -> Row:
    """Transcode one file; whatever is wrong is raised.

    Raises
    ------
    NothingToDo
        When it is not to be transcoded.
    HounsfieldError
        As `transcode`.
    """
    try:
        if path != "-":
            return _transcoded(path, output, options, progress or Silent())
        with tempfile.NamedTemporaryFile() as held:
            shutil.copyfileobj(sys.stdin.buffer, held)
            held.flush()
            return replace(_transcoded(held.name, output, options, progress or Silent()), input=path)
    except HounsfieldError as error:
        raise error.at(path) from None
    except _HEADER as error:
        # pydicom quotes values and adds tracebacks.
        said = (str(error).splitlines() or [type(error).__name__])[0][:160]
        raise MalformedError(f"the header cannot be understood: {said}", where=path, code="header") from error


def _transcoded(path: str, output: str, options: Options, progress: Progress) -> Row:
    target = options.target
    source = open_source(path, options.limits)
    todo = plan(source, target)
    lossy = target.lossy and not todo.streams and todo.way != "kept"
    wanted = (lossy if options.new_uid is None else options.new_uid) and todo.way != "kept"
    instance = _new_uid() if wanted else ""
    row = Row(
        path,
        output,
        "planned",
        before=source.syntax,
        after=todo.syntax,
        frames=source.frames,
        method=todo.way,
        lossy=lossy,
        sop_instance_uid="" if options.dry_run else instance,
        bytes_before=_size(source.origin.path, source.origin.data),
        notes=todo.notes,
    )
    if output != "-":
        check_free(output, overwrite=options.overwrite)
    if options.dry_run:
        return row
    with opened_output(output, overwrite=options.overwrite) as out:
        progress.start("transcoding", source.frames or 1, "frames")
        making = Making(
            source,
            todo,
            os.path.dirname(out.name) or os.curdir,
            options.limits,
            quality=target.quality,
            instance=instance,
            progress=progress,
            threads=options.threads,
            offsets=options.offsets,
        )
        try:
            write(making, out)
            out.flush()
            row = replace(row, status="done", bytes_after=out.tell())
            return replace(row, verified=_verified(source, out.name, todo, options))
        finally:
            progress.finish()


def _verified(source: Source, made: str, todo: Plan, options: Options) -> Difference | None:
    if not options.verify:
        return None
    return compared(source, made, todo, quality=options.target.quality, limits=options.limits)


@contextmanager
def opened_output(output: str, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Give a file to write into, with a name, which becomes `output` (``-``: standard output) when all went well."""
    if output != "-":
        with staged(output, overwrite=overwrite) as opened:
            yield opened
        return
    with tempfile.NamedTemporaryFile() as temporary:
        yield temporary
        temporary.seek(0)
        shutil.copyfileobj(temporary, sys.stdout.buffer)
        sys.stdout.buffer.flush()


def _new_uid() -> str:
    from pydicom.uid import generate_uid

    # From a UUID (PS3.5 B.2), since there is no root of our own.
    return str(generate_uid(prefix=None))


def _size(path: str | None, data: bytes | None) -> int:
    return Path(path).stat().st_size if path is not None else len(data or b"")
