"""What a provider can be asked for besides storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.network.provider.site import KnownPeer, Service

__all__ = ["Handler"]


class Handler(Protocol):
    """Answers the messages of one service class."""

    @property
    def service(self) -> Service:
        """The permission that a peer needs for it."""

    @property
    def classes(self) -> Sequence[str]:
        """SOP classes that it provides."""

    def handlers(self, peer: KnownPeer) -> Sequence[tuple[Any, Any]]:
        """Return pynetdicom's events and their handlers, for an association with a peer."""

    def extended(self, uid: str, asked: bytes) -> bytes | None:
        """Answer an extended negotiation (PS3.7 D.3.3.5); nothing to leave it unanswered."""
