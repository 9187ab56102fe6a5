"""What came of transcoding one file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Difference", "Method", "Row", "Status"]

Method = Literal["", "kept", "copied", "repacked", "encoded", "decoded", "recompressed", "restored"]
Status = Literal["done", "planned", "skipped", "failed"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a comparison of all decoded frames with the original found.

    Parameters
    ----------
    most : float
        Greatest difference of a sample; 0 where all are equal.
    mean : float
        Mean difference.
    psnr : float or None
        Peak signal to noise ratio in dB; the peak is the range of the values of the original. ``None`` where all are
        equal.
    """

    most: float = 0
    mean: float = 0
    psnr: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One file.

    Parameters
    ----------
    input, output : str
        Where it was read, and where it is written.
    status : {'done', 'planned', 'skipped', 'failed'}
        ``planned``: it would be done, but this is a dry run; ``skipped``: it is no DICOM file, a DICOMDIR, or was done
        before.
    reason : str
        Why it was not done.
    code : str
        The same as a short word.
    before, after : str
        Transfer Syntax UIDs.
    frames : int
        How many there are; 0 without pixel data.
    method : {'', 'kept', 'copied', 'repacked', 'encoded', 'decoded', 'recompressed', 'restored'}
        ``kept``: the file is the same; ``copied``: the bytes of pixels are (but for their order); ``repacked``: the
        code streams are; ``recompressed``: JPEG as JPEG XL; ``restored``: back.
    lossy : bool
        Whether samples changed.
    sop_instance_uid : str
        Where the file got a new one.
    bytes_before, bytes_after : int
        Sizes of the files.
    verified : Difference or None
        With ``verify``: what decoding it again found.
    notes : tuple of str
        What is worth knowing.
    """

    input: str
    output: str
    status: Status
    reason: str = ""
    code: str = ""
    before: str = ""
    after: str = ""
    frames: int = 0
    method: Method = ""
    lossy: bool = False
    sop_instance_uid: str = ""
    bytes_before: int = 0
    bytes_after: int = 0
    verified: Difference | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the row as `hu transcode --json` prints it."""
        row = asdict(self)
        uid = row.pop("sop_instance_uid")
        return {**row, "SOPInstanceUID": uid or None}
