"""Storage commitment as its provider: says what is kept for good, on the same association or on one of its own.

A report is owed from the answer to the request until the peer has it: it is noted in a file, and peers that are away
are called again, also after the server was started anew.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import TYPE_CHECKING, Any

from pynetdicom import evt

from hounsfield.errors import HounsfieldError, LimitError
from hounsfield.network.commitment import INSTANCE, PUSH, read_request, report
from hounsfield.network.provider.owed import OwedReports
from hounsfield.network.storage.sending import Line

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pydicom import Dataset

    from hounsfield.network.provider.owed import Owed
    from hounsfield.network.provider.site import KnownPeer, Service, Site
    from hounsfield.network.provider.source import Source

__all__ = ["LONGEST", "PAUSES", "Committing"]

_LOG = logging.getLogger("hounsfield.network")
_CANNOT_READ, _NO_ACTION, _ABSENT, _CONFLICT, _UNABLE, _FULL = 0x0115, 0x0123, 0x0112, 0x0119, 0x0110, 0x0213
# A requestor has this long to release after the answer; whoever stays is told on the same association.
_GRACE = 0.2
# Seconds between calls to a peer that is away; the last is repeated.
PAUSES = (1.0, 5.0, 30.0, 60.0, 300.0, 900.0)
LONGEST = 7 * 86_400.0
# So many peers are called at once; when this ends, they have so many seconds to finish.
_MOST_CALLS = 16
_END = 15.0


class Committing:
    """Answers requests for storage commitment (PS3.4 J.3.2, J.3.3).

    Parameters
    ----------
    source : Source
        What is kept.
    site : Site
        Who this side is, and where its peers listen.
    folder : path, optional
        Where reports are noted until they were given; without, they are forgotten when this program ends.
    pauses : sequence of float
        Seconds between calls to a peer that is away; the last is repeated for a week.

    Raises
    ------
    OSError
        When the folder cannot be had.
    """

    service: Service = "commit"
    classes = (PUSH,)

    def __init__(
        self,
        source: Source,
        site: Site,
        *,
        folder: str | os.PathLike[str] | None = None,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self._source, self._site, self._pauses = source, site, tuple(pauses)
        self._owed = OwedReports(folder)
        self._change = threading.Condition()
        self._ending = False
        # Peers to call: when next, and how many calls failed; and reports that may still go on their own association.
        self._calls: dict[str, tuple[float, int]] = {}
        self._held: set[str] = set()
        self._caller: threading.Thread | None = None
        # Peers that are being called: one that hangs keeps the others waiting no longer.
        self._lines: dict[str, threading.Thread] = {}
        for title in {one.title for one in self._owed}:
            self._call_soon(title)

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
            try:
                owed = self._owed.add(peer.address.title, transaction, objects)
            except LimitError as error:
                _LOG.warning("a request to commit was refused: %s", error.message)
                return _FULL, None
            except OSError as error:
                _LOG.warning("a request to commit cannot be noted: %s", error.strerror)
                return _UNABLE, None
            self._held.add(owed.name)
            threading.Thread(target=self._tell, args=(event.assoc, owed), name="hounsfield-commit", daemon=True).start()
            return 0x0000, None

        return [(evt.EVT_N_ACTION, act)]

    def close(self) -> None:
        """Call nobody any more; what is owed stays noted."""
        with self._change:
            self._ending = True
            self._change.notify_all()
            threads = [*self._lines.values(), *([self._caller] if self._caller else [])]
        end = time.monotonic() + _END
        for one in threads:
            one.join(max(0.0, end - time.monotonic()))

    def _tell(self, assoc: Any, owed: Owed) -> None:
        """Report on the association of the request, if the peer stays; otherwise let the peer be called."""
        time.sleep(_GRACE)
        try:
            if assoc.is_established and self._send(assoc, owed):
                self._owed.remove(owed)
                return
        finally:
            self._held.discard(owed.name)
        if self._site.destination(owed.title) is None:
            _LOG.warning("nobody could be told what is committed: the peer has gone, and where it listens is not known")
            self._owed.remove(owed)
            return
        self._call_soon(owed.title)

    def _call_soon(self, title: str) -> None:
        with self._change:
            self._calls[title] = (time.monotonic(), 0)
            if self._caller is None and not self._ending:
                self._caller = threading.Thread(target=self._call_peers, name="hounsfield-reports", daemon=True)
                self._caller.start()
            self._change.notify_all()

    def _call_peers(self) -> None:
        """Call each peer when it is time, several at once, until this ends."""
        while True:
            with self._change:
                if self._ending:
                    return
                now = time.monotonic()
                waiting = {title: call for title, call in self._calls.items() if title not in self._lines}
                room = _MOST_CALLS - len(self._lines)
                ready = [title for title, (due, _) in waiting.items() if due <= now][:room]
                for title in ready:
                    words = (title, self._calls.pop(title)[1])
                    self._lines[title] = line = threading.Thread(
                        target=self._call_one, args=words, name="hounsfield-report", daemon=True
                    )
                    line.start()
                if not ready:
                    # Whoever hangs up says so.
                    soonest = min((due for due, _ in waiting.values()), default=None) if room else None
                    self._change.wait(None if soonest is None else max(0.0, soonest - now))

    def _call_one(self, title: str, failed: int) -> None:
        done = False
        try:
            done = self._report(title)
        except OSError as error:
            _LOG.warning("a report that was given cannot be forgotten: %s", error.strerror)
        finally:
            pause = self._pauses[min(failed, len(self._pauses) - 1)]
            with self._change:
                del self._lines[title]
                if not done:
                    self._calls.setdefault(title, (time.monotonic() + pause, failed + 1))
                self._change.notify_all()

    def _report(self, title: str) -> bool:
        """Call one peer and give it what it is owed; tell whether nothing is left."""
        peer, left = self._site.destination(title), []
        for one in self._owed:
            if one.title == title and one.name not in self._held:
                if time.time() - one.since > LONGEST:
                    _LOG.warning("a report for a peer that was away for a week was given up")
                    self._owed.remove(one)
                else:
                    left.append(one)
        if not left:
            return True
        if peer is None:
            _LOG.warning("a peer cannot be told what is committed: where it listens is not known any more")
            return False
        return self._call(peer, left)

    def _call(self, peer: KnownPeer, owed: Sequence[Owed]) -> bool:
        from hounsfield.network.user.association import associate, release

        line = Line(self._site.title, wait=self._site.bounds.wait, tls=peer.tls)
        try:
            found = associate(peer.address, [(PUSH, ())], line, roles=[PUSH])
        except HounsfieldError as error:
            _LOG.warning("%s cannot be told what is committed: %s", peer.address, error.message)
            return False
        given = 0
        try:
            for one in owed:
                if not self._send(found, one):
                    _LOG.warning("%s does not take a report of what is committed", peer.address)
                    continue
                self._owed.remove(one)
                given += 1
        finally:
            release(found)
        return given == len(owed)

    def _send(self, assoc: Any, owed: Owed) -> bool:
        """Look up what became of the objects, and say it: what was deleted meanwhile is not committed."""
        event, told = report(owed.transaction, self._site.title, {one: self._reason(*one) for one in owed.objects})
        with contextlib.suppress(RuntimeError, ValueError):
            status, _ = assoc.send_n_event_report(told, event, PUSH, INSTANCE)
            return "Status" in status and status.Status == 0
        return False

    def _reason(self, sop_class: str, instance: str) -> int:
        try:
            return {"yes": 0, "no": _ABSENT, "other-class": _CONFLICT}[self._source.holds(sop_class, instance)]
        except HounsfieldError:
            return _UNABLE
