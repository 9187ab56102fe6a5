"""A received object, and what keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CANNOT_UNDERSTAND", "OUT_OF_RESOURCES", "PROCESSING_FAILURE", "SUCCESS", "Keeper", "Received"]

SUCCESS = 0x0000
PROCESSING_FAILURE = 0x0110
OUT_OF_RESOURCES = 0xA700
CANNOT_UNDERSTAND = 0xC000


@dataclass(frozen=True, slots=True)
class Received:
    """A complete object in a DICOM file that was written for it.

    Parameters
    ----------
    path : str
        The file. Whoever keeps the object moves it away; what is still there afterwards is removed.
    sop_class, sop_instance : str
        As the command names them; the instance is digits and dots. What the data set says may differ.
    syntax : str
        Transfer Syntax UID of the data set, which is stored as it came.
    size : int
        Bytes of the file.
    sha256 : bytes
        Of the file.
    calling, called : str
        Application entity titles of the association.
    originator : tuple of str and int, optional
        Who asked for the C-MOVE that this is part of, and the message.
    """

    path: str
    sop_class: str
    sop_instance: str
    syntax: str
    size: int
    sha256: bytes
    calling: str
    called: str
    originator: tuple[str, int] | None = None


class Keeper(Protocol):
    """Keeps received objects."""

    @property
    def folder(self) -> str:
        """Where objects are written on their way in: on the same file system as the place where they are kept."""

    def keep(self, objects: Sequence[Received]) -> Sequence[int]:
        """Keep objects for good, and give the C-STORE status of each (PS3.4 B.2.3); the peer is told afterwards."""
