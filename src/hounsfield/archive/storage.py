"""Where the objects of an archive are kept: files below its folder, or object storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Storage"]


class Storage(Protocol):
    """Objects, each named after the SHA-256 of its bytes: nothing that a peer says becomes a name.

    Its methods are called from many threads. What fails is an `OSError`.
    """

    def place(self, sha256: str) -> str:
        """Give the path at which an object can be read once `local` gave it; the index has this path."""

    def keep(self, files: Mapping[str, str], made: list[str]) -> None:
        """Keep files for good, and make their places readable; they last when this returns.

        Parameters
        ----------
        files : mapping of str to str
            SHA-256 and path.
        made : list of str
            The SHA-256 of each object that was not there before is added, also when another fails.
        """

    def lacking(self, sizes: Mapping[str, int]) -> list[str]:
        """Tell which objects are not there, or not in their length; their bytes are not read.

        Parameters
        ----------
        sizes : mapping of str to int
            SHA-256 and length.
        """

    def exists(self, sha256: str) -> bool:
        """Tell whether an object is there."""

    def local(self, sha256: str) -> str:
        """Give a path that an object can be read from; `FileNotFoundError` where it is not there."""

    def digest(self, sha256: str) -> str:
        """Give the SHA-256 of what is there; `FileNotFoundError` where nothing is."""

    def sound(self, sha256: str) -> str | None:
        """Give the path of an object whose bytes are compared now; nothing where they are other ones."""

    def remove(self, sha256: str) -> None:
        """Remove an object, where it is there."""

    def all(self) -> Iterator[tuple[str, str]]:
        """Give name and SHA-256 of all objects; what has another name has an empty SHA-256."""

    def name(self, sha256: str) -> str:
        """Give the path or URL of an object, to tell people."""
