"""Transfer syntaxes (PS3.5 A) and the decoder of each: one table."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SYNTAXES", "Decoder", "Syntax", "syntax_of"]

Decoder = Literal["none", "jpeg", "jpeg-lossless", "jpeg-ls", "jpeg-2000", "rle"]


class Syntax(NamedTuple):
    """One transfer syntax.

    Parameters
    ----------
    name : str
        As the standard names it, shortened.
    decoder : str
        ``none`` where frames are stored as they are; otherwise a codec of `hounsfield.pixels.decode`.
    """

    name: str
    decoder: Decoder


SYNTAXES: Mapping[str, Syntax] = MappingProxyType(
    {
        "1.2.840.10008.1.2": Syntax("Implicit VR Little Endian", "none"),
        "1.2.840.10008.1.2.1": Syntax("Explicit VR Little Endian", "none"),
        "1.2.840.10008.1.2.1.99": Syntax("Deflated Explicit VR Little Endian", "none"),
        "1.2.840.10008.1.2.2": Syntax("Explicit VR Big Endian", "none"),
        "1.2.840.10008.1.2.4.50": Syntax("JPEG Baseline", "jpeg"),
        "1.2.840.10008.1.2.4.51": Syntax("JPEG Extended, 12 bit", "jpeg"),
        "1.2.840.10008.1.2.4.57": Syntax("JPEG Lossless", "jpeg-lossless"),
        "1.2.840.10008.1.2.4.70": Syntax("JPEG Lossless, first-order prediction", "jpeg-lossless"),
        "1.2.840.10008.1.2.4.80": Syntax("JPEG-LS Lossless", "jpeg-ls"),
        "1.2.840.10008.1.2.4.81": Syntax("JPEG-LS Near-Lossless", "jpeg-ls"),
        "1.2.840.10008.1.2.4.90": Syntax("JPEG 2000 Lossless", "jpeg-2000"),
        "1.2.840.10008.1.2.4.91": Syntax("JPEG 2000", "jpeg-2000"),
        "1.2.840.10008.1.2.4.201": Syntax("High-Throughput JPEG 2000 Lossless", "jpeg-2000"),
        "1.2.840.10008.1.2.4.202": Syntax("High-Throughput JPEG 2000 RPCL Lossless", "jpeg-2000"),
        "1.2.840.10008.1.2.4.203": Syntax("High-Throughput JPEG 2000", "jpeg-2000"),
        "1.2.840.10008.1.2.5": Syntax("RLE Lossless", "rle"),
    }
)


def syntax_of(uid: str) -> Syntax | None:
    """Look a Transfer Syntax UID up; files that state none are uncompressed. ``None``: it cannot be decoded here."""
    return SYNTAXES.get(uid or "1.2.840.10008.1.2")
