"""Receiving on an association that is for storage only."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hounsfield import _core
from hounsfield.files.write import IMPLEMENTATION_CLASS_UID
from hounsfield.network.implementation import version_name
from hounsfield.network.storage.classes import VERIFICATION, is_storage
from hounsfield.network.storage.received import Keeper, Received
from hounsfield.network.storage.request import take

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

    from hounsfield._core import AssociatePdu

__all__ = ["Bounds", "Outcome", "is_for_storage", "receive"]

_Row: TypeAlias = tuple[str, str, str, str, int, "bytes | None", "tuple[str, int] | None"]

ACCEPTED, CLASS_REFUSED, SYNTAXES_REFUSED = 0, 3, 4
_OUR_LENGTH = 1 << 20
_ROLES, _EXTENDED, _COMMON_EXTENDED, _IDENTITY = 0x54, 0x56, 0x57, 0x58


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a peer may cost on a storage association.

    Parameters
    ----------
    max_length : int
        The longest P-DATA-TF to announce, in bytes.
    object_bytes : int
        The largest object; larger ones are refused with A700.
    wait : float
        Seconds to wait for the peer's next byte.
    pdu_time : float
        Seconds from a PDU's first byte to its last.
    window : int
        Operations that a peer may have open at once, where it asks for that (PS3.7 D.3.3.3).
    batch, batch_bytes : int
        Objects, and their bytes, that are kept and answered together when the peer does not wait.
    sync : bool
        Synchronize each file with its disk before it is kept.
    """

    max_length: int = _OUR_LENGTH
    object_bytes: int = 1 << 40
    wait: float = 60.0
    pdu_time: float = 120.0
    window: int = 64
    batch: int = 32
    batch_bytes: int = 64 << 20
    sync: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a storage association ended.

    Parameters
    ----------
    end : {'released', 'aborted', 'closed'}, optional
        What the peer did; nothing where it was aborted from here.
    stored, refused : int
        Objects.
    size : int
        Bytes of those stored.
    code, reason : str
        What went wrong, where something did.
    """

    end: str | None
    stored: int
    refused: int
    size: int
    code: str = ""
    reason: str = ""


def is_for_storage(request: AssociatePdu) -> bool:
    """Whether a request proposes storage and nothing else that the core does not speak.

    Verification may be among it. A request with an identity (PS3.7 D.3.3.7) or with roles, as for C-GET, is none.
    """
    if {_ROLES, _IDENTITY} & set(request.others):
        return False
    classes = {abstract for _, abstract, _, _ in request.contexts}
    return any(map(is_storage, classes)) and all(uid == VERIFICATION or is_storage(uid) for uid in classes)


def receive(
    connection: socket.socket,
    request: tuple[AssociatePdu, int],
    keeper: Keeper,
    *,
    choose: Callable[[str, Sequence[str]], str | None],
    bounds: Bounds | None = None,
) -> Outcome:
    """Accept a request that was looked at with `peek_request`, and receive until the association ends.

    The call returns when the peer is done: give each association a thread of its own; the core releases the
    interpreter's lock while it moves bytes.

    Parameters
    ----------
    connection : socket
        Is closed at the end, whatever happens.
    request : tuple
        As `peek_request` gave it.
    keeper : Keeper
        Keeps what arrives.
    choose : callable
        Gives the transfer syntax to accept for a SOP class of those proposed; nothing to refuse the class.
    bounds : Bounds, optional
        What the peer may cost.

    Raises
    ------
    OSError
        When the connection is lost before the request is answered.
    """
    bounds = bounds or Bounds()
    asked, count = request
    with connection:
        take(connection, count)
        answers, accepted = _negotiate(asked, choose)
        # Both numbers are from the requestor's side; this side never invokes anything (PS3.7 D.3.3.3).
        window = asked.window and (_window(asked.window[0], bounds.window), 1)
        answer = _core.AssociatePdu(
            asked.called,
            asked.calling,
            answers,
            max_length=bounds.max_length,
            implementation=IMPLEMENTATION_CLASS_UID,
            version=version_name(),
            window=window,
        )
        connection.settimeout(bounds.wait)
        connection.sendall(answer.build(answer=True))

        def keep(rows: list[_Row]) -> list[int]:
            return list(keeper.keep([_received(row, asked) for row in rows]))

        policy = _core.ReceivePolicy(
            keeper.folder,
            f"in-{os.getpid()}-{os.urandom(6).hex()}",
            calling=asked.calling if asked.calling.isascii() else "",
            max_length=bounds.max_length,
            peer_length=asked.max_length,
            object_bytes=bounds.object_bytes,
            batch=bounds.batch,
            batch_bytes=bounds.batch_bytes,
            wait=bounds.wait,
            pdu_time=bounds.pdu_time,
            sync=bounds.sync,
            digest=True,
            implementation=IMPLEMENTATION_CLASS_UID,
            version=version_name(),
        )
        end, stored, refused, size, error = _core.dimse_receive(connection.detach(), accepted, policy, keep)
    return Outcome(end, stored, refused, size, *(error or ("", "")))


def _received(row: _Row, request: AssociatePdu) -> Received:
    path, sop_class, sop_instance, syntax, size, digest, originator = row
    sha256 = bytes(digest or b"")
    return Received(path, sop_class, sop_instance, syntax, size, sha256, request.calling, request.called, originator)


def _window(asked: int, most: int) -> int:
    # 0 asks for any number.
    return min(asked, most) if asked else most


def _negotiate(
    request: AssociatePdu, choose: Callable[[str, Sequence[str]], str | None]
) -> tuple[list[tuple[int, str, list[str], int]], list[tuple[int, str, str]]]:
    """Answer each proposed context; give the answers and those accepted."""
    answers: list[tuple[int, str, list[str], int]] = []
    accepted = []
    for number, abstract, syntaxes, _ in request.contexts:
        chosen = choose(abstract, syntaxes)
        if chosen is not None:
            answers.append((number, "", [chosen], ACCEPTED))
            accepted.append((number, abstract, chosen))
        else:
            known = abstract == VERIFICATION or is_storage(abstract)
            # A refused context names a syntax all the same, which means nothing (PS3.8 9.3.3.2).
            answers.append((number, "", syntaxes[:1], SYNTAXES_REFUSED if known else CLASS_REFUSED))
    return answers, accepted
