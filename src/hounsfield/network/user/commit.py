"""Storage commitment as its user (PS3.4 J.3)."""

from __future__ import annotations

import queue
import time
from typing import TYPE_CHECKING, Any

from pydicom.uid import generate_uid
from pynetdicom import evt

from hounsfield.errors import PeerError
from hounsfield.network.commitment import INSTANCE, PUSH, Commitment, request
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.site import KnownPeer, Site
from hounsfield.network.user.association import associate, lost, refused_context, release
from hounsfield.network.user.query import failure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hounsfield.network.address import Address
    from hounsfield.network.provider.site import Service
    from hounsfield.network.storage.sending import Line

__all__ = ["commit"]

_SAME = 2.0


class _Reports:
    """Takes reports, on whichever association they come."""

    service: Service = "commit"
    classes = (PUSH,)

    def __init__(self, transaction: str) -> None:
        self.found: queue.SimpleQueue[Commitment] = queue.SimpleQueue()
        self._transaction = transaction

    def handlers(self, peer: KnownPeer) -> list[tuple[Any, Any]]:
        """Return the handler of reports."""
        del peer
        return [(evt.EVT_N_EVENT_REPORT, self.take)]

    def extended(self, uid: str, asked: bytes) -> None:
        """Leave it unanswered."""
        del uid, asked

    def take(self, event: Any) -> tuple[int, None]:
        """Take one report; one of another transaction is not ours."""
        try:
            told = Commitment.of(event.event_information)
        except Exception:  # noqa: BLE001 - whatever is wrong with the bytes, pydicom raises of any kind
            return 0x0110, None
        if told.transaction == self._transaction:
            self.found.put(told)
        return 0x0000, None


def commit(
    where: tuple[Address, Line], objects: Sequence[tuple[str, str]], place: tuple[str, int] | None, wait: float
) -> Commitment:
    """Ask a peer to take responsibility for objects, and wait for its report.

    Raises
    ------
    PeerError
        When the peer does not do that, is lost, or sends no report in time.
    """
    address, line = where
    transaction = str(generate_uid(None))
    reports = _Reports(transaction)
    if place is None:
        return _ask(where, (transaction, objects), reports, (wait, wait))
    peers = (KnownPeer(address, frozenset({"echo", "commit"})),)
    with Provider(Site(line.calling, place[0], place[1], peers=peers), handlers=[reports]):
        return _ask(where, (transaction, objects), reports, (min(_SAME, wait), wait))


def _ask(
    where: tuple[Address, Line],
    asked: tuple[str, Sequence[tuple[str, str]]],
    reports: _Reports,
    times: tuple[float, float],
) -> Commitment:
    address, line = where
    until = time.monotonic() + times[1]
    found = associate(address, [(PUSH, ())], line, handlers=[(evt.EVT_N_EVENT_REPORT, reports.take)])
    try:
        try:
            status, _ = found.send_n_action(request(*asked), 1, PUSH, INSTANCE)
        except ValueError as error:
            raise refused_context(found, PUSH, address) from error
        if "Status" not in status:
            raise lost(found, address, line)
        if status.Status:
            raise failure("the request to commit", status, address)
        if told := _wait(reports, times[0]):
            return told
    finally:
        release(found)
    # The peer may come back on an association of its own.
    if told := _wait(reports, until - time.monotonic()):
        return told
    raise PeerError(
        f"no report came in {times[1]:g} s",
        where=str(address),
        code="peer-silent",
        hint=f"It may report later, on an association of its own: it must know {line.calling} with host and port.",
    )


def _wait(reports: _Reports, seconds: float) -> Commitment | None:
    try:
        return reports.found.get(timeout=max(seconds, 0.001))
    except queue.Empty:
        return None
