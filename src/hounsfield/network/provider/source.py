"""What a provider answers queries from and takes objects to send from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydicom import Dataset

    from hounsfield.network.storage.sending import Outgoing

__all__ = ["Source"]


class Source(Protocol):
    """Objects that can be asked for. Its methods are called from many threads."""

    def find(self, level: str, identifier: Dataset, *, combined: bool, fuzzy: bool) -> Iterator[Dataset]:
        """Give an answer for everything at a level that matches, with what the identifier asks for.

        Parameters
        ----------
        level : {'patient', 'study', 'series', 'image'}
            What to list.
        identifier : Dataset
            Keys, and what to return.
        combined : bool
            Dates and times are one range.
        fuzzy : bool
            Match names by how they sound or are spelled.
        """

    def objects(self, keys: Mapping[str, Sequence[str]]) -> Iterator[Outgoing]:
        """Give the objects that have one of the values of each key; keys are unique keys of the levels."""

    def local(self, path: str) -> str:
        """Give a file to open for the path of an object, which may be kept elsewhere; `ReadError` without one."""

    def holds(self, sop_class: str, sop_instance: str) -> Literal["yes", "no", "other-class"]:
        """Whether an object is kept for good."""
