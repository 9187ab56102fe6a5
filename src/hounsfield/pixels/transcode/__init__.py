"""The same image in another transfer syntax (`transcode`), or with other pixels (`replace_pixels`)."""

from hounsfield.pixels.transcode.batch import transcode_all
from hounsfield.pixels.transcode.replacing import replace_pixels
from hounsfield.pixels.transcode.report import Difference, Row
from hounsfield.pixels.transcode.targets import Target, target_of, targets
from hounsfield.pixels.transcode.transcoding import Options, transcode

__all__ = [
    "Difference",
    "Options",
    "Row",
    "Target",
    "replace_pixels",
    "target_of",
    "targets",
    "transcode",
    "transcode_all",
]
