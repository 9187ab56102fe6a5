"""Storage commitment: what is asked and what is reported (PS3.4 J.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydicom import Dataset

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["INSTANCE", "PUSH", "Commitment", "read_request", "report", "request"]

# The push model, and its one well-known instance.
PUSH, INSTANCE = "1.2.840.10008.1.20.1", "1.2.840.10008.1.20.1.1"
REASONS = {
    0x0110: "processing failure",
    0x0112: "the device does not have it",
    0x0119: "the device has it as another SOP class",
    0x0122: "the device does not take its SOP class",
    0x0131: "it was named twice",
    0x0213: "the device has no room",
}


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a peer takes responsibility for.

    Parameters
    ----------
    transaction : str
        Transaction UID.
    committed : tuple of str
        SOP Instance UIDs that it keeps.
    failed : mapping
        SOP Instance UIDs that it does not keep, and why, in words.
    """

    transaction: str
    committed: tuple[str, ...]
    failed: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether it keeps all of them."""
        return not self.failed

    @classmethod
    def of(cls, told: Dataset) -> Commitment:
        """Read a report."""
        failed = {}
        for item in told.get("FailedSOPSequence") or []:
            reason = int(item.get("FailureReason") or 0x0110)
            failed[str(item.get("ReferencedSOPInstanceUID"))] = REASONS.get(reason, f"reason {reason:04X}")
        kept = tuple(str(item.get("ReferencedSOPInstanceUID")) for item in told.get("ReferencedSOPSequence") or [])
        return cls(str(told.get("TransactionUID") or ""), kept, failed)


def request(transaction: str, objects: Iterable[tuple[str, str]]) -> Dataset:
    """Ask to commit objects: pairs of SOP class and instance."""
    found = Dataset()
    found.TransactionUID = transaction
    found.ReferencedSOPSequence = [_item(*one) for one in objects]
    return found


def read_request(asked: Any) -> tuple[str, list[tuple[str, str]]]:
    """Return the transaction and the objects that a peer asks for.

    Raises
    ------
    ValueError
        When there is none.
    """
    transaction = str(asked.get("TransactionUID") or "")
    items = asked.get("ReferencedSOPSequence") or []
    objects = [
        (str(item.get("ReferencedSOPClassUID") or ""), str(item.get("ReferencedSOPInstanceUID") or ""))
        for item in items
    ]
    if not transaction or not objects:
        raise ValueError("no transaction, or nothing to commit")
    return transaction, objects


def report(transaction: str, title: str, outcome: Mapping[tuple[str, str], int]) -> tuple[int, Dataset]:
    """Return the event type and the report of what became of each object: 0, or the reason of a failure."""
    found = Dataset()
    found.TransactionUID = transaction
    found.RetrieveAETitle = title
    kept = [_item(*one) for one, reason in outcome.items() if not reason]
    failed = []
    for one, reason in outcome.items():
        if reason:
            item = _item(*one)
            item.FailureReason = reason
            failed.append(item)
    if kept:
        found.ReferencedSOPSequence = kept
    if failed:
        found.FailedSOPSequence = failed
    return (2 if failed else 1), found


def _item(sop_class: str, instance: str) -> Dataset:
    found = Dataset()
    found.ReferencedSOPClassUID, found.ReferencedSOPInstanceUID = sop_class, instance
    return found
