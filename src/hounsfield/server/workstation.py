"""The workstation's own JSON, under ``/api`` (docs/reference/server.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hounsfield.server.answers import Json, in_thread
from hounsfield.server.events import stream
from hounsfield.server.studies import problem_files, studies_json

if TYPE_CHECKING:
    from starlette.requests import Request

    from hounsfield.server.app import Open

__all__ = ["ROUTES", "open_of"]


def open_of(request: Request) -> Open:
    """Give what is open."""
    found: Open = request.app.state.open
    return found


async def _studies(request: Request) -> Response:
    library = open_of(request).library

    def find() -> list[dict[str, Any]]:
        with library.catalog() as catalog:
            return studies_json(catalog)

    return Json(await in_thread(find))


async def _problems(request: Request) -> Response:
    library = open_of(request).library

    def find() -> list[dict[str, Any]]:
        with library.catalog() as catalog:
            return problem_files(catalog)

    return Json(await in_thread(find))


async def _state(request: Request) -> Response:
    return Json(open_of(request).library.state())


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

    return Response(
        await in_thread(read), media_type="application/octet-stream", headers={"Cache-Control": "private, max-age=3600"}
    )


async def _events(request: Request) -> Response:
    library = open_of(request).library
    return StreamingResponse(stream(library.events, library.state()), media_type="text/event-stream")


ROUTES = [
    Route("/state", _state),
    Route("/studies", _studies),
    Route("/problems", _problems),
    Route("/events", _events),
    Route("/series/{series}/stacks", _stacks),
    Route("/files/{file:int}/frames/{frame:int}", _frame),
]
