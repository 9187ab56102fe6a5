"""A port that is listened on, with a thread for each connection."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING

from hounsfield.errors import PeerError
from hounsfield.network.connection import tls_reason
from hounsfield.network.tunnel import tunnel

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

__all__ = ["Listener"]

_LOG = logging.getLogger("hounsfield.network")
_BACKLOG = 256


class Listener:
    """Accepts connections and gives each to `serve`, with the address it came from, until `close`.

    Parameters
    ----------
    place : tuple
        Host and port; port 0 for any.
    serve : callable
        Gets a connected socket, which it closes, and the host at the other end.
    busy : callable
        Gets the connections beyond `most`, and closes them soon.
    most : int
        Connections to serve at once.
    context : ssl.SSLContext, optional
        Take encrypted connections only.
    handshake : float
        Seconds that a handshake may take.

    Raises
    ------
    PeerError
        When the port cannot be had.
    """

    def __init__(
        self,
        place: tuple[str, int],
        serve: Callable[[socket.socket, str], None],
        *,
        busy: Callable[[socket.socket, str], None],
        most: int,
        context: ssl.SSLContext | None = None,
        handshake: float = 30.0,
    ) -> None:
        self._serve, self._busy, self._most = serve, busy, most
        self._context, self._handshake = context, handshake
        try:
            family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
            self._server = socket.create_server(place, family=family, backlog=_BACKLOG)
        except OSError as error:
            where = f"{place[0]}:{place[1]}"
            raise PeerError(f"cannot listen: {error.strerror or error}", where=where, code="cannot-listen") from error
        self.port = int(self._server.getsockname()[1])
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        self._closing = False
        self._acceptor = threading.Thread(target=self._accept, name="hounsfield-accept", daemon=True)
        self._acceptor.start()

    @property
    def active(self) -> int:
        """Connections that are served now."""
        return len(self._open)

    def close(self, *, drain: float = 0.0, wait: float = 10.0) -> None:
        """Stop listening, give what is still connected `drain` seconds, cut it, and wait for the threads."""
        self._closing = True
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._acceptor.join(wait)
        with self._lock:
            left = list(self._open.items())
        until = time.monotonic() + drain
        for thread, _ in left:
            thread.join(max(until - time.monotonic(), 0))
        for _, connection in left:
            with contextlib.suppress(OSError, ValueError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread, _ in left:
            thread.join(wait)

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._server.accept()
            except OSError as error:
                if self._closing:
                    return
                # Out of descriptors, or the peer went away again: others may still come.
                _LOG.warning("a connection was not accepted: %s", error.strerror)
                threading.Event().wait(0.1)
                continue
            thread = threading.Thread(
                target=self._run, args=(connection, address[0]), name="hounsfield-dimse", daemon=True
            )
            with self._lock:
                # A copy of the descriptor, since whoever serves may hand the other to the core.
                self._open[thread] = connection.dup()
            thread.start()

    def _run(self, connection: socket.socket, host: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            plain = self._secured(connection)
            serve = self._serve if self.active <= self._most else self._busy
            serve(plain, host)
        except OSError as error:
            _LOG.warning("the connection from %s was lost: %s", host, tls_reason(error))
        except Exception:  # noqa: BLE001 - one association must not end the others; it is logged whole
            _LOG.exception("the connection from %s ended by an error of this program", host)
        finally:
            connection.close()
            with self._lock:
                kept = self._open.pop(threading.current_thread(), None)
            if kept:
                kept.close()

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self._context is None:
            return connection
        connection.settimeout(self._handshake)
        return tunnel(self._context.wrap_socket(connection, server_side=True))
