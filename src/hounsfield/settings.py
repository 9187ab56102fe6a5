"""What may be chosen for every call, as frozen records that are passed along; there are no process-wide switches."""

from __future__ import annotations

import os
from dataclasses import dataclass

__all__ = ["THREADS", "Limits", "threads"]

# Environment variable with the most threads that one process starts for one piece of work.
THREADS = "HOUNSFIELD_THREADS"


def threads(most: int) -> int:
    """Give how many threads to start: at most `most`, the processors at hand, and what ``HOUNSFIELD_THREADS`` says."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get(THREADS, "")
    if asked.isdigit() and int(asked) > 0:
        available = min(available, int(asked))
    return max(1, min(most, available))


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
