"""Sending files on associations of their own."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield import _core
from hounsfield.errors import HounsfieldError, PeerError
from hounsfield.files.write import IMPLEMENTATION_CLASS_UID
from hounsfield.network import words
from hounsfield.network.connection import connect
from hounsfield.network.implementation import version_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hounsfield._core import AssociatePdu
    from hounsfield.network.address import Address
    from hounsfield.network.tls import Tls

__all__ = ["Line", "Outgoing", "Sent", "send"]

IMPLICIT, EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"
_BIG_ENDIAN, _DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_MOST_CONTEXTS = 128
_COPIES, _PORTION = 16, 512
# The longest P-DATA-TF to announce where no other is asked for; a requestor hardly receives.
_OUR_LENGTH = 1 << 17
# What to transcode to, in the order of preference; names are those of `hounsfield.transcode`.
_FALLBACKS = {EXPLICIT: "uncompressed", IMPLICIT: "implicit"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object to send.

    Parameters
    ----------
    path : str
        A DICOM file; the path may lead into a ZIP archive.
    sop_class, sop_instance, syntax : str
        Its UIDs, as its header says; one without is not sent, with that as the reason.
    originator : tuple of str and int, optional
        Who asked for the C-MOVE that this is part of, and the message.
    """

    path: str
    sop_class: str
    sop_instance: str
    syntax: str
    originator: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of an object.

    Parameters
    ----------
    object : Outgoing
        Which.
    status : int, optional
        The peer's C-STORE status; nothing where it was not sent.
    reason : str
        Why it was not stored, or the warning it was stored with; otherwise empty.
    code : str
        A stable word for what kept it from being sent.
    transcoded : str
        The transfer syntax it was sent in, where that is not its own.
    """

    object: Outgoing
    status: int | None
    reason: str = ""
    code: str = ""
    transcoded: str = ""

    @property
    def ok(self) -> bool:
        """Whether the peer has it: success, or a warning."""
        return self.status is not None and (self.status == 0 or self.status >> 12 == 0xB)


@dataclass(frozen=True, slots=True)
class Line:
    """How to talk to a peer.

    Parameters
    ----------
    calling : str
        The own application entity title.
    connect : float
        Seconds to wait for the connection.
    wait : float
        Seconds to wait for each answer.
    window : int
        Operations to have open at once, where the peer agrees (PS3.7 D.3.3.3); 1 to wait for each answer.
    tls : Tls, optional
        Encrypt, and check who the peer is.
    max_pdu : int, optional
        The longest P-DATA-TF to announce, and to send, in bytes; by default 131,072 are announced, and as many are sent
        as the peer takes.
    """

    calling: str = "HOUNSFIELD"
    connect: float = 10.0
    wait: float = 60.0
    window: int = 16
    tls: Tls | None = None
    max_pdu: int | None = None

    @property
    def announced(self) -> int:
        """The longest P-DATA-TF that the peer may send."""
        return self.max_pdu or _OUR_LENGTH

    def longest(self, taken: int) -> int:
        """Return the longest P-DATA-TF to send to a peer that takes so much; 0 is any length."""
        return min(taken or self.max_pdu, self.max_pdu) if self.max_pdu else taken


@dataclass(frozen=True, slots=True)
class _Pair:
    """A presentation context: a class in one of these syntaxes."""

    sop_class: str
    syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ready:
    """An object with its context, the file to send and, where that is a copy, the syntax it was made in."""

    object: Outgoing
    context: int
    path: str
    transcoded: str = ""


def send(address: Address, objects: Iterable[Outgoing], line: Line | None = None) -> Iterator[Sent]:
    """Send objects to a peer, in their own transfer syntax where it takes that; give a result for each.

    What the peer does not take as it is, it gets uncompressed; nothing is ever compressed with loss on the way. Classes
    and syntaxes that do not fit into the 128 presentation contexts of one association go on another.

    Parameters
    ----------
    address : Address
        The peer.
    objects : iterable of Outgoing
        What to send.
    line : Line, optional
        How to talk.

    Raises
    ------
    PeerError
        When the peer cannot be reached, or rejects the association. One that is lost later gives the rest a reason.
    """
    line = line or Line()
    whole = []
    for one in objects:
        if one.sop_class and one.sop_instance and one.syntax:
            whole.append(one)
        else:
            named = {
                "SOP Class UID": one.sop_class,
                "SOP Instance UID": one.sop_instance,
                "Transfer Syntax UID": one.syntax,
            }
            missing = next(name for name, value in named.items() if not value)
            yield Sent(one, None, f"it has no {missing}", "no-uid")
    for share in _shares(whole):
        yield from _association(address, share, line)


def _pairs(objects: Sequence[Outgoing]) -> list[_Pair]:
    """Contexts to propose: each class in each stored syntax, and in the plain ones that it may have to become."""
    wanted: dict[_Pair, None] = {}
    for one in objects:
        wanted[_Pair(one.sop_class, (one.syntax,))] = None
    for one in objects:
        wanted[_Pair(one.sop_class, (EXPLICIT, IMPLICIT))] = None
    return list(wanted)


def _shares(objects: list[Outgoing]) -> Iterator[list[Outgoing]]:
    """Split objects so that each share needs no more contexts than an association has."""
    waiting = deque(objects)
    while waiting:
        share: list[Outgoing] = []
        known: set[tuple[str, str]] = set()
        classes: set[str] = set()
        rest: deque[Outgoing] = deque()
        while waiting:
            one = waiting.popleft()
            pair = (one.sop_class, one.syntax)
            more = (pair not in known) + (one.sop_class not in classes)
            if len(known) + len(classes) + more > _MOST_CONTEXTS:
                rest.append(one)
                continue
            known.add(pair)
            classes.add(one.sop_class)
            share.append(one)
        yield share
        waiting = rest


def _association(address: Address, objects: list[Outgoing], line: Line) -> Iterator[Sent]:
    pairs = _pairs(objects)
    proposal = _core.AssociatePdu(
        address.title,
        line.calling,
        [(2 * place + 1, pair.sop_class, list(pair.syntaxes), 0) for place, pair in enumerate(pairs)],
        max_length=line.announced,
        implementation=IMPLEMENTATION_CLASS_UID,
        version=version_name(),
        window=(line.window, 1) if line.window != 1 else None,
    )
    user, answer = _open(address, proposal, line)
    try:
        yield from _send_all(_Sending(user, answer, line), objects, _Contexts(pairs, answer))
    except BaseException:
        user.abort()
        raise


def _open(address: Address, proposal: AssociatePdu, line: Line) -> tuple[_core.StorageUser, AssociatePdu]:
    where = str(address)
    connection = connect(address, timeout=line.connect, tls=line.tls)
    user = _core.StorageUser(connection.detach())
    try:
        said, answer, numbers = user.request(proposal, line.wait)
    except HounsfieldError as error:
        raise PeerError(error.message, where=where, code=error.code) from error
    if answer is None:
        text = words.rejection(*numbers) if said == "rejected" else words.abort(*numbers)
        raise PeerError(text, where=where, code=said, hint="It must know this program's title, and its own.")
    return user, answer


class _Contexts:
    """Which presentation contexts the peer accepted."""

    def __init__(self, pairs: list[_Pair], answer: AssociatePdu) -> None:
        results = {number: (result, syntaxes) for number, _, syntaxes, result in answer.contexts}
        self._accepted: dict[tuple[str, str], int] = {}
        self._refused: dict[tuple[str, str], int] = {}
        for place, pair in enumerate(pairs):
            number = 2 * place + 1
            result, syntaxes = results.get(number, (2, []))
            if result == 0 and syntaxes:
                self._accepted.setdefault((pair.sop_class, syntaxes[0]), number)
            else:
                for syntax in pair.syntaxes:
                    self._refused[pair.sop_class, syntax] = result

    def of(self, one: Outgoing) -> tuple[int, str] | None:
        """Context and syntax to send an object in; nothing where the peer takes its class in none."""
        if number := self._accepted.get((one.sop_class, one.syntax)):
            return number, one.syntax
        for syntax in _FALLBACKS:
            if number := self._accepted.get((one.sop_class, syntax)):
                return number, syntax
        return None

    def refusal(self, one: Outgoing) -> str:
        """Say why there is none."""
        from pydicom.uid import UID

        name = UID(one.sop_class).name
        result = self._refused.get((one.sop_class, one.syntax), 2)
        if result == 4:
            return f"the peer takes {name} neither in {UID(one.syntax).name} nor uncompressed"
        return f"the peer does not take {name}: {words.context_result(result)}"


class _Sending:
    """Sends on one association; once it is lost, everything left gets that as its reason."""

    def __init__(self, user: _core.StorageUser, answer: AssociatePdu, line: Line) -> None:
        self._user = user
        self._pace = (line.longest(answer.max_length), answer.window[0] if answer.window else 1)
        self._lost: HounsfieldError | None = None

    def send(self, ready: list[_Ready]) -> list[Sent]:
        """Send, and remove the copies that were made for it."""
        found: dict[int, Sent] = {}

        def told(place: int, status: int | None, said: tuple[str, str]) -> None:
            one, code, text = ready[place], *said
            if status is not None:
                text = _reason(status, text)
            found[place] = Sent(one.object, status, text, code, one.transcoded)

        if self._lost is None:
            rows = [
                (one.path, one.object.sop_class, one.object.sop_instance, one.context, one.object.originator)
                for one in ready
            ]
            try:
                self._user.send(rows, *self._pace, told)
            except HounsfieldError as error:
                self._lost = error
                self._user.abort()
        for one in ready:
            if one.path != one.object.path:
                Path(one.path).unlink()
        return [found.get(place) or self._unsent(one) for place, one in enumerate(ready)]

    def _unsent(self, one: _Ready) -> Sent:
        message, code = (self._lost.message, self._lost.code) if self._lost else ("not answered", "")
        return Sent(one.object, None, message, code)

    def release(self) -> None:
        """Say goodbye; everything was answered, so that a peer that does not answer this has it all the same."""
        if self._lost is None:
            with contextlib.suppress(HounsfieldError):
                self._user.release()


def _reason(status: int, comment: str) -> str:
    if status == 0:
        return ""
    text = f"{words.store_status(status)} ({status:04X})"
    return f"{text}: {comment}" if comment else text


def _send_all(sending: _Sending, objects: list[Outgoing], contexts: _Contexts) -> Iterator[Sent]:
    with tempfile.TemporaryDirectory(prefix="hounsfield-send-") as folder:
        ready: list[_Ready] = []
        copies = 0
        for one in objects:
            prepared = _prepare(one, contexts, folder)
            if isinstance(prepared, Sent):
                yield prepared
                continue
            ready.append(prepared)
            copies += prepared.path != one.path
            # Copies take space: they go out a few at a time.
            if copies >= _COPIES or len(ready) >= _PORTION:
                yield from sending.send(ready)
                ready, copies = [], 0
        yield from sending.send(ready)
    sending.release()


def _prepare(one: Outgoing, contexts: _Contexts, folder: str) -> Sent | _Ready:
    """Choose the context, and transcode where the peer wants that."""
    chosen = contexts.of(one)
    if chosen is None:
        return Sent(one, None, contexts.refusal(one), "not-accepted")
    number, syntax = chosen
    target = os.path.join(folder, f"{os.urandom(8).hex()}.dcm")
    if syntax == one.syntax:
        return _Ready(one, number, one.path) if os.path.exists(one.path) else _unpacked(one, number, target)
    from hounsfield.pixels.transcode.transcoding import transcode

    try:
        row = transcode(one.path, target, to=_FALLBACKS[syntax])
    except HounsfieldError as error:
        return Sent(one, None, f"cannot be made {_FALLBACKS[syntax]} for the peer: {error.message}", error.code)
    if row.status == "failed":
        return Sent(one, None, f"cannot be made {_FALLBACKS[syntax]} for the peer: {row.reason}", "transcode")
    return _Ready(one, number, target, syntax)


def _unpacked(one: Outgoing, number: int, target: str) -> Sent | _Ready:
    """Take an object out of its archive."""
    from hounsfield.files.source import open_input

    try:
        data = open_input(one.path).data
    except HounsfieldError as error:
        return Sent(one, None, error.message, error.code)
    Path(target).write_bytes(data or b"")
    return _Ready(one, number, target)
