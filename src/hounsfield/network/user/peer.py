"""`hounsfield.Peer`: a device on the network, as this side uses it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal, Self

from hounsfield.errors import UsageError
from hounsfield.network.address import Address, check_max_pdu, check_title
from hounsfield.network.identifier import LEVELS, RETURNED, WORKLIST_RETURNED, build, worklist_key
from hounsfield.network.storage.sending import Line

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence
    from types import TracebackType

    from pydicom import Dataset
    from pynetdicom.association import Association

    from hounsfield.network.commitment import Commitment
    from hounsfield.network.retrieval import Retrieval
    from hounsfield.network.storage.sending import Sent
    from hounsfield.network.tls import Tls
    from hounsfield.progress import Progress

__all__ = ["Peer"]

Level = Literal["patient", "study", "series", "image"]
_VERIFICATION = "1.2.840.10008.1.1"


class Peer:
    """A device that is asked, and that images are sent to and retrieved from.

    Associations are opened when they are needed; inside `with` they are kept, so that the next question needs none.

    Parameters
    ----------
    address : str
        ``TITLE@host:port``.
    calling : str
        The own application entity title, by which the peer must know this side.
    connect : float
        Seconds to wait for a connection.
    timeout : float
        Seconds to wait for each answer.
    tls : Tls, optional
        Encrypt, and check who the peer is.
    max_pdu : int, optional
        The longest PDU to announce, and to send objects in, in bytes: 4,096 to 134,217,728. By default 131,072 are
        announced, and objects are sent in PDUs as long as the peer takes.

    Raises
    ------
    UsageError
        When the address, the title or the length cannot be one.

    Examples
    --------
    >>> import hounsfield as hu
    >>> peer = hu.Peer("PACS@127.0.0.1:11112")
    >>> peer.address.title, peer.address.port
    ('PACS', 11112)
    """

    def __init__(
        self,
        address: str | Address,
        *,
        calling: str = "HOUNSFIELD",
        connect: float = 10.0,
        timeout: float = 60.0,
        tls: Tls | None = None,
        max_pdu: int | None = None,
    ) -> None:
        self.address = address if isinstance(address, Address) else Address.parse(address)
        self.line = Line(check_title(calling), connect, timeout, tls=tls, max_pdu=check_max_pdu(max_pdu))
        self._open: dict[object, Association] = {}
        self._keeps = False

    def __enter__(self) -> Self:
        """Use the peer; at the end its associations are released."""
        self._keeps = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release the associations."""
        self._keeps = False
        self.close()

    def close(self) -> None:
        """Release the associations; the peer can be used again."""
        from hounsfield.network.user.association import release

        while self._open:
            release(self._open.popitem()[1])

    def echo(self) -> float:
        """Ask whether the peer is there (C-ECHO); return the seconds from the request to the answer.

        Raises
        ------
        PeerError
            When it cannot be reached, refuses, or answers with a failure.
        """
        from hounsfield.network.user.association import associate, lost, refused_context, release
        from hounsfield.network.user.query import failure

        found = associate(self.address, [(_VERIFICATION, ())], self.line)
        try:
            begun = time.perf_counter()
            try:
                status = found.send_c_echo()
            except ValueError as error:
                raise refused_context(found, _VERIFICATION, self.address) from error
            seconds = time.perf_counter() - begun
            if "Status" not in status:
                raise lost(found, self.address, self.line)
            if status.Status:
                raise failure("the echo", status, self.address)
        finally:
            release(found)
        return seconds

    def find(
        self,
        keys: dict[str, Any] | None = None,
        *,
        level: Level = "study",
        include: Sequence[str] = (),
        only: bool = False,
        root: Literal["patient", "study"] | None = None,
        relational: bool = False,
        fuzzy: bool = False,
        **more: Any,
    ) -> Iterator[Dataset]:
        """Ask what the peer has (C-FIND), and give each answer as it comes.

        Parameters
        ----------
        keys, **more
            What must match, by keyword: a text with ``*`` and ``?``, a range of dates as ``20260101-20261231``, several
            values as a list.
        level : {'study', 'patient', 'series', 'image'}
            What to list. Below a study the keys must say which one, unless the peer takes relational queries.
        include : sequence of str
            Keywords to ask for besides the usual ones.
        only : bool
            Ask for nothing else than keys and `include`.
        root : {'study', 'patient'}, optional
            Information model; by default that of patients at their level, and that of studies below.
        relational, fuzzy : bool
            Ask the peer for relational queries, and for matching names by their sound or spelling (PS3.4 C.5.1.1).

        Yields
        ------
        Dataset
            An answer.

        Raises
        ------
        UsageError
            When a key is none.
        PeerError
            When the peer cannot be reached, or refuses.
        """
        from hounsfield.network.user.query import PATIENT_ROOT, STUDY_ROOT, extended, find

        if level not in LEVELS:
            raise UsageError(f"no level is called {level}", hint=f"One of {', '.join(LEVELS)}.")
        uid = PATIENT_ROOT if (root or ("patient" if level == "patient" else "study")) == "patient" else STUDY_ROOT
        if uid == STUDY_ROOT and level == "patient":
            raise UsageError("the study root has no level of patients", hint="Ask with the patient root.")
        identifier = build({**(keys or {}), **more}, [*(() if only else RETURNED[level]), *include], level=level)
        kind = (uid, relational, fuzzy)
        items = [extended(uid, relational=relational, fuzzy=fuzzy)]
        with _Borrowed(self, kind, [(uid, ())], items) as found:
            yield from find(found, uid, identifier, (self.address, self.line))

    def worklist(
        self, keys: dict[str, Any] | None = None, *, include: Sequence[str] = (), fuzzy: bool = False, **more: Any
    ) -> Iterator[Dataset]:
        """Ask what is scheduled (Modality Worklist), and give each item as it comes.

        Keys such as ``Modality`` and ``ScheduledProcedureStepStartDate`` are put into the sequence of steps.

        Raises
        ------
        UsageError
            When a key is none.
        PeerError
            When the peer cannot be reached, or refuses.
        """
        from hounsfield.network.user.query import WORKLIST, extended, find

        asked = {worklist_key(keyword): value for keyword, value in {**(keys or {}), **more}.items()}
        identifier = build(asked, [*WORKLIST_RETURNED, *map(worklist_key, include)])
        with _Borrowed(self, (WORKLIST, fuzzy), [(WORKLIST, ())], [extended(WORKLIST, fuzzy=fuzzy)]) as found:
            yield from find(found, WORKLIST, identifier, (self.address, self.line))

    def retrieve(
        self,
        what: str | Dataset | dict[str, Any],
        *,
        into: str | os.PathLike[str] | None = None,
        via: Literal["get", "move"] = "get",
        to: str | None = None,
        port: int = 11112,
        host: str = "127.0.0.1",
        progress: Progress | None = None,
    ) -> Retrieval:
        """Have the peer send a patient, a study, a series or an image.

        Parameters
        ----------
        what : str, Dataset or dict
            A Study Instance UID, an answer of `find`, or the unique keys down to what is wanted.
        into : path, optional
            Folder to receive into; each object becomes ``<SOP Instance UID>.dcm``.
        via : {'get', 'move'}
            C-GET comes on the same association. For C-MOVE the peer connects back: it must know the own title as one
            at this host and port.
        to : str, optional
            Title of another destination to move to; then nothing comes here.
        port, host : int, str
            Where to listen for C-MOVE.
        progress : Progress, optional
            Is told of each object.

        Raises
        ------
        UsageError
            When it is not said where to put what comes, or what is wanted.
        PeerError
            When the peer cannot be reached, does not do that, or is lost.
        """
        from hounsfield.network.retrieval import Wanted
        from hounsfield.network.user.arrival import get_into, move_into
        from hounsfield.network.user.retrieve import move
        from hounsfield.progress import Silent

        wanted = Wanted.of(what)
        if to is not None:
            return move((self.address, self.line), wanted, check_title(to))
        if into is None:
            raise UsageError("say where to put what comes (into), or where else to send it (to)")
        where = (self.address, self.line)
        if via == "get":
            return get_into(where, wanted, into, progress or Silent())
        return move_into(where, wanted, into, (host, port), progress or Silent())

    def send(
        self, paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]], *, progress: Progress | None = None
    ) -> Iterator[Sent]:
        """Send what is in files and folders (C-STORE), and give what became of each object.

        Every object goes out in its own transfer syntax where the peer takes that; otherwise uncompressed.

        Parameters
        ----------
        paths : path or sequence of paths
            Files and folders; what is no object is passed over.
        progress : Progress, optional
            Is told of each object.

        Yields
        ------
        Sent
            What became of an object.

        Raises
        ------
        PeerError
            When the peer cannot be reached, or rejects the association.
        """
        from hounsfield.network.user.departure import outgoing, send_all
        from hounsfield.progress import Silent

        told = progress or Silent()
        objects = list(outgoing(paths))
        told.start("sending", len(objects), "objects")
        try:
            for one in send_all(self.address, objects, self.line):
                told.advance()
                yield one
        finally:
            told.finish()

    def commit(
        self,
        what: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        *,
        port: int | None = None,
        host: str = "127.0.0.1",
        wait: float = 60.0,
    ) -> Commitment:
        """Ask the peer to take responsibility for objects that it was sent (Storage Commitment).

        Parameters
        ----------
        what : path or sequence of paths
            Files and folders with the objects.
        port, host : int, str, optional
            Where to listen for a peer that reports on an association of its own; it must know the own title there.
        wait : float
            Seconds to wait for the report.

        Raises
        ------
        PeerError
            When the peer does not do that, is lost, or sends no report in time.
        """
        from hounsfield.network.user.commit import commit
        from hounsfield.network.user.departure import outgoing

        objects = list({one.sop_instance: (one.sop_class, one.sop_instance) for one in outgoing(what)}.values())
        return commit((self.address, self.line), objects, None if port is None else (host, port), wait)


class _Borrowed:
    """An association of a peer: one that is open and idle, or a new one; kept afterwards where nothing is wrong."""

    def __init__(
        self, peer: Peer, kind: object, proposals: Sequence[tuple[str, Sequence[str]]], items: Sequence[Any]
    ) -> None:
        self._peer, self._kind = peer, kind
        self._proposals, self._items = proposals, items
        self._found: Association | None = None

    def __enter__(self) -> Association:
        from hounsfield.network.user.association import associate

        kept = self._peer._open.pop(self._kind, None)  # noqa: SLF001 - its other half
        if kept is None or not kept.is_established:
            kept = associate(self._peer.address, self._proposals, self._peer.line, items=self._items)
        self._found = kept
        return kept

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from hounsfield.network.user.association import release

        found = self._found
        if found is None:
            return
        idle = kind is None or kind is GeneratorExit
        peer = self._peer
        if idle and peer._keeps and found.is_established and self._kind not in peer._open:  # noqa: SLF001
            peer._open[self._kind] = found  # noqa: SLF001
        else:
            release(found)
