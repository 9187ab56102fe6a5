"""A provider: listens, looks at each request, and gives it to the core or to pynetdicom."""

from __future__ import annotations

import contextlib
import logging
import socket
import struct
import threading
from typing import TYPE_CHECKING, Self

from hounsfield.errors import HounsfieldError, PeerError
from hounsfield.network import words
from hounsfield.network.aborts import INVALID, UNEXPECTED, UNRECOGNIZED, UNSAID, abort_pdu
from hounsfield.network.address import shown_title
from hounsfield.network.provider.listener import Listener
from hounsfield.network.storage.classes import VERIFICATION, is_storage
from hounsfield.network.storage.receiving import is_for_storage, receive
from hounsfield.network.storage.request import peek_request, take

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from hounsfield._core import AssociatePdu
    from hounsfield.network.provider.service import Handler
    from hounsfield.network.provider.site import KnownPeer, Site
    from hounsfield.network.storage.received import Keeper

__all__ = ["Provider", "any_syntax"]

_LOG = logging.getLogger("hounsfield.network")
_PERMANENT, _TRANSIENT = 1, 2
_USER, _ACSE, _PRESENTATION = 1, 2, 3
_LINGER = 2.0
# How those are cut off who send no request; there is no reason for one that does not come in time.
_ABORTS = {"pdu-unknown": UNRECOGNIZED, "pdu-unexpected": UNEXPECTED, "peer-silent": UNSAID}


def any_syntax(sop_class: str, syntaxes: Sequence[str]) -> str | None:
    """Accept storage in the first syntax proposed, whatever it is: it is stored as it comes."""
    return syntaxes[0] if syntaxes and (sop_class == VERIFICATION or is_storage(sop_class)) else None


class Provider:
    """Answers associations from its making until `close`.

    Parameters
    ----------
    site : Site
        Who this side is, and whom it lets do what.
    keeper : Keeper, optional
        Keeps what is stored here; without one nothing is taken.
    handlers : sequence of Handler
        The other services.
    choose : callable
        Gives the transfer syntax to accept for a SOP class of those proposed.

    Raises
    ------
    PeerError
        When the port cannot be had.
    """

    def __init__(
        self,
        site: Site,
        *,
        keeper: Keeper | None = None,
        handlers: Sequence[Handler] = (),
        choose: Callable[[str, Sequence[str]], str | None] = any_syntax,
    ) -> None:
        self.site = site
        self._keeper, self._handlers, self._choose = keeper, tuple(handlers), choose
        self._stopped = threading.Event()
        self._listener = Listener(
            (site.host, site.port),
            self._serve,
            busy=self._busy,
            most=site.associations,
            context=site.tls.server() if site.tls else None,
            handshake=site.request_time,
        )

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._listener.port

    @property
    def active(self) -> int:
        """Connections that are served now."""
        return self._listener.active

    def __enter__(self) -> Self:
        """Serve until the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.close()

    def close(self, *, drain: float = 0.0) -> None:
        """Stop listening, and end the associations that are open, after they have had `drain` seconds to end."""
        self._listener.close(drain=drain)
        self._stopped.set()

    def finish(self) -> None:
        """Let `wait` return; associations that are open go on until `close`."""
        self._stopped.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until somebody closes the provider; tell whether that happened."""
        return self._stopped.wait(timeout)

    def _serve(self, connection: socket.socket, host: str) -> None:
        request = self._request(connection, host)
        if request is None:
            return
        asked, length = request
        refusal, peer = self._permitted(asked, host)
        if peer is None:
            _LOG.warning(
                "%s at %s, which calls %s, was rejected: %s",
                shown_title(asked.calling),
                host,
                shown_title(asked.called),
                words.rejection(*refusal),
            )
            take(connection, length)
            _reject(connection, refusal)
            return
        connection.settimeout(self.site.bounds.wait)
        if self._keeper and "store" in peer.allow and is_for_storage(asked):
            self._store(connection, request, host)
            return
        from hounsfield.network.provider.acceptor import accept

        accept(
            connection,
            asked,
            site=self.site,
            peer=peer,
            handlers=self._handlers,
            keeper=self._keeper,
            choose=self._choose,
        )

    def _store(self, connection: socket.socket, request: tuple[AssociatePdu, int], host: str) -> None:
        keeper = self._keeper
        if keeper is None:
            return
        calling = shown_title(request[0].calling)
        result = receive(connection, request, keeper, choose=self._choose, bounds=self.site.bounds)
        told = (calling, host, result.stored, result.refused, result.size)
        if result.reason:
            _LOG.warning("%s at %s: %d objects stored, %d refused, %d bytes; %s", *told, result.reason)
        else:
            _LOG.info("%s at %s: %d objects stored, %d refused, %d bytes; %s", *told, result.end)

    def _request(self, connection: socket.socket, host: str) -> tuple[AssociatePdu, int] | None:
        """Look at the request; whoever sends something else is told so, and cut off."""
        try:
            return peek_request(connection, wait=self.site.request_time)
        except HounsfieldError as error:
            _LOG.warning("no association with %s: %s", host, error.message)
            if not (isinstance(error, PeerError) and error.code == "connection-lost"):
                _say(connection, abort_pdu(_ABORTS.get(error.code, INVALID)))
            return None

    def _permitted(self, asked: AssociatePdu, host: str) -> tuple[tuple[int, int, int], KnownPeer | None]:
        """Return the peer, or how it is rejected (PS3.8 9.3.4)."""
        if not asked.protocol & 1:
            return (_PERMANENT, _ACSE, 2), None
        if not self.site.any_title and asked.called != self.site.title:
            return (_PERMANENT, _USER, 7), None
        return (_PERMANENT, _USER, 3), self.site.peer(asked.calling, host)

    def _busy(self, connection: socket.socket, host: str) -> None:
        request = self._request(connection, host)
        if request:
            _LOG.warning(
                "%s at %s was told to come back: %d associations", shown_title(request[0].calling), host, self.active
            )
            take(connection, request[1])
            _reject(connection, (_TRANSIENT, _PRESENTATION, 2))


def _reject(connection: socket.socket, reason: tuple[int, int, int]) -> None:
    _say(connection, struct.pack(">BBLBBBB", 3, 0, 4, 0, *reason))


def _say(connection: socket.socket, pdu: bytes) -> None:
    """Send the last word, and give the peer a moment to read it before the connection is closed."""
    with contextlib.suppress(OSError):
        connection.settimeout(_LINGER)
        connection.sendall(pdu)
        connection.shutdown(socket.SHUT_WR)
        # What is unread when a connection closes makes TCP take back what was sent.
        for _ in range(64):
            if not connection.recv(1 << 16):
                break
