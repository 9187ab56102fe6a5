"""The built pages of the workstation."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

__all__ = ["Pages", "bundle"]

_NAMES = (Path(__file__).parent / "workstation", Path(__file__).parents[3] / "viewer" / "dist")
_MISSING = """<!doctype html><meta charset="utf-8"><title>hounsfield</title>
<style>body{background:#111;color:#ddd;font:16px/1.5 system-ui;max-width:40rem;margin:4rem auto;padding:0 1rem}</style>
<h1>The workstation is not here</h1>
<p>hounsfield was installed without Node.js, so its pages were not built. Everything else works.</p>
<p>Install Node.js 20 or newer, then install hounsfield again: <code>pip install --force-reinstall hounsfield</code></p>
"""


def bundle() -> Path | None:
    """Give the folder of the built pages: of the package, or of a checkout; nothing where they were not built."""
    return next((folder for folder in _NAMES if (folder / "index.html").is_file()), None)


class Pages:
    """Serves files of a folder; every other address is the page itself, which knows what it stands for.

    Parameters
    ----------
    folder : path or None
        ``None`` where nothing was built.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, "This address is only read.")
        if self._folder is None:
            await HTMLResponse(_MISSING, status_code=503)(scope, receive, send)
            return
        path = self._found(scope["path"])
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        if path.suffix in (".js", ".mjs"):
            # Windows may know another type, and browsers refuse modules of another.
            kind = "text/javascript"
        elif path.suffix == ".wasm":
            kind = "application/wasm"
        # Names under assets/ change with what is in them.
        kept = "max-age=31536000, immutable" if "/assets/" in scope["path"] else "no-cache"
        await FileResponse(path, media_type=kind, headers={"Cache-Control": kept})(scope, receive, send)

    def _found(self, path: str) -> Path:
        assert self._folder is not None
        try:
            wanted = (self._folder / path.lstrip("/")).resolve()
            if wanted.is_relative_to(self._folder) and wanted.is_file():
                return wanted
        except (OSError, ValueError):
            pass
        if "." in path.rsplit("/", 1)[-1]:
            raise HTTPException(404, "There is no such file.")
        return self._folder / "index.html"
