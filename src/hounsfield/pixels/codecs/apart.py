"""A decoder in a process of its own, since damaged streams may make it end that process.

OpenJPH 0.26 crashes on some, and imagecodecs passes over errors that it reports while rows are copied. Only frames that
nothing else decodes come here: HTJ2K of more than 16 bits. A process costs about 0.2 s.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.pixels.codecs.stream import broken

if TYPE_CHECKING:
    from hounsfield.pixels.codecs.stream import Stream

__all__ = ["decode_htj2k"]

_LONGEST = 120
_MEMORY = 1 << 30
# Memory is bounded where the system can do that.
_PROGRAM = """
import sys
import imagecodecs
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), int(sys.argv[1])))
except (ImportError, ValueError):
    pass
found = imagecodecs.htj2k_decode(sys.stdin.buffer.read())
sys.stdout.buffer.write(f"{found.dtype.str} {' '.join(map(str, found.shape))}\\n".encode() + found.tobytes())
"""


def decode_htj2k(data: bytes, stream: Stream) -> np.ndarray[Any, np.dtype[Any]]:
    """Decode a High-Throughput JPEG 2000 stream by OpenJPH.

    Raises
    ------
    PixelError
        When the stream is damaged, or decoding it takes too long.
    """
    most = _MEMORY + 16 * 4 * stream.rows * stream.columns * stream.samples
    try:
        done = subprocess.run(  # noqa: S603 - this Python, and words of our own
            [sys.executable, "-c", _PROGRAM, str(most)], input=data, capture_output=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired:
        raise broken(f"decoding the HTJ2K stream took more than {_LONGEST} s") from None
    if done.returncode or b"error" in done.stderr:
        raise broken("the HTJ2K stream is damaged")
    head, _, values = done.stdout.partition(b"\n")
    kind, *sizes = head.decode("ascii").split()
    return np.frombuffer(values, kind).reshape([int(size) for size in sizes]).copy()
