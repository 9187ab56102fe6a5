"""Worklist items over HTTP, under ``/api/worklist``: what is scheduled is posted, and answered to modalities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.routing import Route

from hounsfield.errors import UsageError
from hounsfield.server.answers import DicomJson, Json, in_thread

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from hounsfield.network.provider.schedule import Schedule

__all__ = ["worklist_routes"]

_TYPES = ("application/dicom+json", "application/json")


def worklist_routes(schedule: Schedule) -> list[BaseRoute]:
    """Give the addresses of a worklist."""

    async def listed(request: Request) -> Response:
        del request
        return DicomJson(await in_thread(schedule.items))

    async def post(request: Request) -> Response:
        said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if said not in _TYPES:
            return Json({"code": "refused", "message": f"the body is {' or '.join(_TYPES)}"}, 415)
        try:
            items = json.loads(await request.body())
        except (ValueError, RecursionError) as error:
            raise UsageError(f"the body is not JSON: {error}") from None
        return Json({"ids": await in_thread(schedule.add, items)}, 201)

    async def remove(request: Request) -> Response:
        await in_thread(schedule.remove, request.path_params["item"])
        return Response(status_code=204)

    return [
        Route("/api/worklist", listed),
        Route("/api/worklist", post, methods=["POST"]),
        Route("/api/worklist/{item}", remove, methods=["DELETE"]),
    ]
