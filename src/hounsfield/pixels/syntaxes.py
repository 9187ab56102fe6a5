"""Transfer syntaxes (PS3.5 A, PS3.6 A): one table, for decoding, encoding, `hu doctor` and the documentation."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SYNTAXES", "Codec", "Lossy", "Syntax", "named", "syntax_of"]

Codec = Literal[
    "", "none", "encapsulated", "deflate", "jpeg", "jpeg-lossless", "jpeg-ls", "jpeg-2000", "jpeg-xl", "rle", "video"
]
Lossy = Literal["never", "optional", "always"]


class Syntax(NamedTuple):
    """One transfer syntax.

    Parameters
    ----------
    name : str
        As the standard names it, shortened.
    decoder : str
        ``none`` where frames are stored as they are; a codec of `hounsfield.pixels.codecs`; empty where there is none.
    encoder : str
        The same for writing.
    to : str
        What ``hu transcode --to`` calls it; the lossless and the lossy form of a codec may share one name.
    lossy : {'never', 'optional', 'always'}
        Whether its code streams lose information.
    method : str
        Lossy Image Compression Method (0028,2114) of what is lost.
    reader : str
        The foreign program that reads what is written here, in the tests.
    note : str
        Why it is not read, or what else there is to say.
    retired : bool
        It is no longer in the standard.
    """

    name: str
    decoder: Codec
    encoder: Codec = ""
    to: str = ""
    lossy: Lossy = "never"
    method: str = ""
    reader: str = ""
    note: str = ""
    retired: bool = False

    @property
    def encapsulated(self) -> bool:
        """Frames are items of a sequence of fragments (PS3.5 A.4)."""
        return self.decoder != "none"

    @property
    def readable(self) -> bool:
        """Frames can be decoded."""
        return self.decoder != ""

    @property
    def writable(self) -> bool:
        """Frames can be encoded."""
        return self.encoder != ""


_JPEG = "ISO_10918_1"
_HIERARCHICAL = "hierarchical JPEG: no decoder of this process is in use"
_ARITHMETIC = "arithmetic coding of more than 8 bits is not in libjpeg-turbo"
_REFERENCED = "pixels are fetched from a JPIP server, none are in the file"
_STREAMED = "for real-time video (PS3.22), never in files"


def _video(name: str, note: str = "") -> Syntax:
    method = "ISO_13818_2" if name.startswith("MPEG-2") else "ISO_23008_2" if "265" in name else "ISO_14496_10"
    return Syntax(name, "video", lossy="always", method=method, note=note)


def _retired(name: str, decoder: Codec, note: str = "", lossy: Lossy = "always") -> Syntax:
    return Syntax(name, decoder, lossy=lossy, method="" if lossy == "never" else _JPEG, note=note, retired=True)


_ROOT = "1.2.840.10008.1.2"
_NATIVE = {
    "": Syntax("Implicit VR Little Endian", "none", "none", "implicit"),
    ".1": Syntax("Explicit VR Little Endian", "none", "none", "uncompressed"),
    ".1.98": Syntax(
        "Encapsulated Uncompressed Explicit VR Little Endian", "encapsulated", "encapsulated", "encapsulated"
    ),
    ".1.99": Syntax("Deflated Explicit VR Little Endian", "none", "none", "deflated"),
    ".2": Syntax("Explicit VR Big Endian", "none", "none", "big-endian", retired=True),
}
_JPEGS = {
    ".4.50": Syntax("JPEG Baseline", "jpeg", "jpeg", "jpeg", "always", _JPEG),
    ".4.51": Syntax("JPEG Extended, 12 bit", "jpeg", "jpeg", "jpeg-12", "always", _JPEG),
    ".4.52": _retired("JPEG Extended, arithmetic", "jpeg", "8 bit; " + _ARITHMETIC),
    ".4.53": _retired("JPEG Spectral Selection", "jpeg"),
    ".4.54": _retired("JPEG Spectral Selection, arithmetic", "jpeg", "8 bit; " + _ARITHMETIC),
    ".4.55": _retired("JPEG Full Progression", "jpeg"),
    ".4.56": _retired("JPEG Full Progression, arithmetic", "jpeg", "8 bit; " + _ARITHMETIC),
    ".4.57": Syntax("JPEG Lossless", "jpeg-lossless", "jpeg-lossless", "jpeg-lossless-14"),
    ".4.58": _retired("JPEG Lossless, arithmetic", "", "arithmetic lossless JPEG: no decoder is in use", "never"),
    ".4.59": _retired("JPEG Extended, hierarchical", "", _HIERARCHICAL),
    ".4.60": _retired("JPEG Extended, hierarchical, arithmetic", "", _HIERARCHICAL),
    ".4.61": _retired("JPEG Spectral Selection, hierarchical", "", _HIERARCHICAL),
    ".4.62": _retired("JPEG Spectral Selection, hierarchical, arithmetic", "", _HIERARCHICAL),
    ".4.63": _retired("JPEG Full Progression, hierarchical", "", _HIERARCHICAL),
    ".4.64": _retired("JPEG Full Progression, hierarchical, arithmetic", "", _HIERARCHICAL),
    ".4.65": _retired("JPEG Lossless, hierarchical", "", _HIERARCHICAL, "never"),
    ".4.66": _retired("JPEG Lossless, hierarchical, arithmetic", "", _HIERARCHICAL, "never"),
    ".4.70": Syntax("JPEG Lossless, first-order prediction", "jpeg-lossless", "jpeg-lossless", "jpeg-lossless"),
}
_NEWER = {
    ".4.80": Syntax("JPEG-LS Lossless", "jpeg-ls", "jpeg-ls", "jpeg-ls"),
    ".4.81": Syntax("JPEG-LS Near-Lossless", "jpeg-ls", "jpeg-ls", "jpeg-ls", "always", "ISO_14495_1"),
    ".4.90": Syntax("JPEG 2000 Lossless", "jpeg-2000", "jpeg-2000", "jpeg2000"),
    ".4.91": Syntax("JPEG 2000", "jpeg-2000", "jpeg-2000", "jpeg2000", "optional", "ISO_15444_1"),
    ".4.92": Syntax("JPEG 2000 Part 2 Lossless", "jpeg-2000", note="multi-component transforms are refused"),
    ".4.93": Syntax(
        "JPEG 2000 Part 2",
        "jpeg-2000",
        lossy="optional",
        method="ISO_15444_2",
        note="multi-component transforms are refused",
    ),
    ".4.94": Syntax("JPIP Referenced", "", note=_REFERENCED),
    ".4.95": Syntax("JPIP Referenced Deflate", "", note=_REFERENCED),
    ".4.110": Syntax("JPEG XL Lossless", "jpeg-xl", "jpeg-xl", "jpeg-xl"),
    ".4.111": Syntax("JPEG XL JPEG Recompression", "jpeg-xl", "jpeg-xl", "jpeg-xl-recompression", "always", _JPEG),
    ".4.112": Syntax("JPEG XL", "jpeg-xl", "jpeg-xl", "jpeg-xl", "optional", "ISO_18181_1"),
    ".4.201": Syntax("High-Throughput JPEG 2000 Lossless", "jpeg-2000", "jpeg-2000", "htj2k"),
    ".4.202": Syntax("High-Throughput JPEG 2000 RPCL Lossless", "jpeg-2000", "jpeg-2000", "htj2k-rpcl"),
    ".4.203": Syntax("High-Throughput JPEG 2000", "jpeg-2000", "jpeg-2000", "htj2k", "optional", "ISO_15444_15"),
    ".4.204": Syntax("JPIP HTJ2K Referenced", "", note=_REFERENCED),
    ".4.205": Syntax("JPIP HTJ2K Referenced Deflate", "", note=_REFERENCED),
    ".5": Syntax("RLE Lossless", "rle", "rle", "rle"),
    ".7.1": Syntax("SMPTE ST 2110-20 Progressive Video", "", note=_STREAMED),
    ".7.2": Syntax("SMPTE ST 2110-20 Interlaced Video", "", note=_STREAMED),
    ".7.3": Syntax("SMPTE ST 2110-30 Audio", "", note="audio"),
    ".8.1": Syntax("Deflated Image Frame", "deflate", "deflate", "deflated-frames"),
}
_STEREO = "the base view only: FFmpeg does not decode the second eye"
_VIDEOS = {
    "100": _video("MPEG-2 Main Profile, Main Level"),
    "101": _video("MPEG-2 Main Profile, High Level"),
    "102": _video("H.264 High Profile, Level 4.1"),
    "103": _video("H.264 BD-compatible High Profile, Level 4.1"),
    "104": _video("H.264 High Profile, Level 4.2, 2-D"),
    "105": _video("H.264 High Profile, Level 4.2, 3-D"),
    "106": _video("H.264 Stereo High Profile, Level 4.2", _STEREO),
    "107": _video("H.265 Main Profile, Level 5.1"),
    "108": _video("H.265 Main 10 Profile, Level 5.1"),
}


# What reads the files that the interoperability tests write; where none is named, only this package does.
_READERS = {
    "": "DCMTK",
    ".1": "DCMTK, pydicom",
    ".1.98": "pydicom (fragments)",
    ".1.99": "DCMTK",
    ".2": "DCMTK",
    ".4.50": "DCMTK",
    ".4.51": "DCMTK",
    ".4.57": "DCMTK",
    ".4.70": "DCMTK",
    ".4.80": "DCMTK",
    ".4.81": "DCMTK",
    ".4.90": "GDCM",
    ".4.91": "GDCM",
    ".4.110": "djxl",
    ".4.111": "djxl",
    ".4.112": "djxl",
    ".4.201": "OpenJPEG",
    ".4.202": "OpenJPEG",
    ".4.203": "OpenJPEG",
    ".5": "DCMTK",
    ".8.1": "zlib",
}


def _table() -> dict[str, Syntax]:
    plain = (_NATIVE | _JPEGS | _NEWER).items()
    found = {_ROOT + end: syntax._replace(reader=_READERS.get(end, "")) for end, syntax in plain}
    for end, syntax in _VIDEOS.items():
        found[f"{_ROOT}.4.{end}"] = syntax
        if end < "107":
            found[f"{_ROOT}.4.{end}.1"] = syntax._replace(name=f"{syntax.name}, fragmentable")
    return dict(sorted(found.items(), key=lambda item: [int(part) for part in item[0].split(".")]))


SYNTAXES: Mapping[str, Syntax] = MappingProxyType(_table())


def syntax_of(uid: str) -> Syntax | None:
    """Look a Transfer Syntax UID up; files that state none are uncompressed. ``None``: it is not known."""
    return SYNTAXES.get(uid or _ROOT)


def named(to: str, *, lossy: bool = False) -> str | None:
    """Give the UID of the syntax that ``--to`` calls `to`; of two with one name, the lossless one unless `lossy`."""
    uids = [uid for uid, syntax in SYNTAXES.items() if to and syntax.to == to]
    wanted = [uid for uid in uids if (SYNTAXES[uid].lossy != "never") == lossy]
    return next(iter(wanted or uids), None)
