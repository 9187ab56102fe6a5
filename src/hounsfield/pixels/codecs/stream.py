"""What the header of a code stream says, read before any codec is called, so that nothing is decoded on trust."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hounsfield.errors import LimitError, PixelError

__all__ = ["NATIVE", "PIXEL_DATA", "Color", "Stream", "broken", "costly"]

PIXEL_DATA = 0x7FE00010
# The process of a frame that has no code stream, only its cells.
NATIVE = "native"

Color = Literal["", "RGB", "YCbCr"]


class Stream(NamedTuple):
    """The header of one code stream.

    Parameters
    ----------
    rows, columns, samples : int
        What the codec will give.
    bits : int
        Precision of a sample; 0: it states none.
    signed : bool or None
        Whether samples are signed; ``None``: this kind of stream has no sign.
    color : str
        The color space that the stream itself names; empty: it names none.
    transformed : bool
        Color is transformed within the stream and the codec undoes that (RCT and ICT of JPEG 2000, XYB of JPEG XL).
    process : str
        What kind of stream it is, where one syntax has several.
    notes : tuple of str
        What is odd about it.
    """

    rows: int
    columns: int
    samples: int
    bits: int
    signed: bool | None = None
    color: Color = ""
    transformed: bool = False
    process: str = ""
    notes: tuple[str, ...] = ()


def broken(what: str, *, code: str = "codec") -> PixelError:
    """Make the error of a code stream that cannot be followed."""
    return PixelError(what, tag=PIXEL_DATA, code=code)


def costly(what: str, *, code: str) -> LimitError:
    """Make the error of a code stream that would cost more than what it holds is worth."""
    return LimitError(what, tag=PIXEL_DATA, code=code)
