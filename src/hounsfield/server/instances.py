"""Whole instances as DICOMweb gives them: files as they are stored, or in the transfer syntax that the client asks for.

They are streamed one after the other (PS3.18 10.4.1.1.1). What a syntax cannot hold goes out as it is stored: each part
says which syntax it is in.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from hounsfield.errors import HounsfieldError
from hounsfield.pixels.transcode.transcoding import transcode
from hounsfield.server.exporting import pieces_of
from hounsfield.server.frames import EXPLICIT, accepted
from hounsfield.server.names import name_of
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library

__all__ = ["files_response"]

_DICOM = "application/dicom"
_J = "1.2.840.10008.1.2.4."
# Native ones, and those without loss; what loses something would be another object.
_MADE = frozenset(
    {"1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.5", *(f"{_J}{one}" for one in (57, 70, 80, 90, 201, 202))}
)
_PIECE = 1 << 20


def files_response(library: Library, rows: list[Instance], accept: str) -> Response:
    """Answer with the files of some instances.

    Raises
    ------
    HTTPException
        406 where the client takes nothing that there is.
    """
    multipart, syntax = _form(rows, accept)
    if not multipart:
        found, pieces = _file(library, rows[0], syntax)
        size = _size(rows) if found == _syntax(rows[0]) else {}
        return StreamingResponse(pieces, media_type=f"{_DICOM}; transfer-syntax={found}", headers=size)
    boundary = secrets.token_hex(16)
    kind = f'multipart/related; type="{_DICOM}"; boundary={boundary}'
    size = _size(rows, boundary) if all(syntax in ("", _syntax(row)) for row in rows) else {}
    return StreamingResponse(_parts(library, rows, syntax, boundary), media_type=kind, headers=size)


def _syntax(row: Instance) -> str:
    return text(row, "TransferSyntaxUID") or EXPLICIT


def _form(rows: list[Instance], accept: str) -> tuple[bool, str]:
    """Whether the client takes parts, otherwise the one file by itself; and the transfer syntax, empty for any."""
    stored = {_syntax(row) for row in rows}
    for one in accepted(accept):
        if one.media not in (_DICOM, "application/*", "*/*"):
            continue
        syntax = "" if one.syntax == "*" or {one.syntax} == stored else one.syntax
        if syntax and syntax not in _MADE:
            continue
        single = len(rows) == 1 and accept.lstrip().lower().startswith(_DICOM)
        if one.multipart or single:
            return not single, syntax
    listed = ", ".join(sorted(stored | _MADE))
    raise HTTPException(406, f"Files are given as multipart/related of {_DICOM} in {listed}.")


def _file(library: Library, row: Instance, syntax: str) -> tuple[str, Iterator[bytes]]:
    """Give the transfer syntax in which a file goes out, and its bytes."""
    stored = _syntax(row)
    if syntax in ("", stored):
        return stored, pieces_of(library, row)
    library.ready([row])
    folder = tempfile.TemporaryDirectory(prefix="hounsfield-", ignore_cleanup_errors=True)
    target = os.path.join(folder.name, "made.dcm")
    try:
        made = transcode(name_of(row), target, to=syntax, new_uid=False, limits=library.limits)
        done = made.status == "done" and made.after == syntax
    except (HounsfieldError, OSError):
        done = False
    if not done:
        folder.cleanup()
        return stored, pieces_of(library, row)

    def pieces() -> Iterator[bytes]:
        with folder, open(target, "rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    return syntax, pieces()


def _head(syntax: str, boundary: str) -> bytes:
    return f"--{boundary}\r\nContent-Type: {_DICOM}; transfer-syntax={syntax}\r\n\r\n".encode()


def _parts(library: Library, rows: list[Instance], syntax: str, boundary: str) -> Iterator[bytes]:
    for row in rows:
        found, pieces = _file(library, row, syntax)
        yield _head(found, boundary)
        yield from pieces
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _size(rows: list[Instance], boundary: str | None = None) -> dict[str, str]:
    """Say how long the body will be, where the files go out as they are and are not in archives."""
    if any(row["member"] or not isinstance(row["size"], int) for row in rows):
        return {}
    total = sum(row["size"] for row in rows)
    if boundary is not None:
        total += sum(len(_head(_syntax(row), boundary)) + 2 for row in rows) + len(boundary) + 6
    return {"Content-Length": str(total)}
