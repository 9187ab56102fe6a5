"""Compressed frames as arrays of stored values (PS3.5 8.2).

The header of a code stream is read and held against the data set before a codec is called; `trust` says who is
believed. Codecs give the numbers of the stream; the sign is restored here. Color comes out as RGB.
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np

from hounsfield.errors import HounsfieldError, LimitError, PixelError, UnsupportedError
from hounsfield.pixels.codecs.stream import PIXEL_DATA
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.pixels.trust import checked_shape, contradictions, restore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hounsfield.errors import Issue
    from hounsfield.pixels.codecs.stream import Stream
    from hounsfield.pixels.layout import Layout

__all__ = ["decode_frame"]

Array = np.ndarray[Any, np.dtype[Any]]


class _Decoder(Protocol):
    def decode(self, data: bytes, layout: Layout) -> tuple[Array, Stream]: ...


_MODULES: Mapping[str, str] = MappingProxyType(
    {
        "deflate": "deflate",
        "encapsulated": "encapsulated",
        "jpeg": "jpeg",
        "jpeg-lossless": "jpeg",
        "jpeg-ls": "jpeg_ls",
        "jpeg-2000": "jpeg_2000",
        "jpeg-xl": "jpeg_xl",
        "rle": "rle",
    }
)


def decode_frame(data: bytes, syntax: str, layout: Layout, *, issues: list[Issue] | None = None) -> Array:
    """Decode one frame.

    Parameters
    ----------
    data : bytes
        Its fragments, joined.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        What the frame should be.
    issues : list of Issue, optional
        Gets what the code stream contradicts in the header and is passed over, without the name of the file.

    Returns
    -------
    numpy.ndarray
        ``(rows, columns)`` or ``(rows, columns, samples)`` of the stored type; color as RGB.

    Raises
    ------
    PixelError
        When the codec fails, or the code stream is of another size than the header promises.
    LimitError
        When the code stream would cost more than what it holds is worth.
    UnsupportedError
        When no codec reads the syntax.
    """
    known = syntax_of(syntax)
    if known is None or known.decoder not in _MODULES:
        what = f"transfer syntax {known.name if known else syntax} cannot be decoded"
        reason = f": {known.note}" if known and known.note else ""
        raise UnsupportedError(what + reason, tag=0x00020010, code="syntax-unknown")
    module = cast("_Decoder", import_module(f"hounsfield.pixels.codecs.{_MODULES[known.decoder]}"))
    try:
        decoded, stream = module.decode(data, layout)
    except (PixelError, LimitError, UnsupportedError) as error:
        error.tag = error.tag or PIXEL_DATA
        raise
    except HounsfieldError as error:
        raise PixelError(error.message, tag=PIXEL_DATA, code=error.code) from None
    except ImportError as error:
        raise UnsupportedError(
            f"{known.name} needs {error.name}, which is not installed",
            hint="pip install imagecodecs; `hu doctor` lists what is missing.",
            code="codec-missing",
        ) from None
    except Exception as error:  # noqa: BLE001 - each codec has an exception class of its own
        text = f"the frame cannot be decoded as {known.name}: {error or type(error).__name__}"
        raise PixelError(text, tag=PIXEL_DATA, code="codec") from None
    values, found = restore(checked_shape(decoded, layout, known.name), stream, layout)
    if issues is not None:
        issues += [*contradictions(stream, layout, syntax, known), *found]
    return values
