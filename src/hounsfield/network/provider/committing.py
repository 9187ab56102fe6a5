"""Storage commitment as its provider: says what is kept for good, on the same association or on one of its own."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from pynetdicom import evt

from hounsfield.errors import HounsfieldError
from hounsfield.network.commitment import INSTANCE, PUSH, read_request, report
from hounsfield.network.storage.sending import Line

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.network.provider.site import KnownPeer, Service, Site
    from hounsfield.network.provider.source import Source

__all__ = ["Committing"]

_LOG = logging.getLogger("hounsfield.network")
_CANNOT_READ, _NO_ACTION, _ABSENT, _CONFLICT, _UNABLE = 0x0115, 0x0123, 0x0112, 0x0119, 0x0110
# A requestor has this long to release after the answer; whoever stays is told on the same association.
_GRACE = 0.2
_RETRIES = (1.0, 5.0, 30.0)


class Committing:
    """Answers requests for storage commitment (PS3.4 J.3.2, J.3.3).

    Parameters
    ----------
    source : Source
        What is kept.
    site : Site
        Who this side is, and where its peers listen.
    """

    service: Service = "commit"
    classes = (PUSH,)

    def __init__(self, source: Source, site: Site) -> None:
        self._source, self._site = source, site

    def extended(self, uid: str, asked: bytes) -> None:
        """Leave it unanswered: there is nothing to negotiate."""
        del uid, asked

    def handlers(self, peer: KnownPeer) -> list[tuple[Any, Any]]:
        """Return the handler of requests of a peer."""

        def act(event: Any) -> tuple[int, Dataset | None]:
            if event.request.ActionTypeID != 1:
                return _NO_ACTION, None
            try:
                transaction, objects = read_request(event.action_information)
            except Exception:  # noqa: BLE001 - whatever is wrong with the bytes, pydicom raises of any kind
                return _CANNOT_READ, None
            outcome = {one: self._reason(*one) for one in objects}
            told = report(transaction, self._site.title, outcome)
            threading.Thread(
                target=self._tell, args=(event.assoc, peer, told), name="hounsfield-commit", daemon=True
            ).start()
            return 0x0000, None

        return [(evt.EVT_N_ACTION, act)]

    def _reason(self, sop_class: str, instance: str) -> int:
        try:
            return {"yes": 0, "no": _ABSENT, "other-class": _CONFLICT}[self._source.holds(sop_class, instance)]
        except HounsfieldError:
            return _UNABLE

    def _tell(self, assoc: Any, peer: KnownPeer, told: tuple[int, Dataset]) -> None:
        """Report, where the peer is or comes back to."""
        time.sleep(_GRACE)
        if assoc.is_established and _send(assoc, told):
            return
        if self._site.destination(peer.address.title) is None:
            _LOG.warning("nobody could be told what is committed: the peer has gone, and where it listens is not known")
            return
        for pause in (0.0, *_RETRIES):
            time.sleep(pause)
            if self._call(peer, told):
                return
        _LOG.warning("%s could not be told what is committed", peer.address)

    def _call(self, peer: KnownPeer, told: tuple[int, Dataset]) -> bool:
        from hounsfield.network.user.association import associate, release

        line = Line(self._site.title, wait=self._site.bounds.wait, tls=peer.tls)
        try:
            found = associate(peer.address, [(PUSH, ())], line, roles=[PUSH])
        except HounsfieldError as error:
            _LOG.warning("%s cannot be told what is committed: %s", peer.address, error.message)
            return False
        try:
            return _send(found, told)
        finally:
            release(found)


def _send(assoc: Any, told: tuple[int, Dataset]) -> bool:
    try:
        status, _ = assoc.send_n_event_report(told[1], told[0], PUSH, INSTANCE)
    except (RuntimeError, ValueError):
        return False
    return "Status" in status and status.Status == 0
