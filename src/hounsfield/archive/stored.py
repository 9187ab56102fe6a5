"""What comes into an archive, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

__all__ = ["POLICIES", "Incoming", "Outcome", "Policy", "Stored", "Verification"]

Policy = Literal["keep", "replace", "both"]
POLICIES: tuple[Policy, ...] = ("keep", "replace", "both")
Outcome = Literal["stored", "replaced", "present", "kept", "refused"]


class Incoming(Protocol):
    """A complete DICOM file in `Archive.folder`, its bytes already on the disk."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def sop_class(self) -> str:
        """SOP Class UID that was announced; empty where nobody did."""

    @property
    def sop_instance(self) -> str:
        """SOP Instance UID that was announced; empty where nobody did."""

    @property
    def size(self) -> int:
        """Bytes of the file."""

    @property
    def sha256(self) -> bytes:
        """Of the file."""

    @property
    def calling(self) -> str:
        """Who sent it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of an object; unless it was refused, an object with this UID is safe.

    Parameters
    ----------
    outcome : {'stored', 'replaced', 'present', 'kept', 'refused'}
        ``present``: these very bytes were there already. ``kept``: others with the same SOP Instance UID were, and
        stay. ``replaced``: those that were there are gone.
    sop_instance : str
        SOP Instance UID.
    path : str
        Where it is; empty where it was refused.
    reason : str
        Why it was refused.
    status : int
        Status of C-STORE (PS3.4 B.2.3).
    source : str
        Where it came from.
    """

    outcome: Outcome
    sop_instance: str = ""
    path: str = ""
    reason: str = ""
    status: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What `Archive.verify` found.

    Parameters
    ----------
    checked : int
        Objects that are as they were stored.
    damaged, missing : list of str
        Files whose bytes have changed, and files that are gone.
    recovered : list of str
        Files that the index did not know and now does.
    unknown : list of str
        Files that the index does not know and that cannot be put into it.
    """

    checked: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged or missing."""
        return not self.damaged and not self.missing
