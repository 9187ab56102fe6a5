"""DICOMweb, read only, under ``/dicom-web`` (PS3.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from hounsfield.server.answers import in_thread
from hounsfield.server.frames import chosen, multipart_of
from hounsfield.server.metadata import Metadata

if TYPE_CHECKING:
    from starlette.requests import Request

    from hounsfield.server.app import Open

__all__ = ["ROUTES"]

_LEVELS = ("study", "series", "instance")


def _open(request: Request) -> Open:
    found: Open = request.app.state.open
    return found


def _keys(request: Request) -> dict[str, str]:
    names = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}
    return {names[level]: request.path_params[level] for level in _LEVELS if level in request.path_params}


async def _metadata(request: Request) -> Response:
    opened = _open(request)
    base = f"{request.base_url}dicom-web".replace("//dicom-web", "/dicom-web")
    body = await in_thread(Metadata(opened.library, base).of, _keys(request))
    return Response(body, media_type="application/dicom+json")


async def _frames(request: Request) -> Response:
    opened = _open(request)
    numbers = request.path_params["frames"]
    accept = request.headers.get("accept", "*/*")

    def read() -> Response:
        image = opened.images.opened(request.path_params["instance"])
        return multipart_of(image, numbers, chosen(accept, image.syntax))

    found: Response = await in_thread(read)
    return found


_S, _E, _I = "/studies/{study}", "/series/{series}", "/instances/{instance}"

ROUTES = [
    Route(f"{_S}/metadata", _metadata),
    Route(f"{_S}{_E}/metadata", _metadata),
    Route(f"{_S}{_E}{_I}/metadata", _metadata),
    Route(f"{_S}{_E}{_I}/frames/{{frames}}", _frames),
]
