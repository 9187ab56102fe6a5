"""Running the server on the loopback interface until it is told to stop."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hounsfield.errors import UsageError
from hounsfield.server.app import application
from hounsfield.server.folders import Folders
from hounsfield.server.library import Library
from hounsfield.server.security import POLICY, Session

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import uvicorn
    from starlette.routing import BaseRoute

__all__ = ["Running", "serve"]

HOST = "127.0.0.1"


class Running:
    """A server that is ready to run.

    Parameters
    ----------
    opened : Library or sequence of paths
        What is open, or the folders, files and ZIP archives to open.
    port : int
        0 for any that is free.
    save_folder : path, optional
        Where new objects are written; by default next to the data.
    pages : path, optional
        Pages of another viewer, served instead of the workstation's.
    policy : str
        Content-Security-Policy.
    routes : sequence of routes
        Further addresses, which are guarded like all others.

    Attributes
    ----------
    address : str
        What to open in the browser: with a token that works once.
    """

    def __init__(
        self,
        opened: Library | Sequence[str | os.PathLike[str]],
        *,
        port: int = 0,
        save_folder: Path | None = None,
        pages: Path | None = None,
        policy: str = POLICY,
        routes: Sequence[BaseRoute] = (),
    ) -> None:
        self.socket = _listening(port)
        self.port = int(self.socket.getsockname()[1])
        # What was saved earlier is there again.
        extra = [save_folder] if save_folder is not None else []
        if save_folder is not None:
            save_folder.mkdir(parents=True, exist_ok=True)
        self.library = opened if isinstance(opened, Library) else Folders([*opened, *extra])
        self.session = Session()
        self.base = f"http://{HOST}:{self.port}"
        self.address = f"{self.base}/?{urlencode({'token': self.session.token()})}"
        self._server: uvicorn.Server | None = None
        self._app = application(
            self.library,
            session=self.session,
            hosts=[f"{name}:{self.port}" for name in (HOST, "localhost")],
            save_folder=save_folder,
            pages=pages,
            policy=policy,
            routes=routes,
        )

    def run(self, ready: Callable[[], object] | None = None) -> None:
        """Serve until the program is interrupted; `ready` is called when requests are answered."""
        import uvicorn

        config = uvicorn.Config(
            self._app,
            log_level="error",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
            ws="none",
            timeout_keep_alive=75,
        )
        self._server = _server(config, ready, self.library.events.close)
        try:
            self._server.run(sockets=[self.socket])
        finally:
            self.socket.close()
            self.library.close()

    def stop(self) -> None:
        """End `run`; may be called from another thread."""
        self.library.events.close()
        if self._server is not None:
            self._server.should_exit = True


def _server(config: uvicorn.Config, ready: Callable[[], object] | None, ending: Callable[[], object]) -> uvicorn.Server:
    import uvicorn

    class _Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if ready is not None and self.started:
                ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # Those who listen to events would listen for ever.
            ending()
            await super().shutdown(sockets)

    return _Server(config)


def _listening(port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((HOST, port))
    except OSError as error:
        made.close()
        raise UsageError(
            f"port {port} cannot be used: {error.strerror}", hint="Leave --port out for a free one."
        ) from None
    return made


def serve(
    paths: Sequence[str | os.PathLike[str]],
    *,
    port: int = 0,
    save_folder: Path | None = None,
    ready: Callable[[Running], object] | None = None,
) -> None:
    """Open files in the workstation and serve it until the program is interrupted.

    Parameters
    ----------
    paths : sequence of paths
        Folders, files and ZIP archives.
    port : int
        0 for any that is free.
    save_folder : path, optional
        Where new objects are written; by default next to the data.
    ready : callable, optional
        Is called with the running server when it answers: its `address` is for the browser.
    """
    running = Running(paths, port=port, save_folder=save_folder)
    running.run(None if ready is None else lambda: ready(running))
