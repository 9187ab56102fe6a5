"""Which objects are in files and folders, to be sent."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hounsfield.errors import UsageError
from hounsfield.network.storage.sending import Outgoing, Sent, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hounsfield.network.address import Address
    from hounsfield.network.storage.sending import Line

__all__ = ["outgoing", "send_all"]

_UIDS = ("SOPClassUID", "SOPInstanceUID", "TransferSyntaxUID")
_LOST = frozenset({"peer-aborted", "connection-lost"})
_MOST_FAILURES = 3


def outgoing(paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]) -> Iterator[Outgoing]:
    """Give every object, also those in ZIP archives.

    Raises
    ------
    UsageError
        When there is none.
    """
    from hounsfield.catalog.scan import scan

    listed: list[str | os.PathLike[str]] = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = scan(listed)
    try:
        count = 0
        for one in found.instances:
            sop_class, instance, syntax = (str(one[name] or "") for name in _UIDS)
            count += 1
            yield Outgoing(f"{one.path}/{one.member}" if one.member else one.path, sop_class, instance, syntax)
    finally:
        found.close()
    if not count:
        raise UsageError("there is no DICOM object to send", where=", ".join(str(path) for path in listed))


def send_all(address: Address, objects: Sequence[Outgoing], line: Line) -> Iterator[Sent]:
    """Send objects; where a peer aborts, the object that it did that on is left out and the others go on anew.

    Raises
    ------
    PeerError
        When the peer cannot be reached, or rejects the association.
    """
    waiting, failures = list(objects), 0
    while waiting:
        lost: list[Sent] = []
        for one in send(address, waiting, line):
            if one.status is None and one.code in _LOST:
                lost.append(one)
            else:
                yield one
        if not lost:
            return
        # Nobody says which object it was: the first that was not answered is the likely one.
        yield lost[0]
        failures = failures + 1 if len(lost) == len(waiting) else 0
        if failures >= _MOST_FAILURES:
            yield from lost[1:]
            return
        waiting = [one.object for one in lost[1:]]
