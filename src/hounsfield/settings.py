"""What may be chosen for every call, as frozen records that are passed along; there are no process-wide switches."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading untrusted data may cost; passing one raises `LimitError`.

    Parameters
    ----------
    depth : int
        Nesting of sequences. Real objects stay below 20.
    elements : int
        Elements, items and fragments of one file; an enhanced object of 10,000 frames has about half a million.
    header_bytes : int
        Bytes before the pixel data.
    inflated_bytes : int
        Bytes that a deflated data set may inflate to.
    """

    depth: int = 64
    elements: int = 5_000_000
    header_bytes: int = 512 << 20
    inflated_bytes: int = 256 << 20
