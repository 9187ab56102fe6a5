"""How the pixels of one frame are stored (PS3.3 C.7.6.3), and which file it is in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hounsfield.pixels.syntaxes import syntax_of

if TYPE_CHECKING:
    from hounsfield.settings import Limits

__all__ = ["FrameSource", "Layout", "source_input"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The Image Pixel module.

    Parameters
    ----------
    rows, columns, samples : int
        Rows (0028,0010), Columns (0028,0011), Samples per Pixel (0028,0002).
    bits_allocated, bits_stored, high_bit : int
        (0028,0100), (0028,0101), (0028,0102).
    signed : bool
        Pixel Representation (0028,0103) is 1.
    float : bool
        Float or Double Float Pixel Data: (7FE0,0008), (7FE0,0009).
    planar : bool
        Planar Configuration (0028,0006) is 1.
    photometric : str
        Photometric Interpretation (0028,0004).
    """

    rows: int
    columns: int
    samples: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    float: bool
    planar: bool
    photometric: str

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame in memory."""
        return self.rows * self.columns * self.samples * self._width

    @property
    def native_bits(self) -> int:
        """Bits of one frame in a file that is not compressed."""
        each = 16 if self.shared_chrominance else self.samples * self.bits_allocated
        return self.rows * self.columns * each

    @property
    def shared_chrominance(self) -> bool:
        """Two pixels share their color differences, where the frame is not compressed."""
        return self.samples == 3 and self.photometric in ("YBR_FULL_422", "YBR_PARTIAL_422")

    @property
    def whole_bytes(self) -> bool:
        """Samples fill bytes, so that the core can read frames that are not compressed."""
        return self.bits_allocated in (8, 16, 32, 64) and not self.shared_chrominance

    @property
    def dtype(self) -> str:
        """NumPy's name of the stored type."""
        kind = "f" if self.float else "i" if self.signed else "u"
        return f"{kind}{self._width}"

    @property
    def _width(self) -> int:
        return next((width for width in (1, 2, 4) if self.bits_allocated <= 8 * width), 8)


@dataclass(frozen=True, slots=True, eq=False)
class FrameSource:
    """A file that frames are read from.

    Parameters
    ----------
    path : str
        The file.
    member : str or None
        The name inside it, where it is a ZIP archive.
    uid : str
        SOP Instance UID.
    syntax : str
        Transfer Syntax UID.
    layout : Layout
        How its frames are stored.
    frames : int
        How many there are.
    held : bytes or None
        The whole file, where it is in memory.
    """

    path: str
    member: str | None
    uid: str
    syntax: str
    layout: Layout
    frames: int
    held: bytes | None = field(default=None, repr=False)
    compressed: bool = field(init=False)

    def __post_init__(self) -> None:
        """Look the syntax up once."""
        found = syntax_of(self.syntax)
        object.__setattr__(self, "compressed", found is not None and found.decoder != "none")

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{self.path}/{self.member}" if self.member else self.path


def source_input(source: FrameSource, limits: Limits) -> str | bytes:
    """Give what the core reads a file from: its path, or the bytes of a member of an archive."""
    if source.held is not None:
        return source.held
    if source.member is None:
        return source.path
    # Archives are rare, and reading them imports much.
    from hounsfield.files.source import read_member

    return read_member(source.path, source.member, limits=limits)
