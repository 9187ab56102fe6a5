"""Lossy code streams of a wanted size, for codecs that take a quality of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["by_ratio"]

_TURNS = 9
# Close enough: what comes out is within this part of the wanted size, and never above it.
_NEAR = 0.97


def by_ratio(encode: Callable[[float], bytes], size: int, ratio: float, *, finest: float, coarsest: float) -> bytes:
    """Search the quality at which the code stream is as large as `size` / `ratio`, and no larger.

    Parameters
    ----------
    encode : callable
        Gives the code stream at a quality between `finest` and `coarsest`, both above zero.
    size : int
        Bytes of the uncompressed frame.
    ratio : float
        How many times smaller; above 1.
    finest, coarsest : float
        The range to search; the smallest stream of it is given where even that is too large.
    """
    if not 1 < ratio <= 10_000:
        raise UsageError(f"a compression ratio is above 1, up to 10,000; this is {ratio}", code="quality")
    wanted = size / ratio
    best = encode(finest)
    if len(best) <= wanted:
        return best
    best = b""
    for _ in range(_TURNS):
        middle = (finest * coarsest) ** 0.5
        made = encode(middle)
        if len(made) > wanted:
            finest = middle
            continue
        coarsest = middle
        best = max(best, made, key=len)
        if len(made) > wanted * _NEAR:
            break
    return best or encode(coarsest)
