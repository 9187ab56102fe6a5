"""Frames as DICOMweb gives them: in the form that the client and the file agree on (PS3.18 8.7, 10.4).

What is stored goes out as it is where the client takes it; otherwise uncompressed, or compressed without loss where it
asks for that. Only JPEG of 8 bits loses something, and only who names its transfer syntax gets it.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hounsfield.server.images import Opened

__all__ = [
    "BROWSERS",
    "EXPLICIT",
    "MEDIA",
    "Accepted",
    "Choice",
    "accepted",
    "chosen",
    "multipart_of",
    "numbers_of",
    "parts",
]

EXPLICIT = "1.2.840.10008.1.2.1"
HTJ2K = "1.2.840.10008.1.2.4.201"
_OCTETS = "application/octet-stream"
_J = "1.2.840.10008.1.2.4."
# Media type by transfer syntax (PS3.18 table 8.7.3-5).
MEDIA: Mapping[str, str] = MappingProxyType(
    {
        **{f"{_J}{one}": "image/jpeg" for one in (50, 51, 57, 70)},
        **{f"{_J}{one}": "image/jls" for one in (80, 81)},
        **{f"{_J}{one}": "image/jp2" for one in (90, 91)},
        **{f"{_J}{one}": "image/jpx" for one in (92, 93)},
        **{f"{_J}{one}": "image/jphc" for one in (201, 202, 203)},
        **{f"{_J}{one}": "image/jxl" for one in (110, 111, 112)},
        **{f"{_J}{one}": "video/mpeg" for one in (100, 101)},
        **{f"{_J}{one}": "video/mp4" for one in (102, 103, 104, 105, 106, 107, 108)},
        "1.2.840.10008.1.2.5": "image/dicom-rle",
    }
)
# What is stored in frames as they are used, one after the other.
_NATIVE = frozenset({"1.2.840.10008.1.2", EXPLICIT})
# What decoders in browsers are known to read, for clients that take anything.
BROWSERS = frozenset(
    {*_NATIVE, "1.2.840.10008.1.2.5", *(f"{_J}{one}" for one in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203))}
)
# What frames are compressed to for those who ask, without loss, and what is meant where only the media type is named
# (PS3.18 table 8.7.3-5).
_MADE = frozenset({"1.2.840.10008.1.2.5", *(f"{_J}{one}" for one in (50, 57, 70, 80, 90, 201, 202))})
_MEANT: Mapping[str, str] = MappingProxyType(
    {
        "image/jpeg": f"{_J}70",
        "image/jls": f"{_J}80",
        "image/jp2": f"{_J}90",
        "image/jphc": HTJ2K,
        "image/dicom-rle": "1.2.840.10008.1.2.5",
    }
)
_MOST_FRAMES = 10_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """One form that the client takes.

    Parameters
    ----------
    media : str
        Media type of the frames, or ``*/*``.
    syntax : str
        Transfer syntax that goes with it: a UID, ``*``, or empty.
    multipart : bool
        Whether they come as parts of one body.
    quality : float
        How much it is wanted.
    """

    media: str
    syntax: str
    multipart: bool
    quality: float


@dataclass(frozen=True, slots=True)
class Choice:
    """The form in which frames go out.

    Parameters
    ----------
    media, syntax : str
        Media type and transfer syntax.
    multipart : bool
        Whether as parts of one body.
    stored : bool
        As they are in the file.
    """

    media: str
    syntax: str
    multipart: bool
    stored: bool


def accepted(header: str) -> list[Accepted]:
    """Read an Accept header, what is wanted most first."""
    found = []
    for one in re.findall(r'(?:[^,"]|"[^"]*")+', header):
        media, *settings = (part.strip() for part in re.findall(r'(?:[^;"]|"[^"]*")+', one))
        given = {
            name.strip().lower(): value.strip().strip('"') for name, _, value in (s.partition("=") for s in settings)
        }
        multipart = media.lower().startswith("multipart/")
        inner = given.get("type", "*/*").lower() if multipart else media.lower()
        try:
            quality = float(given.get("q", "1"))
        except ValueError:
            quality = 0.0
        if quality > 0:
            found.append(Accepted(inner, given.get("transfer-syntax", ""), multipart or inner == "*/*", quality))
    return sorted(found, key=lambda one: -one.quality)


def chosen(header: str, stored: str, *, holds: Callable[[str], bool] = lambda _: True) -> Choice:
    """Choose the form in which frames stored in a transfer syntax go out.

    Parameters
    ----------
    header : str
        What the client takes.
    stored : str
        Transfer Syntax UID of the frames.
    holds : callable
        Tells whether a transfer syntax can hold such frames.

    Raises
    ------
    HTTPException
        406 where the client takes nothing that there is.
    """
    for one in accepted(header or "*/*"):
        found = _offer(one, stored)
        if found is not None and (found.stored or found.syntax == EXPLICIT or holds(found.syntax)):
            return found
    raise HTTPException(
        406,
        f"Frames are stored as {MEDIA.get(stored, _OCTETS)} ({stored}), "
        f"and can be had as {_OCTETS} ({EXPLICIT}), "
        f"{', '.join(f'{media} ({syntax})' for media, syntax in _MEANT.items() if holds(syntax))}.",
    )


def _offer(one: Accepted, stored: str) -> Choice | None:
    own = _OCTETS if stored in _NATIVE else MEDIA.get(stored, "")
    as_stored = Choice(own, EXPLICIT if stored in _NATIVE else stored, one.multipart, stored=True)
    plain = as_stored if stored in _NATIVE else Choice(_OCTETS, EXPLICIT, one.multipart, stored=False)
    if one.media in ("*/*", "application/*", _OCTETS):
        if one.syntax == "*":
            return as_stored if stored in BROWSERS else plain
        if one.syntax and one.syntax == stored and own:
            return as_stored
        if one.syntax in ("", EXPLICIT, *_NATIVE):
            return plain
    wanted = one.media == own or (one.media in ("image/*", "video/*") and own.startswith(one.media[:6]))
    if wanted and own != _OCTETS and one.syntax in ("", "*", stored):
        return as_stored
    syntax = _MEANT.get(one.media, "") if one.syntax in ("", "*") else one.syntax
    if syntax in _MADE and one.media in ("*/*", "image/*", "application/*", _OCTETS, MEDIA[syntax]):
        return Choice(MEDIA[syntax], syntax, one.multipart, stored=False)
    return None


def numbers_of(text: str, count: int) -> list[int]:
    """Read a list of frames, from 1, as in ``1,2,5``.

    Raises
    ------
    HTTPException
        400 for what is none, 404 for frames that are not there.
    """
    try:
        found = [int(one) for one in text.split(",")]
    except ValueError:
        raise HTTPException(400, f"'{text[:40]}' is no list of frames.") from None
    if len(found) > _MOST_FRAMES:
        raise HTTPException(413, f"At most {_MOST_FRAMES:,} frames are given at once.")
    for one in found:
        if not 1 <= one <= count:
            raise HTTPException(404, f"There is no frame {one}: there are {count}.")
    return found


def frame_bytes(image: Opened, index: int, choice: Choice) -> bytes | memoryview:
    """Give one frame, from 0, in a form."""
    if choice.stored:
        return image.encoded(index)
    if choice.syntax == EXPLICIT:
        return image.uncompressed(index)
    return image.compressed(index, choice.syntax)


def multipart_of(image: Opened, numbers: str, choice: Choice, *, multipart: bool = False) -> Response:
    """Answer a request for frames; with `multipart` always as parts."""
    wanted = numbers_of(numbers, image.count)
    kept = {"Cache-Control": "private, max-age=3600"}
    if not choice.multipart and not multipart:
        if len(wanted) != 1:
            raise HTTPException(406, "Several frames need multipart/related.")
        body = frame_bytes(image, wanted[0] - 1, choice)
        return Response(body, headers=kept | {"Content-Type": f"{choice.media}; transfer-syntax={choice.syntax}"})
    frames = (frame_bytes(image, number - 1, choice) for number in wanted)
    boundary = secrets.token_hex(16)
    body = b"".join(parts(frames, f"{choice.media}; transfer-syntax={choice.syntax}", boundary))
    kind = f'multipart/related; type="{choice.media}"; boundary={boundary}; transfer-syntax={choice.syntax}'
    return Response(body, headers=kept | {"Content-Type": kind})


def parts(bodies: Iterator[bytes | memoryview], media: str, boundary: str) -> Iterator[bytes | memoryview]:
    """Give the pieces of a multipart body (RFC 2387)."""
    for body in bodies:
        yield f"--{boundary}\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        yield body
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
