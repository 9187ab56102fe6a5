"""Bulk data: one large value of an instance (PS3.18 10.4.1.1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from hounsfield.files.source import open_input
from hounsfield.server.frames import accepted, chosen, multipart_of

if TYPE_CHECKING:
    from hounsfield.server.images import Opened

__all__ = ["bulk_response"]

_PIXELS = frozenset({"7FE00008", "7FE00009", "7FE00010"})
_MOST = 1 << 30


def bulk_response(opened: Opened, path: str, query: dict[str, str], accept: str) -> Response:
    """Answer with the value that an address of the metadata names.

    Parameters
    ----------
    opened : Opened
        The instance.
    path : str
        ``7FE00010`` for pixel data, otherwise empty.
    query : dict
        ``offset`` and ``length`` in the file, as the metadata give them.
    accept : str
        What the client takes.

    Raises
    ------
    HTTPException
        400 or 404 for an address that the metadata did not give.
    """
    if path in _PIXELS:
        numbers = ",".join(str(number) for number in range(1, opened.count + 1))
        return multipart_of(opened, numbers, chosen(accept, opened.syntax, holds=opened.holds), multipart=True)
    if path:
        raise HTTPException(404, "There is no such value.")
    try:
        offset, length = int(query["offset"]), int(query["length"])
    except (KeyError, ValueError):
        raise HTTPException(400, "An address of bulk data has an offset and a length.") from None
    value = _value(opened, offset, length)
    if any(
        one.media in ("application/octet-stream", "application/*") and not one.multipart for one in accepted(accept)
    ):
        return Response(value, media_type="application/octet-stream")
    boundary = "value-of-an-element"
    while boundary.encode() in value:
        boundary += "-"
    head = f"--{boundary}\r\nContent-Type: application/octet-stream\r\nContent-Length: {len(value)}\r\n\r\n".encode()
    kind = f'multipart/related; type="application/octet-stream"; boundary={boundary}'
    return Response(b"".join((head, value, f"\r\n--{boundary}--\r\n".encode())), headers={"Content-Type": kind})


def _value(opened: Opened, offset: int, length: int) -> bytes:
    if offset < 0 or not 0 <= length <= _MOST:
        raise HTTPException(400, "There is no such value.")
    origin = open_input(opened.name, limits=opened.limits)
    if origin.data is not None:
        found = origin.data[offset : offset + length]
    else:
        with open(origin.path or opened.name, "rb") as file:
            file.seek(offset)
            found = file.read(length)
    if len(found) < length:
        raise HTTPException(404, "There is no such value.")
    return found
