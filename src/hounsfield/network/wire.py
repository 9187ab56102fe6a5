"""The connection below an association of pynetdicom, within bounds.

pynetdicom reads as many bytes as a PDU says it has, for as long as that takes. Here both have an end.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from pynetdicom.transport import AddressInformation, AssociationSocket

from hounsfield.network.aborts import INVALID, UNEXPECTED, UNSAID, abort_pdu

if TYPE_CHECKING:
    import socket

    from pynetdicom.association import Association

__all__ = ["Wire", "guard", "hush"]

_REQUEST_LENGTH = 1 << 18
_CHUNK = 1 << 16
_HEADER = 6
_LOG = logging.getLogger("hounsfield.network")


def guard(assoc: Association) -> None:
    """End an association whose peer says what pynetdicom has no rule for, instead of its thread by an exception."""
    machine = assoc.dul.state_machine
    act = machine.do_action

    def guarded(event: str) -> None:
        try:
            act(event)
        except Exception as error:  # noqa: BLE001 - what is wrong with the bytes, pynetdicom raises of any kind
            _LOG.warning("an association ended by what the peer said: %s", type(error).__name__)
            if assoc.dul.socket is not None:
                assoc.dul.socket.send(abort_pdu(UNEXPECTED))
            assoc.dul.kill_dul()

    setattr(machine, "do_action", guarded)  # noqa: B010 - pynetdicom makes its machine itself


def hush() -> None:
    """Keep pynetdicom from logging the data sets of queries, which name patients, unless somebody asked for it."""
    logger = logging.getLogger("pynetdicom")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)


class Wire(AssociationSocket):
    """A connection that is there already.

    Parameters
    ----------
    assoc : Association
        The association above.
    connection : socket
        Connected, or accepted.
    accepted : bool
        Which of both.
    pdu_time : float
        Seconds that a PDU may take.
    """

    def __init__(
        self, assoc: Association, connection: socket.socket, *, accepted: bool, pdu_time: float = 120.0
    ) -> None:
        self._given = connection
        # What a peer says behind its request is read once the request is answered; pynetdicom would lose its way.
        self._held = False
        self._accepted = accepted
        self._pdu_time = pdu_time
        connection.settimeout(pdu_time)
        if accepted:
            super().__init__(assoc, client_socket=connection)
        else:
            # A requestor's socket is one that becomes connected; see `connect`.
            super().__init__(assoc, address=AddressInformation("127.0.0.1", 0))

    def _create_socket(self, address: AddressInformation) -> socket.socket:  # noqa: ARG002 - pynetdicom's
        self._is_connected = False
        return self._given

    def connect(self, primitive: Any) -> None:
        """Report that the connection is there."""
        self._is_connected = True
        primitive.result = "Evt2"
        self.provider_queue.put(primitive)
        self._ready.set()

    @property
    def ready(self) -> bool:
        """Whether there is something to read now."""
        return not self._held and super().ready

    def recv(self, nr_bytes: int) -> bytearray:
        """Read exactly so many bytes, or fewer where the peer closes.

        Raises
        ------
        OSError
            When they are more than any PDU may have, or take too long.
        """
        bound = max(_REQUEST_LENGTH, 2 * (self.assoc.ae.maximum_pdu_size or 0))
        if nr_bytes > bound:
            self.send(abort_pdu(INVALID))
            raise OSError(f"a PDU of {nr_bytes} bytes; {bound} are allowed")
        connection = self._given
        deadline = time.monotonic() + self._pdu_time
        found = bytearray()
        while len(found) < nr_bytes:
            left = deadline - time.monotonic()
            if left <= 0:
                self.send(abort_pdu(UNSAID))
                raise TimeoutError("a PDU took too long")
            connection.settimeout(left)
            try:
                chunk = connection.recv(min(nr_bytes - len(found), _CHUNK))
            except TimeoutError:
                continue
            if not chunk:
                break
            found += chunk
        connection.settimeout(self._pdu_time)
        if self._accepted and nr_bytes > _HEADER:
            self._held, self._accepted = True, False
        return found

    def send(self, bytestream: bytes) -> None:
        """Send a PDU; a connection that is lost meanwhile ends the association."""
        self._held = False
        try:
            self._given.sendall(bytestream)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")
