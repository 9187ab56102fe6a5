"""An association request, looked at before anybody takes it off the connection."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.errors import PeerError

if TYPE_CHECKING:
    from hounsfield._core import AssociatePdu

__all__ = ["peek_request", "take"]

_HEADER = 6
_REQUEST = 0x01
_OTHERS = frozenset(range(2, 8))
# Their numbers are the odd ones from 1 to 255 (PS3.8 9.3.2.2).
_MOST_CONTEXTS = 128
# 128 presentation contexts with forty transfer syntaxes each are below 150 kB.
_LONGEST = 1 << 18
_PAUSE = 0.002


def peek_request(connection: socket.socket, *, wait: float) -> tuple[AssociatePdu, int]:
    """Read an A-ASSOCIATE-RQ without taking it off the connection.

    Parameters
    ----------
    connection : socket
        Accepted, not read from. Its receive buffer is made large enough for the request.
    wait : float
        Seconds that the whole request may take.

    Returns
    -------
    tuple
        The request and the bytes it takes.

    Raises
    ------
    PeerError
        When something else comes, or not in time.
    """
    deadline = time.monotonic() + wait
    head = _peek(connection, _HEADER, deadline)
    length = int.from_bytes(head[2:], "big")
    if head[0] != _REQUEST:
        code = "pdu-unexpected" if head[0] in _OTHERS else "pdu-unknown"
        raise PeerError(f"no association request: the first byte is {head[0]:02X}", code=code)
    if length > _LONGEST:
        raise PeerError(f"an association request of {length} bytes; {_LONGEST} are allowed", code="pdu-length")
    whole = _peek(connection, _HEADER + length, deadline)
    found = _core.AssociatePdu.parse(whole[_HEADER:])
    if len(found.contexts) > _MOST_CONTEXTS:
        most = f"{len(found.contexts)} presentation contexts; there are numbers for {_MOST_CONTEXTS}"
        raise PeerError(f"an association request of {most}", code="pdu-parameter")
    return found, _HEADER + length


def take(connection: socket.socket, count: int) -> None:
    """Take a request of so many bytes, which was looked at, off the connection."""
    while count:
        count -= len(connection.recv(count))


def _peek(connection: socket.socket, count: int, deadline: float) -> bytes:
    if count > connection.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2 * count)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise PeerError("the association request did not come in time", code="peer-silent")
        connection.settimeout(left)
        try:
            seen = connection.recv(count, socket.MSG_PEEK)
        except TimeoutError:
            continue
        except OSError as error:
            raise PeerError(f"the connection was lost: {error.strerror}", code="connection-lost") from error
        if not seen:
            raise PeerError("the peer closed the connection before it asked for an association", code="connection-lost")
        if len(seen) >= count:
            return seen
        # What is there already would be given again and again.
        time.sleep(_PAUSE)
