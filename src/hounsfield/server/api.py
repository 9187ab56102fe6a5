"""The workstation's own JSON, under ``/api`` (docs/reference/server.md)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hounsfield.errors import UsageError
from hounsfield.server.answers import Json, in_thread
from hounsfield.server.events import stream
from hounsfield.server.exporting import zip_of
from hounsfield.server.metadata import instances_of
from hounsfield.server.pictures import overlay_png
from hounsfield.server.stacks import rows_of
from hounsfield.server.studies import problem_files, studies_json
from hounsfield.server.tags import tags_json

if TYPE_CHECKING:
    from starlette.requests import Request

    from hounsfield.catalog.record import Instance
    from hounsfield.server.app import Open

__all__ = ["ROUTES", "body_of", "open_of"]

_KEPT = {"Cache-Control": "private, max-age=3600"}
_OCTETS = "application/octet-stream"


def open_of(request: Request) -> Open:
    """Give what is open."""
    found: Open = request.app.state.open
    return found


async def body_of(request: Request) -> dict[str, Any]:
    """Read the body of a request as a JSON object.

    Raises
    ------
    UsageError
        When it is none.
    """
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the body is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise UsageError("the body is not a JSON object")
    return found


def _number(request: Request, name: str, default: int) -> int:
    given = request.query_params.get(name, "")
    if given and not given.isdigit():
        raise UsageError(f"{name} is a number, not '{given[:40]}'")
    return int(given) if given else default


async def _studies(request: Request) -> Response:
    opened = open_of(request)

    def find() -> list[dict[str, Any]]:
        with opened.library.catalog() as catalog:
            return studies_json(catalog, opened.counts.of(catalog))

    return Json(await in_thread(find))


async def _problems(request: Request) -> Response:
    library = open_of(request).library

    def find() -> list[dict[str, Any]]:
        with library.catalog() as catalog:
            return problem_files(catalog)

    return Json(await in_thread(find))


async def _state(request: Request) -> Response:
    return Json(open_of(request).library.state())


async def _events(request: Request) -> Response:
    library = open_of(request).library
    return StreamingResponse(stream(library.events, library.state()), media_type="text/event-stream")


async def _stacks(request: Request) -> Response:
    return Json(await in_thread(open_of(request).stacks.document, request.path_params["series"]))


async def _frame(request: Request) -> Response:
    opened = open_of(request)
    file, frame = request.path_params["file"], request.path_params["frame"]
    tile = request.query_params.get("tile")

    def read() -> bytes | memoryview:
        image = opened.images.file(file)
        found = image.normalized(frame - 1)
        return found if tile is None else image.tile(found, tile)

    return Response(await in_thread(read), media_type=_OCTETS, headers=_KEPT)


async def _overlay(request: Request) -> Response:
    file, frame = request.path_params["file"], request.path_params["frame"]
    state = request.query_params.get("presentation")
    body = await in_thread(overlay_png, open_of(request).images, file, frame, state)
    return Response(body, media_type="image/png", headers=_KEPT)


async def _volume(request: Request) -> Response:
    opened, id_ = open_of(request), request.path_params["stack"]
    time, most = _number(request, "time", 1), _number(request, "most", 0)
    return Json(await in_thread(lambda: opened.volumes.document(id_, time=time, most=most)))


async def _slice(request: Request) -> Response:
    opened, id_, number = open_of(request), request.path_params["stack"], request.path_params["slice"]
    time, most = _number(request, "time", 1), _number(request, "most", 0)
    body = await in_thread(lambda: opened.volumes.slice_bytes(id_, number, time=time, most=most))
    return Response(body, media_type=_OCTETS, headers=_KEPT)


async def _series_thumbnail(request: Request) -> Response:
    body = await in_thread(open_of(request).pictures.series_thumbnail, request.path_params["series"])
    return Response(body, media_type="image/jpeg", headers=_KEPT)


async def _file_thumbnail(request: Request) -> Response:
    frame = _number(request, "frame", 0) or None
    body = await in_thread(open_of(request).pictures.thumbnail, request.path_params["file"], frame)
    return Response(body, media_type="image/jpeg", headers=_KEPT)


async def _render(request: Request) -> Response:
    body, media = await in_thread(open_of(request).pictures.rendered, await body_of(request))
    return Response(body, media_type=media)


async def _tags(request: Request) -> Response:
    images, file = open_of(request).images, request.path_params["file"]

    def find() -> dict[str, Any]:
        return tags_json(images.file(int(file)) if file.isdigit() and len(file) < 12 else images.opened(file))

    return Json(await in_thread(find))


async def _objects(request: Request) -> Response:
    objects = open_of(request).objects
    if request.method == "POST":
        return Json(await in_thread(objects.write, await body_of(request)), 201)
    return Json(await in_thread(objects.listed, request.query_params.get("study")))


async def _object(request: Request) -> Response:
    return Json(await in_thread(open_of(request).objects.object, request.path_params["instance"]))


async def _export(request: Request) -> Response:
    opened, wanted = open_of(request), await body_of(request)
    kind = wanted.get("format")
    if kind in ("png", "jpeg"):
        body, media = await in_thread(opened.pictures.rendered, wanted)
    elif kind in ("mp4", "gif"):
        body, media = await in_thread(opened.pictures.movie, wanted)
    elif kind == "zip":
        rows = await in_thread(_wanted, opened, wanted)
        return StreamingResponse(
            zip_of(opened.library, rows), media_type="application/zip", headers=_named("images.zip")
        )
    else:
        raise UsageError(f"there is no format {kind!r:.40} to export", hint="Formats: png, jpeg, mp4, gif, zip.")
    return Response(body, media_type=media, headers=_named(f"image.{kind}"))


def _named(name: str) -> dict[str, str]:
    """Name a download without saying whose it is."""
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _wanted(opened: Open, wanted: dict[str, Any]) -> list[Instance]:
    series, study = wanted.get("series"), wanted.get("study")
    if isinstance(series, str):
        with opened.library.catalog() as catalog:
            return rows_of(catalog, series)
    if isinstance(study, str):
        return instances_of(opened.library, {"StudyInstanceUID": study})
    raise UsageError("the request does not say which study or series")


ROUTES = [
    Route("/state", _state),
    Route("/events", _events),
    Route("/studies", _studies),
    Route("/problems", _problems),
    Route("/series/{series}/stacks", _stacks),
    Route("/series/{series}/thumbnail", _series_thumbnail),
    Route("/files/{file:int}/frames/{frame:int}", _frame),
    Route("/files/{file:int}/overlays/{frame:int}", _overlay),
    Route("/files/{file:int}/thumbnail", _file_thumbnail),
    Route("/volumes/{stack}", _volume),
    Route("/volumes/{stack}/slices/{slice:int}", _slice),
    Route("/tags/{file}", _tags),
    Route("/objects", _objects, methods=["GET", "POST"]),
    Route("/objects/{instance}", _object),
    Route("/render", _render, methods=["POST"]),
    Route("/export", _export, methods=["POST"]),
]
