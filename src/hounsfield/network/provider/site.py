"""Who this side is, and whom it lets do what."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hounsfield.errors import UsageError
from hounsfield.network.address import Address, check_title
from hounsfield.network.storage.receiving import Bounds

if TYPE_CHECKING:
    from hounsfield.network.tls import Tls

__all__ = ["SERVICES", "KnownPeer", "Service", "Site"]

Service = Literal["echo", "store", "find", "retrieve", "worklist", "commit"]
SERVICES: frozenset[Service] = frozenset({"echo", "store", "find", "retrieve", "worklist", "commit"})
_ANY = ""


@dataclass(frozen=True, slots=True)
class KnownPeer:
    """A device that may ask, and that objects may be moved to.

    Parameters
    ----------
    address : Address
        Its title, its host, and the port where it listens.
    allow : frozenset
        The services that it may use.
    tls : Tls, optional
        How to connect to it, where that is encrypted.
    """

    address: Address
    allow: frozenset[Service] = SERVICES
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Who this side is.

    Parameters
    ----------
    title : str
        The own application entity title.
    host : str
        The address to listen on.
    port : int
        0 for any that is free.
    any_title : bool
        Answer whatever title is called.
    peers : tuple of KnownPeer
        Who may associate, by title and host; empty for anybody on this machine, or with a trusted certificate.
    tls : Tls, optional
        Take encrypted connections only.
    bounds : Bounds
        What a peer may cost.
    request_time : float
        Seconds from the connection to the whole request (the ARTIM timer, PS3.8 9.1.5), and for the TLS handshake.
    associations : int
        How many at once; others are told to come back.

    Raises
    ------
    UsageError
        When it would be open to a network without anything that tells who is there.
    """

    title: str = "HOUNSFIELD"
    host: str = "127.0.0.1"
    port: int = 11112
    any_title: bool = False
    peers: tuple[KnownPeer, ...] = ()
    tls: Tls | None = None
    bounds: Bounds = field(default_factory=Bounds)
    request_time: float = 30.0
    associations: int = 128

    def __post_init__(self) -> None:
        """Refuse what would be open to everybody."""
        check_title(self.title)
        if not is_loopback(self.host) and not self.peers and not (self.tls and self.tls.authorities):
            raise UsageError(
                f"{self.host} can be reached from other machines, and nothing says who may come",
                hint="Name the peers, or demand certificates with TLS.",
                code="open-to-all",
            )

    def peer(self, calling: str, host: str) -> KnownPeer | None:
        """Return the peer that calls from there; nothing where nobody known does."""
        if not self.peers:
            return KnownPeer(Address(calling or "ANY", host))
        for one in self.peers:
            if one.address.title == calling and host in _addresses(one.address.host):
                return one
        return None

    def destination(self, title: str) -> KnownPeer | None:
        """Return the peer with a title, to move objects to."""
        return next((one for one in self.peers if one.address.title == title), None)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _addresses(host: str) -> set[str]:
    """Addresses of a host, asked anew, since they change."""
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return set()
