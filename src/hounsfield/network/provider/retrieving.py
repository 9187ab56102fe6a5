"""C-MOVE and C-GET as their provider (PS3.4 C.4.2, C.4.3).

Sub-operations of C-MOVE go over the storage transport of the core; those of C-GET over the association itself, from
files, with the bytes as they are stored.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom import Dataset
from pydicom.uid import UID
from pynetdicom.dimse_primitives import C_GET, C_MOVE, C_STORE
from pynetdicom.dsutils import encode, split_dataset

from hounsfield.errors import HounsfieldError, PeerError
from hounsfield.files.write import EXPLICIT, IMPLICIT
from hounsfield.network.storage.sending import Line, Outgoing, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pynetdicom.association import Association

    from hounsfield.network.provider.site import KnownPeer, Service, Site
    from hounsfield.network.provider.source import Source

__all__ = ["Retrieving"]

_LOG = logging.getLogger("hounsfield.network")
MOVES = ("1.2.840.10008.5.1.4.1.2.1.2", "1.2.840.10008.5.1.4.1.2.2.2")
GETS = ("1.2.840.10008.5.1.4.1.2.1.3", "1.2.840.10008.5.1.4.1.2.2.3")
_PENDING, _SUCCESS, _SOME, _CANCELED = 0xFF00, 0x0000, 0xB000, 0xFE00
_NONE, _DESTINATION, _MISMATCH, _UNABLE = 0xA702, 0xA801, 0xA900, 0xC000
_KEYS = {
    "PATIENT": ("PatientID",),
    "STUDY": ("StudyInstanceUID",),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
_FALLBACKS = {EXPLICIT: "uncompressed", IMPLICIT: "implicit"}
_SHARE = 64


@dataclass(slots=True)
class _Count:
    """Sub-operations so far."""

    remaining: int
    completed: int = 0
    failed: int = 0
    warned: int = 0
    lacking: list[str] = field(default_factory=list)

    def add(self, status: int | None, instance: str) -> None:
        self.remaining -= 1
        if status == 0:
            self.completed += 1
        elif status is not None and status >> 12 == 0xB:
            self.warned += 1
        else:
            self.failed += 1
            self.lacking.append(instance)

    @property
    def status(self) -> int:
        """How it ends."""
        if not self.failed:
            return _SUCCESS if not self.warned else _SOME
        return _SOME if self.completed or self.warned else _NONE


class Retrieving:
    """Sends objects of a source to whom a peer names, or to the peer itself.

    Parameters
    ----------
    source : Source
        What there is.
    site : Site
        Who this side is, and the destinations that it knows.
    """

    service: Service = "retrieve"
    classes = (*MOVES, *GETS)

    def __init__(self, source: Source, site: Site) -> None:
        self._source, self._site = source, site

    def handlers(self, peer: KnownPeer) -> list[tuple[Any, Any]]:
        """Return nothing: `serve` takes the messages themselves."""
        del peer
        return []

    def extended(self, uid: str, asked: bytes) -> bytes | None:
        """Agree to relational retrieval."""
        del uid
        return bytes([asked[0] & 1]) if asked else None

    def serve(self, assoc: Association, request: C_MOVE | C_GET, context: Any) -> None:
        """Answer a request, sub-operation by sub-operation."""
        reply = _Reply(assoc, request, context)
        try:
            keys = _keys(request, context)
            objects = list(self._source.objects(keys))
        except HounsfieldError as error:
            reply.end(_UNABLE, error.message)
            return
        except ValueError as error:
            reply.end(_MISMATCH, str(error))
            return
        if len(objects) > 0xFFFF:
            reply.end(_NONE, f"{len(objects)} objects are more than one retrieval can count")
        elif isinstance(request, C_MOVE):
            self._move(reply, request, objects)
        else:
            self._get(reply, objects)

    def _readable(self, objects: Sequence[Outgoing]) -> list[Outgoing]:
        """Let objects be where they can be read; those that cannot fail one by one."""
        found = []
        for one in objects:
            try:
                found.append(dataclasses.replace(one, path=self._source.local(one.path)))
            except HounsfieldError as error:
                _LOG.warning("an object cannot be read: %s", error.message)
                found.append(one)
        return found

    def _get(self, reply: _Reply, objects: list[Outgoing]) -> None:
        count = _Count(len(objects))
        assoc = reply.assoc
        with tempfile.TemporaryDirectory(prefix="hounsfield-get-") as folder:
            for number, one in enumerate(objects, 1):
                if reply.canceled:
                    reply.end(_CANCELED, count=count)
                    return
                (readable,) = self._readable([one])
                count.add(_store(assoc, readable, number, folder), one.sop_instance)
                if not assoc.is_established:
                    return
                reply.pending(count)
        reply.end(count.status, count=count)

    def _move(self, reply: _Reply, request: C_MOVE, objects: list[Outgoing]) -> None:
        title = str(request.MoveDestination or "").strip()
        destination = self._site.destination(title)
        if destination is None:
            _LOG.warning("a C-MOVE to a destination that is not known was refused")
            reply.end(_DESTINATION, "the destination is not known here")
            return
        asked_by = (reply.caller, int(request.MessageID or 0))
        moved = [Outgoing(one.path, one.sop_class, one.sop_instance, one.syntax, asked_by) for one in objects]
        line = Line(self._site.title, wait=self._site.bounds.wait, tls=destination.tls)
        count = _Count(len(objects))
        try:
            for place in range(0, len(moved), _SHARE):
                if reply.canceled:
                    reply.end(_CANCELED, count=count)
                    return
                for sent in send(destination.address, self._readable(moved[place : place + _SHARE]), line):
                    count.add(sent.status, sent.object.sop_instance)
                    if sent.status is None or not sent.ok:
                        _LOG.warning("an object was not moved to %s: %s", title, sent.reason)
                reply.pending(count)
        except PeerError as error:
            _LOG.warning("the destination %s cannot be reached: %s", title, error.message)
            left = [one.sop_instance for one in moved[count.completed + count.failed + count.warned :]]
            for instance in left:
                count.add(None, instance)
        reply.end(count.status, count=count)


def _keys(request: C_MOVE | C_GET, context: Any) -> dict[str, list[str]]:
    """Read the unique keys; a level without its own is refused (PS3.4 C.4.2.1.4)."""
    from pynetdicom.dsutils import decode

    syntax = context.transfer_syntax[0]
    try:
        if request.Identifier is None:
            raise ValueError("there is no identifier")
        identifier = decode(request.Identifier, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated)
        level = str(identifier.get("QueryRetrieveLevel") or "").strip().upper()
        found = {keyword: _texts(identifier.get(keyword)) for keyword in sum(_KEYS.values(), ())}
    except Exception as error:
        raise ValueError("the identifier cannot be read") from error
    if level not in _KEYS:
        raise ValueError(f"no level {level[:16] or '(none)'}")
    own = _KEYS[level][-1]
    if not found[own] or any("*" in one or "?" in one for one in found[own]):
        raise ValueError(f"{own} must be given")
    return {keyword: found[keyword] for keyword in (*_KEYS["PATIENT"], *_KEYS[level]) if found[keyword]}


def _texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(value)] if isinstance(value, str) else [str(one) for one in value]


class _Reply:
    """Answers to one C-MOVE or C-GET."""

    def __init__(self, assoc: Association, request: C_MOVE | C_GET, context: Any) -> None:
        self.assoc, self.context = assoc, context
        self._request = request

    @property
    def caller(self) -> str:
        """Who asks."""
        return self.assoc.requestor.ae_title.strip()

    @property
    def canceled(self) -> bool:
        """Whether the peer changed its mind, or has gone."""
        return not self.assoc.is_established or self._request.MessageID in self.assoc.dimse.cancel_req

    def pending(self, count: _Count) -> None:
        """Say how far it is."""
        self._send(_PENDING, count)

    def end(self, status: int, comment: str = "", *, count: _Count | None = None) -> None:
        """Say how it ended."""
        self._send(status, count, comment)

    def _send(self, status: int, count: _Count | None, comment: str = "") -> None:
        if not self.assoc.is_established:
            return
        answer = type(self._request)()
        answer.MessageIDBeingRespondedTo = self._request.MessageID
        answer.AffectedSOPClassUID = self._request.AffectedSOPClassUID
        answer.Status = status
        if comment:
            setattr(answer, "ErrorComment", comment[:64])  # noqa: B010 - pynetdicom gives it no type
        if count is not None:
            if status in (_PENDING, _CANCELED):
                answer.NumberOfRemainingSuboperations = count.remaining
            answer.NumberOfCompletedSuboperations = count.completed
            answer.NumberOfFailedSuboperations = count.failed
            answer.NumberOfWarningSuboperations = count.warned
            if count.lacking and status != _PENDING:
                answer.Identifier = self._listed(count.lacking)
        self.assoc.dimse.send_msg(answer, self.context.context_id)

    def _listed(self, lacking: Sequence[str]) -> Any:
        from io import BytesIO

        found = Dataset()
        found.FailedSOPInstanceUIDList = list(lacking)
        syntax = self.context.transfer_syntax[0]
        return BytesIO(encode(found, syntax.is_implicit_VR, syntax.is_little_endian, syntax.is_deflated) or b"")


def _store(assoc: Association, one: Outgoing, number: int, folder: str) -> int | None:
    """Send one object on the association that asked for it; nothing where that cannot be done."""
    for context, path in _ways(assoc, one, folder):
        message = C_STORE()
        message.MessageID = number
        message.AffectedSOPClassUID = UID(one.sop_class)
        message.AffectedSOPInstanceUID = UID(one.sop_instance)
        message.Priority = 2
        try:
            message._dataset_path = (Path(path), split_dataset(Path(path))[1])  # noqa: SLF001 - pynetdicom's own hook
            assoc.dimse.send_msg(message, context.context_id)
        except (OSError, ValueError) as error:
            _LOG.warning("an object cannot be read: %s", type(error).__name__)
            return None
        _, answer = assoc.dimse.get_msg(block=True)
        if path != one.path:
            Path(path).unlink(missing_ok=True)
        if not isinstance(answer, C_STORE) or answer.Status is None:
            assoc.abort()
            return None
        return int(answer.Status)
    return None


def _ways(assoc: Association, one: Outgoing, folder: str) -> Iterator[tuple[Any, str]]:
    """Give the context to send in and the file: the object's own, or a copy in a syntax that the peer takes."""
    taken = {
        str(context.transfer_syntax[0]): context
        for context in assoc.accepted_contexts
        if context.abstract_syntax == one.sop_class and context.as_scu
    }
    if one.syntax in taken:
        yield taken[one.syntax], one.path
        return
    for syntax, name in _FALLBACKS.items():
        if syntax in taken:
            from hounsfield.pixels.transcode.transcoding import transcode

            target = os.path.join(folder, f"{os.urandom(8).hex()}.dcm")
            try:
                row = transcode(one.path, target, to=name)
            except HounsfieldError as error:
                _LOG.warning("an object cannot be made %s: %s", name, error.code)
                return
            if row.status != "failed":
                yield taken[syntax], target
            return
