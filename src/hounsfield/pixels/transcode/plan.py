"""What has to be done with the pixels of a file to transcode it, or why it cannot be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hounsfield.errors import PixelError, UnsupportedError
from hounsfield.files.write import BIG_ENDIAN
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.pixels.transcode.overlays import Embedded, embedded
from hounsfield.pixels.transcode.source import BYTES
from hounsfield.pixels.transcode.targets import JPEG_BASELINE, JPEG_EXTENDED, JPEG_XL_RECOMPRESSED, RLE

if TYPE_CHECKING:
    from hounsfield.pixels.transcode.source import Source
    from hounsfield.pixels.transcode.targets import Target

__all__ = ["NothingToDo", "Plan", "Way", "check_bits", "plan"]

Way = Literal["kept", "copied", "repacked", "encoded", "decoded", "recompressed", "restored"]
_ORDINARY = "uncompressed, implicit, big-endian and deflated"
_DIRECTORY = "1.2.840.10008.1.3.10"


class NothingToDo(Exception):  # noqa: N818 - not an error: the file is skipped
    """The file is not to be transcoded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How one file is transcoded.

    Parameters
    ----------
    way : {'kept', 'copied', 'repacked', 'encoded', 'decoded', 'recompressed', 'restored'}
        ``kept``: byte for byte; ``copied``: native to native; ``repacked``: the same code streams; ``decoded``: to
        native; ``recompressed``: JPEG as JPEG XL; ``restored``: back.
    syntax : str
        Transfer Syntax UID to write.
    whole : bool
        Frames are taken with all bits of their samples, not as stored values.
    overlays : tuple of Embedded
        Overlays in unused bits, which have to be moved.
    notes : tuple of str
        What is worth knowing.
    """

    way: Way
    syntax: str
    whole: bool = False
    overlays: tuple[Embedded, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def streams(self) -> bool:
        """Whether code streams are taken as they are."""
        return self.way in ("repacked", "recompressed", "restored")


def plan(source: Source, target: Target) -> Plan:
    """Decide how `source` becomes `target`.

    Raises
    ------
    NothingToDo
        When it is an index of other files.
    UnsupportedError
        When the syntax cannot hold such pixels, with what can.
    """
    to_native = target.kind == "native"
    if source.dataset.get("SOPClassUID", source.dataset.file_meta.get("MediaStorageSOPClassUID")) == _DIRECTORY:
        raise NothingToDo("it is a DICOMDIR, which would no longer be true: make a new one of the new files")
    if not source.element:
        return Plan("copied", target.syntax) if to_native else _kept(source, target)
    if source.native and to_native:
        _check_words(source, target)
        return Plan("copied", target.syntax)
    if source.opened is None and source.element == "7FE0,0010":
        raise UnsupportedError("it has pixel data, but no Rows and Columns", tag=0x00280010, code="no-rows")
    if source.opened is None:
        raise UnsupportedError(
            f"floating-point pixel data cannot be encapsulated as {target.name}",
            tag=int(source.element.replace(",", ""), 16),
            hint=f"Only {_ORDINARY} hold them (PS3.5 8.2).",
            code="float-pixels",
        )
    if target.kind == "recompressed":
        return _recompressed(source, target)
    if source.syntax == target.syntax and not target.lossy:
        return Plan("repacked", target.syntax)
    _check_readable(source)
    check_bits(source, target)
    return _coded(source, target, to_native=to_native)


def _kept(source: Source, target: Target) -> Plan:
    known = syntax_of(source.syntax)
    name = known.name if known else source.syntax
    return Plan("kept", source.syntax, notes=(f"it has no pixel data that {target.name} could hold: it stays {name}",))


def _coded(source: Source, target: Target, *, to_native: bool) -> Plan:
    layout = source.layout
    overlays = embedded(source.dataset, layout.bits_allocated)
    whole = (to_native or target.kind == "bytes") and layout.bits_allocated % 8 == 0
    # A codec of samples has nothing above Bits Stored, unless there are overlays.
    whole = whole and (source.decoder in BYTES or bool(overlays))
    syntax = target.syntax
    if syntax == JPEG_BASELINE and layout.bits_stored > 8:
        syntax = JPEG_EXTENDED
    notes = []
    if overlays and not whole:
        notes.append(f"{len(overlays)} overlay{'s' * (len(overlays) > 1)} moved from unused bits to Overlay Data")
    if target.lossy and source.dataset.get("LossyImageCompression") == "01":
        notes.append("it had undergone lossy compression before")
    if target.lossy and "PixelPaddingValue" in source.dataset:
        notes.append("Pixel Padding Value may no longer be exact where there was padding")
    way: Way = "decoded" if to_native else "encoded"
    return Plan(way, syntax, whole, () if whole else tuple(overlays), tuple(notes))


def _recompressed(source: Source, target: Target) -> Plan:
    if target.syntax == JPEG_XL_RECOMPRESSED:
        if source.syntax == JPEG_XL_RECOMPRESSED:
            return Plan("repacked", target.syntax)
        if source.syntax not in (JPEG_BASELINE, JPEG_EXTENDED):
            raise UnsupportedError(
                f"only JPEG images can be recompressed as JPEG XL; this is {_name(source.syntax)}",
                hint="For lossless JPEG XL of samples use jpeg-xl.",
                code="not-jpeg",
            )
        return Plan("recompressed", target.syntax)
    if source.syntax in (JPEG_BASELINE, JPEG_EXTENDED):
        return Plan("repacked", source.syntax)
    if source.syntax != JPEG_XL_RECOMPRESSED:
        raise UnsupportedError(
            f"JPEG would lose something of {_name(source.syntax)}: say how much, as a quality from 1 to 100",
            hint="For example jpeg:90. Only JPEG that was recompressed as JPEG XL becomes JPEG again without loss.",
            code="quality-missing",
        )
    return Plan("restored", _process(source))


def _process(source: Source) -> str:
    """JPEG Baseline or Extended, by the first Start of Frame of the stream that is in the JPEG XL one."""
    from hounsfield.pixels.transcode.frames import restored

    data = restored(source.encoded(0))
    at = 2
    while data[at : at + 1] == b"\xff" and data[at + 1] not in range(0xC0, 0xC4):
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    marker = data[at + 1 : at + 2]
    if marker not in (b"\xc0", b"\xc1"):
        raise UnsupportedError("the JPEG stream inside is of a process that is retired in DICOM", code="jpeg-process")
    return JPEG_BASELINE if marker == b"\xc0" else JPEG_EXTENDED


def _check_readable(source: Source) -> None:
    known = syntax_of(source.syntax)
    if known is None or not known.readable:
        note = f": {known.note}" if known and known.note else ""
        raise PixelError(
            f"{_name(source.syntax)} cannot be decoded{note}", where=source.origin.name, code="syntax-unknown"
        )


def check_bits(source: Source, target: Target) -> None:
    """Refuse pixels that a transfer syntax cannot hold.

    Raises
    ------
    UnsupportedError
        With what can.
    """
    layout = source.layout
    if target.lossy and layout.photometric == "PALETTE COLOR":
        raise UnsupportedError(
            "indices of a palette cannot be compressed with loss: neighboring numbers are not like colors",
            tag=0x00280004,
            hint="Use a lossless transfer syntax.",
            code="palette-lossy",
        )
    if layout.bits_allocated == 1 and (target.kind == "codec" or target.syntax == RLE):
        raise UnsupportedError(
            f"pixels of one bit cannot be stored as {target.name}",
            tag=0x00280100,
            hint="Use deflated-frames, encapsulated or deflated, which keep them as bits.",
            code="one-bit",
        )
    _check_words(source, target)


def _check_words(source: Source, target: Target) -> None:
    into = target.syntax == BIG_ENDIAN != source.syntax
    if into and source.opened and source.layout.bits_allocated > 16:
        raise UnsupportedError(
            "the byte order of samples of more than 16 bits is not agreed on in Explicit VR Big Endian",
            tag=0x00280100,
            hint="Use uncompressed: big endian is retired.",
            code="big-endian-words",
        )


def _name(syntax: str) -> str:
    known = syntax_of(syntax)
    return known.name if known else f"transfer syntax {syntax}"
