"""An association that is accepted for more than storage, on pynetdicom."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from pydicom.uid import UID
from pynetdicom import AE, build_context, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.transport import AddressInformation

from hounsfield.files.write import DEFLATED, EXPLICIT, IMPLEMENTATION_CLASS_UID, IMPLICIT
from hounsfield.network.aborts import INVALID, abort_pdu
from hounsfield.network.address import shown_title
from hounsfield.network.commitment import PUSH
from hounsfield.network.implementation import version_name
from hounsfield.network.provider.retrieving import Retrieving
from hounsfield.network.spool import SpoolingProvider, keep
from hounsfield.network.storage.classes import VERIFICATION, is_storage
from hounsfield.network.wire import Wire, guard, hush

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from hounsfield._core import AssociatePdu
    from hounsfield.network.provider.service import Handler
    from hounsfield.network.provider.site import KnownPeer, Site
    from hounsfield.network.storage.received import Keeper

__all__ = ["PLAIN", "accept"]

_LOG = logging.getLogger("hounsfield.network")
PLAIN = (EXPLICIT, IMPLICIT, DEFLATED)


class _Acceptor(Association):
    """An association whose retrievals are answered here, so that objects go out from files as they are stored."""

    def __init__(self, entity: AE, handlers: Sequence[Handler]) -> None:
        super().__init__(entity, "acceptor")
        self._retrieving = next((one for one in handlers if isinstance(one, Retrieving)), None)

    def run_reactor(self) -> None:
        """Negotiate and serve; what pynetdicom stumbles over ends this association alone."""
        try:
            super().run_reactor()
        except Exception as error:  # noqa: BLE001 - requests may be wrong in any way
            _LOG.warning("an association ended by what its request says: %s", type(error).__name__)
            if self.dul.socket is not None:
                self.dul.socket.send(abort_pdu(INVALID))
            self.dul.kill_dul()

    def _serve_request(self, msg: Any, context_id: int) -> None:
        context = self._accepted_cx.get(context_id)
        if not isinstance(msg, C_GET | C_MOVE) or context is None or self._retrieving is None:
            super()._serve_request(msg, context_id)
            return
        if not msg.is_valid_request or context.abstract_syntax not in self._retrieving.classes:
            self.abort()
            return
        self.dimse.cancel_req = {}
        self._is_paused = True
        try:
            self._retrieving.serve(self, msg, context)
        except Exception:  # noqa: BLE001 - one association must not end the others; it is logged whole
            _LOG.exception("a retrieval ended by an error of this program")
            self.abort()
        finally:
            self._is_paused = False
            self.dimse.cancel_req = {}


def accept(
    connection: socket.socket,
    request: AssociatePdu,
    *,
    site: Site,
    peer: KnownPeer,
    handlers: Sequence[Handler],
    keeper: Keeper | None,
    choose: Callable[[str, Sequence[str]], str | None],
) -> None:
    """Negotiate what `request`, which is still on the connection, asks for, and serve until the association ends."""
    hush()
    entity = AE(site.title)
    entity.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
    entity.implementation_version_name = version_name()
    entity.maximum_pdu_size = site.bounds.max_length
    entity.acse_timeout = site.request_time
    entity.dimse_timeout = entity.network_timeout = site.bounds.wait
    found = _Acceptor(entity, [one for one in handlers if one.service in peer.allow])
    # Without a keeper nothing is taken that would come in pieces.
    folder = keeper.folder if keeper is not None else os.devnull
    spooling = SpoolingProvider(found, lambda: folder, object_bytes=site.bounds.object_bytes)
    found.dimse = spooling
    guard(found)
    found.set_socket(Wire(found, connection, accepted=True, pdu_time=site.bounds.pdu_time))
    acceptor = found.acceptor
    acceptor.maximum_length = site.bounds.max_length
    acceptor.ae_title = request.called or site.title
    acceptor.address_info = AddressInformation.from_tuple(connection.getsockname())
    acceptor.implementation_class_uid = entity.implementation_class_uid
    acceptor.implementation_version_name = entity.implementation_version_name
    acceptor.supported_contexts = _contexts(request, peer, handlers, choose)
    host = str(connection.getpeername()[0])
    found.requestor.address_info = AddressInformation.from_tuple(connection.getpeername())
    titles = (request.calling, request.called)
    for event, handler in _bound(peer, handlers, keeper, titles):
        found.bind(event, handler)
    found.start()
    found.join()
    spooling.discard()
    end = "released" if found.is_released else "aborted" if found.is_aborted else "closed"
    level = logging.INFO if found.is_released else logging.WARNING
    _LOG.log(level, "%s at %s: %s", shown_title(request.calling), host, end)


def _contexts(
    request: AssociatePdu,
    peer: KnownPeer,
    handlers: Sequence[Handler],
    choose: Callable[[str, Sequence[str]], str | None],
) -> list[Any]:
    """Contexts to accept: the services that the peer may use, and of storage what is asked for and taken.

    Storage classes come in both roles: a peer that retrieves with C-GET is the provider of storage.
    """
    provided = {uid for handler in handlers if handler.service in peer.allow for uid in handler.classes}
    if "echo" in peer.allow:
        provided.add(VERIFICATION)
    found = [build_context(uid, list(PLAIN)) for uid in sorted(provided)]
    for context in found:
        if context.abstract_syntax == PUSH:
            # Reports come on an association in which the peer is the provider.
            context.scu_role, context.scp_role = True, True
    asked: dict[str, dict[str, None]] = {}
    for _, abstract, syntaxes, _ in request.contexts:
        if is_storage(abstract) and peer.allow & {"store", "retrieve"}:
            chosen = choose(abstract, syntaxes)
            if chosen is not None:
                # The syntax of each context that was asked for comes first in its own, so that each gets its own.
                asked.setdefault(abstract, {})[chosen] = None
    for abstract, chosen_syntaxes in asked.items():
        context = build_context(abstract, list(chosen_syntaxes))
        context.scu_role, context.scp_role = True, True
        found.append(context)
    return found


def _bound(
    peer: KnownPeer, handlers: Sequence[Handler], keeper: Keeper | None, titles: tuple[str, str]
) -> list[tuple[Any, Any]]:
    allowed = [handler for handler in handlers if handler.service in peer.allow]

    def store(event: Any) -> int:
        if keeper is None or "store" not in peer.allow:
            return 0x0124
        return keep(event.request, str(event.context.transfer_syntax), keeper, titles)

    def negotiate(event: Any) -> dict[UID, bytes]:
        answers = {}
        for uid, asked in event.app_info.items():
            for handler in allowed:
                if uid in handler.classes and (said := handler.extended(str(uid), bytes(asked))) is not None:
                    answers[uid] = said
        return answers

    found: list[tuple[Any, Any]] = [(evt.EVT_C_STORE, store), (evt.EVT_SOP_EXTENDED, negotiate)]
    for handler in allowed:
        found += handler.handlers(peer)
    return found
