"""Opening an association as its requestor, on pynetdicom; failures in words."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from pydicom.uid import UID
from pynetdicom import AE, build_context, evt
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation

from hounsfield.errors import PeerError
from hounsfield.files.write import EXPLICIT, IMPLEMENTATION_CLASS_UID, IMPLICIT
from hounsfield.network import words
from hounsfield.network.connection import connect
from hounsfield.network.implementation import version_name
from hounsfield.network.spool import SpoolingProvider
from hounsfield.network.wire import Wire, guard, hush

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterable, Sequence

    from pynetdicom.association import Association
    from pynetdicom.transport import AddressInformation

    from hounsfield.network.address import Address
    from hounsfield.network.storage.received import Keeper
    from hounsfield.network.storage.sending import Line

__all__ = ["Proposal", "associate", "lost", "refused_context", "release"]

Proposal = tuple[str, "Sequence[str]"]


class _Entity(AE):
    """An application entity whose associations run over a connection that is there already."""

    def __init__(self, line: Line, connection: socket.socket, keeper: Keeper | None) -> None:
        super().__init__(line.calling)
        self.implementation_class_uid = UID(IMPLEMENTATION_CLASS_UID)
        self.implementation_version_name = version_name()
        self.maximum_pdu_size = line.announced
        self.acse_timeout = self.dimse_timeout = line.wait
        # Between two operations the caller may take its time.
        self.network_timeout = None
        self.witness = _Witness()
        self._connection = connection
        self._wait, self._keeper = line.wait, keeper

    def _create_socket(self, assoc: Association, address: AddressInformation, tls_args: Any) -> Wire:  # noqa: ARG002 - pynetdicom's
        guard(assoc)
        if self._keeper:
            keeper = self._keeper
            assoc.dimse = SpoolingProvider(assoc, lambda: keeper.folder)
        return Wire(assoc, self._connection, accepted=False, pdu_time=self._wait)


class _Witness:
    """Remembers how a peer rejects or aborts; pynetdicom forgets that where the connection closes at once."""

    def __init__(self) -> None:
        self.abort: tuple[int, int] | None = None
        self.rejection: tuple[int, int, int] | None = None

    def see(self, event: Any) -> None:
        pdu = event.pdu
        if pdu.pdu_type == 0x07:
            self.abort = (pdu.source, pdu.reason_diagnostic)
        elif pdu.pdu_type == 0x03:
            self.rejection = (pdu.result, pdu.source, pdu.reason_diagnostic)


def associate(
    address: Address,
    proposals: Iterable[Proposal],
    line: Line,
    *,
    items: Sequence[Any] = (),
    roles: Sequence[str] = (),
    handlers: Sequence[tuple[Any, Callable[..., Any]]] = (),
    keeper: Keeper | None = None,
) -> Association:
    """Open an association.

    Parameters
    ----------
    address : Address
        The peer.
    proposals : iterable of (SOP class, transfer syntaxes)
        Presentation contexts; without syntaxes the two uncompressed ones are proposed.
    line : Line
        How to talk.
    items : sequence
        Further items of negotiation.
    roles : sequence of str
        SOP classes for which this side wants to be the provider (PS3.7 D.3.3.4).
    handlers : sequence
        Handlers of pynetdicom's events.
    keeper : Keeper, optional
        Where objects are written that the peer sends.

    Raises
    ------
    PeerError
        When the peer cannot be reached, rejects or aborts.
    """
    hush()
    connection = connect(address, timeout=line.connect, tls=line.tls)
    entity = _Entity(line, connection, keeper)
    contexts = [build_context(abstract, list(syntaxes) or [EXPLICIT, IMPLICIT]) for abstract, syntaxes in proposals]
    for uid in roles:
        role = SCP_SCU_RoleSelectionNegotiation()
        role.sop_class_uid = UID(uid)
        role.scu_role, role.scp_role = False, True
        items = [*items, role]
    try:
        found = entity.associate(
            "127.0.0.1",  # where the peer is was settled when the connection was made
            address.port,
            contexts=contexts,
            ae_title=address.title,
            max_pdu=line.announced,
            ext_neg=list(items) or None,
            evt_handlers=[(evt.EVT_PDU_RECV, entity.witness.see), *handlers],
        )
    except BaseException:
        connection.close()
        raise
    if found.is_established:
        return found
    connection.close()
    raise _refusal(found, entity.witness, address, line)


def _refusal(found: Association, witness: _Witness, address: Address, line: Line) -> PeerError:
    where = str(address)
    answer = found.acceptor.primitive
    if witness.rejection:
        text = words.rejection(*witness.rejection)
        hint = f"It was called {address.title} by {line.calling}: it must know both."
        return PeerError(text, where=where, code="rejected", hint=hint)
    if witness.abort:
        return PeerError(words.abort(*witness.abort), where=where, code="aborted")
    if answer is not None and found.rejected_contexts:
        said = {_context_words(context) for context in found.rejected_contexts}
        listed = "; ".join(sorted(said)[:4])
        more = f"; and {len(said) - 4} more" if len(said) > 4 else ""
        return PeerError(f"the peer takes nothing of what was proposed: {listed}{more}", where=where, code="refused")
    return PeerError(
        f"the connection was closed before the association was answered, or no answer came in {line.wait:g} s",
        where=where,
        code="connection-lost",
        hint="Does it speak DICOM on this port, and is TLS asked for on both sides or on none?",
    )


def _context_words(context: Any) -> str:
    name = UID(context.abstract_syntax).name
    text = words.context_result(context.result)
    if context.result == 4:
        return f"{name} in {', '.join(UID(uid).name for uid in context.transfer_syntax)}: {text}"
    return f"{name}: {text}"


def refused_context(found: Association, uid: str, address: Address) -> PeerError:
    """Say why there is no presentation context for a SOP class."""
    for context in found.rejected_contexts:
        if context.abstract_syntax == uid:
            return PeerError(
                f"the peer refused the presentation context of {_context_words(context)}",
                where=str(address),
                code="not-accepted",
            )
    return PeerError(f"{UID(uid).name} was not agreed on", where=str(address), code="not-accepted")


def lost(found: Association, address: Address, line: Line) -> PeerError:
    """Say why an answer did not come."""
    entity = found.ae
    witness = entity.witness if isinstance(entity, _Entity) else _Witness()
    where = str(address)
    if witness.abort:
        return PeerError(words.abort(*witness.abort), where=where, code="aborted")
    if found.acse.is_aborted() or found.is_aborted:
        return PeerError("the connection was lost, or what came was no DICOM", where=where, code="connection-lost")
    return PeerError(f"no answer came in {line.wait:g} s", where=where, code="peer-silent")


def release(found: Association) -> None:
    """Release an association, or close what is left of it."""
    with contextlib.suppress(Exception):
        if found.is_established:
            found.release()
        else:
            found.abort()
    if isinstance(found.dimse, SpoolingProvider):
        found.dimse.discard()
