"""A plain connection to ourselves in place of an encrypted one, for code that needs a descriptor of plain TCP."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading

__all__ = ["tunnel"]

_CHUNK = 1 << 16


def tunnel(secured: ssl.SSLSocket) -> socket.socket:
    """Return one end of a connection on loopback; a thread moves bytes between its other end and `secured`.

    When either side closes, so does the other.
    """
    near, far = _pair()
    threading.Thread(target=_Pump(secured, far).run, name="hounsfield-tls", daemon=True).start()
    return near


class _Pump:
    """Moves bytes both ways in one thread, since a TLS connection must not be used by two at once."""

    def __init__(self, secured: ssl.SSLSocket, far: socket.socket) -> None:
        secured.settimeout(0)
        far.settimeout(0)
        self._secured, self._far = secured, far
        self._inward, self._outward = b"", b""
        # What TLS waits for, which may be the other direction than that of the data.
        self._wants_write = False

    def run(self) -> None:
        """Move until one side is closed and what it said has been passed on."""
        try:
            while self._step():
                pass
        except (OSError, ValueError):
            pass
        finally:
            for one in (self._secured, self._far):
                with contextlib.suppress(OSError, ValueError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()

    def _step(self) -> bool:
        reading: list[socket.socket] = []
        writing: list[socket.socket] = []
        if not self._inward:
            reading.append(self._secured)
        if not self._outward:
            reading.append(self._far)
        if self._inward:
            writing.append(self._far)
        if self._outward or self._wants_write:
            writing.append(self._secured)
        # Decrypted bytes that wait inside make no descriptor readable.
        pending = self._secured.pending() > 0 and not self._inward
        readable, _, _ = select.select(reading, writing, [], 0 if pending else None)
        self._wants_write = False
        if not self._inward and (pending or self._secured in readable) and not self._decrypt():
            return False
        if self._far in readable and not self._outward:
            self._outward = self._far.recv(_CHUNK)
            if not self._outward:
                return False
        self._pass_on()
        return True

    def _decrypt(self) -> bool:
        """Read what came encrypted; nothing more comes where that is false."""
        try:
            self._inward = self._secured.recv(_CHUNK)
        except ssl.SSLWantReadError:
            return True
        except ssl.SSLWantWriteError:
            self._wants_write = True
            return True
        return bool(self._inward)

    def _pass_on(self) -> None:
        if self._inward:
            with contextlib.suppress(BlockingIOError):
                self._inward = self._inward[self._far.send(self._inward) :]
        if self._outward:
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                self._outward = self._outward[self._secured.send(self._outward) :]


def _pair() -> tuple[socket.socket, socket.socket]:
    """Connect to ourselves, and make sure that it is us who answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        near = socket.create_connection(server.getsockname())
        while True:
            far, peer = server.accept()
            if peer == near.getsockname():
                break
            far.close()
    for one in (near, far):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return near, far
