"""Answers: JSON with whatever text is in it, errors in words with a status, work in threads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from hounsfield.errors import (
    ExistsError,
    GeometryError,
    HounsfieldError,
    LimitError,
    UnsupportedError,
    UsageError,
    WriteError,
)
from hounsfield.server.names import path_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

__all__ = ["HANDLERS", "DicomJson", "Json", "in_thread"]


class Json(Response):
    """JSON; text that is no valid Unicode, as names of files may be, becomes escapes."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Give the bytes."""
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)
        return text.encode("utf-8", "backslashreplace")


class DicomJson(Json):
    """JSON of the DICOM model (PS3.18 F)."""

    media_type = "application/dicom+json"


def _plain(value: Any) -> Any:
    """Numbers of NumPy and of pydicom as plain ones; anything else as text."""
    return value.item() if hasattr(value, "item") else str(value)


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call something that reads or computes, without holding up others."""
    return await run_in_threadpool(function, *arguments)


# The first that fits.
_STATUS: tuple[tuple[type[HounsfieldError], int], ...] = (
    (UsageError, 400),
    (ExistsError, 409),
    (WriteError, 507),
    (LimitError, 413),
    (UnsupportedError, 415),
    (GeometryError, 422),
)


def _of_error(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    assert isinstance(error, HounsfieldError)
    status = 404 if error.code == "not-found" else next((one for kind, one in _STATUS if isinstance(error, kind)), 422)
    return Json(
        {
            "code": error.code,
            "message": error.message,
            "where": path_shown(error.where),
            "hint": error.hint or None,
        },
        status,
    )


def _of_http(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    assert isinstance(error, HTTPException)
    return JSONResponse(
        {"code": "refused", "message": error.detail}, status_code=error.status_code, headers=error.headers
    )


def _of_system(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    assert isinstance(error, OSError)
    where = path_shown(error.filename if isinstance(error.filename, str | bytes) else "")
    return Json({"code": "system", "message": error.strerror or str(error), "where": where, "hint": None}, 500)


def _of_fault(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
    message = f"unexpected {type(error).__name__}: this is a fault of hounsfield, please report it"
    return Json({"code": "fault", "message": message, "where": "", "hint": None}, 500)


HANDLERS = {HounsfieldError: _of_error, HTTPException: _of_http, OSError: _of_system, Exception: _of_fault}
