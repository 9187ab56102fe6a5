"""Whole instances as DICOMweb gives them: files as they are stored, streamed (PS3.18 10.4.1.1.1)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from hounsfield.server.exporting import pieces_of
from hounsfield.server.frames import EXPLICIT, accepted
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.catalog.record import Instance
    from hounsfield.server.library import Library

__all__ = ["files_response"]

_DICOM = "application/dicom"


def files_response(library: Library, rows: list[Instance], accept: str) -> Response:
    """Answer with the files of some instances.

    Raises
    ------
    HTTPException
        406 where the client does not take them as they are stored.
    """
    multipart = _form(rows, accept)
    if not multipart:
        return StreamingResponse(
            pieces_of(library, rows[0]), media_type=f"{_DICOM}; transfer-syntax={_syntax(rows[0])}", headers=_size(rows)
        )
    boundary = secrets.token_hex(16)
    kind = f'multipart/related; type="{_DICOM}"; boundary={boundary}'
    return StreamingResponse(_parts(library, rows, boundary), media_type=kind, headers=_size(rows, boundary))


def _syntax(row: Instance) -> str:
    return text(row, "TransferSyntaxUID") or EXPLICIT


def _form(rows: list[Instance], accept: str) -> bool:
    """Whether the client takes parts; otherwise the one file by itself."""
    stored = {_syntax(row) for row in rows}
    for one in accepted(accept):
        if one.media not in (_DICOM, "application/*", "*/*"):
            continue
        if one.syntax not in ("", "*") and {one.syntax} != stored:
            continue
        single = len(rows) == 1 and accept.lstrip().lower().startswith(_DICOM)
        if one.multipart or single:
            return not single
    listed = ", ".join(sorted(stored))
    raise HTTPException(406, f"Files are given as they are stored: multipart/related of {_DICOM} in {listed}.")


def _head(row: Instance, boundary: str) -> bytes:
    return f"--{boundary}\r\nContent-Type: {_DICOM}; transfer-syntax={_syntax(row)}\r\n\r\n".encode()


def _parts(library: Library, rows: list[Instance], boundary: str) -> Iterator[bytes]:
    for row in rows:
        yield _head(row, boundary)
        yield from pieces_of(library, row)
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()


def _size(rows: list[Instance], boundary: str | None = None) -> dict[str, str]:
    """Say how long the body will be, where the files are not in archives."""
    if any(row["member"] or not isinstance(row["size"], int) for row in rows):
        return {}
    total = sum(row["size"] for row in rows)
    if boundary is not None:
        total += sum(len(_head(row, boundary)) + 2 for row in rows) + len(boundary) + 6
    return {"Content-Length": str(total)}
