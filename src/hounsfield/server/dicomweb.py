"""DICOMweb, read only, under ``/dicom-web`` (PS3.18 10.4)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from hounsfield.errors import UsageError
from hounsfield.render.view import View
from hounsfield.server.answers import DicomJson, in_thread
from hounsfield.server.bulk import bulk_response
from hounsfield.server.frames import accepted, chosen, multipart_of, numbers_of
from hounsfield.server.instances import files_response
from hounsfield.server.metadata import headers, instances_of
from hounsfield.server.pictures import THUMBNAIL
from hounsfield.server.qido import query_of, search
from hounsfield.volumes.header import text

if TYPE_CHECKING:
    from starlette.requests import Request

    from hounsfield.server.app import Open

__all__ = ["ROUTES"]

_NAMES = {"study": "StudyInstanceUID", "series": "SeriesInstanceUID", "instance": "SOPInstanceUID"}
_PICTURES = {"image/jpeg": "jpeg", "image/png": "png"}
_SEARCHED = {"studies": "study", "series": "series", "instances": "instance"}
_LARGEST = 8192


def _open(request: Request) -> Open:
    found: Open = request.app.state.open
    return found


def _keys(request: Request) -> dict[str, str]:
    return {_NAMES[level]: value for level, value in request.path_params.items() if level in _NAMES}


def _base(request: Request) -> str:
    # Of the connection, since some clients leave the port out of Host.
    host, port = request.scope["server"]
    return f"http://{host}:{port}/dicom-web"


async def _metadata(request: Request) -> Response:
    library, keys, base = _open(request).library, _keys(request), _base(request)
    body = await in_thread(lambda: headers(library, instances_of(library, keys), base))
    return Response(body, media_type="application/dicom+json")


async def _instances(request: Request) -> Response:
    library, keys = _open(request).library, _keys(request)
    rows = await in_thread(instances_of, library, keys)
    return files_response(library, rows, request.headers.get("accept", "*/*"))


async def _frames(request: Request) -> Response:
    opened, uid, numbers = _open(request), request.path_params["instance"], request.path_params["frames"]
    accept = request.headers.get("accept", "*/*")

    def read() -> Response:
        image = opened.images.opened(uid)
        return multipart_of(image, numbers, chosen(accept, image.syntax, holds=image.holds))

    found: Response = await in_thread(read)
    return found


async def _bulk(request: Request) -> Response:
    opened, uid, path = _open(request), request.path_params["instance"], request.path_params.get("path", "")
    query, accept = dict(request.query_params), request.headers.get("accept", "*/*")
    found: Response = await in_thread(lambda: bulk_response(opened.images.opened(uid), path, query, accept))
    return found


async def _rendered(request: Request, *, thumbnail: bool = False) -> Response:
    opened, keys, query = _open(request), _keys(request), dict(request.query_params)
    kind = _picture_format(request.headers.get("accept", "*/*"), "jpeg" if thumbnail else "png")
    numbers = request.path_params.get("frames")

    def make() -> bytes:
        uid = keys.get("SOPInstanceUID")
        if uid is None:
            rows = [row for row in instances_of(opened.library, keys) if row["Rows"]]
            if not rows:
                raise HTTPException(404, "There is no image to show.")
            uid = text(rows[len(rows) // 2], "SOPInstanceUID")
        image = opened.images.opened(uid).image
        frame = numbers_of(numbers, image.frames)[0] if numbers else image.frames // 2 + 1 if thumbnail else 1
        view = _view(query, frame, THUMBNAIL if thumbnail else None)
        return opened.pictures.instance(uid, view).to_bytes(kind, quality=_quality(query))

    return Response(await in_thread(make), media_type=f"image/{kind}")


def _picture_format(accept: str, usual: str) -> str:
    for one in accepted(accept):
        if one.media in ("*/*", "image/*"):
            return usual
        if one.media in _PICTURES:
            return _PICTURES[one.media]
    raise HTTPException(406, "Pictures are image/jpeg or image/png.")


def _view(query: dict[str, str], frame: int, size: int | None) -> View:
    """Read the parameters of rendering (PS3.18 8.3.5)."""
    given: dict[str, Any] = {"frame": frame, "size": size}
    if "viewport" in query:
        sides = query["viewport"].split(",")[:2]
        if len(sides) != 2 or not all(side.strip().isdigit() and 0 < int(side) <= _LARGEST for side in sides):
            raise UsageError("viewport is width,height in pixels")
        given["size"] = max(map(int, sides))
    if "window" in query:
        center, _, rest = query["window"].partition(",")
        width, _, function = rest.partition(",")
        try:
            given["window"] = (float(center), float(width))
        except ValueError:
            raise UsageError("window is center,width,function") from None
        given["function"] = function.strip().lower() or "linear"
    return View(**given)


def _quality(query: dict[str, str]) -> int:
    found = query.get("quality", "90")
    if not found.isdigit() or not 1 <= int(found) <= 100:
        raise UsageError("quality is 1 to 100")
    return int(found)


_thumbnail = partial(_rendered, thumbnail=True)


async def _search(request: Request) -> Response:
    library, base, keys = _open(request).library, _base(request), _keys(request)
    level = _SEARCHED[request.url.path.rstrip("/").rpartition("/")[2]]
    if not any(
        one.media in ("application/dicom+json", "application/json", "application/*", "*/*")
        for one in accepted(request.headers.get("accept", "*/*"))
    ):
        raise HTTPException(406, "Answers are application/dicom+json.")
    given = request.query_params.multi_items()
    found = await in_thread(lambda: search(library, query_of(level, given, keys), base))
    return DicomJson(found)


_S, _E, _I = "/studies/{study}", "/series/{series}", "/instances/{instance}"
_LEVELS = (_S, f"{_S}{_E}", f"{_S}{_E}{_I}")

ROUTES = [
    Route("/studies", _search),
    Route("/series", _search),
    Route("/instances", _search),
    Route(f"{_S}/series", _search),
    Route(f"{_S}/instances", _search),
    Route(f"{_S}{_E}/instances", _search),
    *(Route(f"{level}/metadata", _metadata) for level in _LEVELS),
    *(Route(f"{level}/rendered", _rendered) for level in _LEVELS),
    *(Route(f"{level}/thumbnail", _thumbnail) for level in _LEVELS),
    Route(f"{_S}{_E}{_I}/frames/{{frames}}", _frames),
    Route(f"{_S}{_E}{_I}/frames/{{frames}}/rendered", _rendered),
    Route(f"{_S}{_E}{_I}/frames/{{frames}}/thumbnail", _thumbnail),
    Route(f"{_S}{_E}{_I}/bulkdata/{{path:path}}", _bulk),
    Route(f"{_S}{_E}{_I}/bulkdata", _bulk),
    *(Route(level, _instances) for level in _LEVELS),
]
