"""Connecting to a peer, and saying in words why that failed."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from hounsfield.errors import PeerError
from hounsfield.network.tunnel import tunnel

if TYPE_CHECKING:
    from hounsfield.network.address import Address
    from hounsfield.network.tls import Tls

__all__ = ["connect", "tls_reason"]


def connect(address: Address, *, timeout: float, tls: Tls | None = None) -> socket.socket:
    """Connect, with TLS where that is asked for; what comes back is always a plain socket.

    Raises
    ------
    PeerError
        When the host has no address, nobody listens, or both sides do not agree on TLS.
    """
    where = str(address)
    context = tls.client() if tls else None
    try:
        connection = socket.create_connection((address.host, address.port), timeout=timeout)
    except socket.gaierror as error:
        raise PeerError(
            f"no host has the name {address.host}", where=where, code="unknown-host", hint="Is the name right?"
        ) from error
    except OSError as error:
        late = isinstance(error, TimeoutError)
        reason = f"nothing answers within {timeout:g} s" if late else error.strerror or str(error)
        raise PeerError(
            f"no connection: {reason}", where=where, code="unreachable", hint="Is the host right, and does it listen?"
        ) from error
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if context is None or tls is None:
        return connection
    name = address.host if tls.name in (None, "-") else tls.name
    try:
        return tunnel(context.wrap_socket(connection, server_hostname=name))
    except (OSError, ValueError) as error:
        connection.close()
        raise PeerError(
            f"no TLS: {tls_reason(error)}", where=where, code="tls", hint="Does it speak TLS on this port?"
        ) from error


def tls_reason(error: Exception) -> str:
    """Say why a handshake failed."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError):
        return "the connection was closed during the handshake"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or str(error)).replace("_", " ").lower()
        return "the other side does not speak TLS" if "wrong version number" in reason else reason
    if isinstance(error, TimeoutError):
        return "the handshake takes too long"
    return getattr(error, "strerror", None) or str(error)
