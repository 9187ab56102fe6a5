"""Running the server on the loopback interface until it is told to stop."""

from __future__ import annotations

import logging
import math
import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from hounsfield.errors import UsageError
from hounsfield.server.app import application
from hounsfield.server.folders import Folders
from hounsfield.server.kept import Kept
from hounsfield.server.library import Library
from hounsfield.server.security import POLICY, Session

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import uvicorn
    from starlette.routing import BaseRoute

__all__ = ["Running", "serve"]

_LOG = logging.getLogger("hounsfield.server")
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
    address_file : path, optional
        Is written with an address that works once, again after each use; only its owner can read it.

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
        address_file: Path | None = None,
    ) -> None:
        self.socket = _listening(port)
        self.port = int(self.socket.getsockname()[1])
        # What was saved earlier is there again.
        extra = [save_folder] if save_folder is not None else []
        if save_folder is not None:
            save_folder.mkdir(parents=True, exist_ok=True)
        self.library = opened if isinstance(opened, Library) else Folders([*opened, *extra])
        self.base = f"http://{HOST}:{self.port}"
        self._address_file = address_file
        self.session = Session(self._noted if address_file is not None else None)
        self.address = self._noted() if address_file is not None else self._fresh()
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

    def _fresh(self, seconds: float = 86_400.0) -> str:
        return f"{self.base}/?{urlencode({'token': self.session.token(seconds)})}"

    def _noted(self) -> str:
        """Write a new address into the file, and give it."""
        assert self._address_file is not None
        address = self._fresh(math.inf)
        partial = self._address_file.with_name(f".{self._address_file.name}.{os.getpid()}")
        try:
            partial.unlink(missing_ok=True)
            with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(f"{address}\n")
            partial.replace(self._address_file)
        except OSError as error:
            # A full disk: whoever has a session goes on.
            _LOG.warning("the address of the workstation cannot be noted: %s", error.strerror)
        return address

    def run(self, ready: Callable[[], object] | None = None) -> None:
        """Serve until the program is interrupted; `ready` is called when requests are answered."""
        import uvicorn

        config = uvicorn.Config(
            self._app,
            log_config=None,
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
            if self._address_file is not None:
                self._address_file.unlink(missing_ok=True)

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
    fresh: bool = False,
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
    fresh : bool
        Read everything again: the catalog from the last time, in the user's cache directory, is neither used nor kept.
    ready : callable, optional
        Is called with the running server when it answers: its `address` is for the browser.
    """
    every = [os.path.abspath(os.fspath(path)) for path in (*paths, *([save_folder] if save_folder else ()))]
    library = Folders(every, kept=None if fresh else Kept(every))
    try:
        running = Running(library, port=port, save_folder=save_folder)
    except BaseException:
        library.close()
        raise
    running.run(None if ready is None else lambda: ready(running))
