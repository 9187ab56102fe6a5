"""Text in pictures, found by RapidOCR with the models of PP-OCR that its package brings; nothing is downloaded."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.deidentify.pixels.boxes import Box, clipped, enlarged, joined
from hounsfield.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Reader", "reader"]

Array = np.ndarray[Any, np.dtype[Any]]

# The detector is shown text in about the size that it was trained with: small pictures are enlarged. It works in
# steps of 32 pixels.
_SCALES = (2.0, 1.0)
_STEP, _LARGEST, _SMALLEST = 32, 2048, 64
# Probability above which a pixel is of text, and the mean that a line of text has at least.
_PIXEL, _LINE = 0.3, 0.5
# The detector marks the core of a line of text; the line is that much higher (as PP-OCR's own unclip ratio).
_UNCLIP = 1.6
# What is text can be read, and is more than a letter.
_READABLE, _LETTERS = 0.5, 2
# From here on, text runs upwards or downwards.
_TALL = 1.5
_MARGIN, _ENDS = 1, 0.15


class Reader:
    """Finds text.

    Parameters
    ----------
    engine : rapidocr_onnxruntime.RapidOCR
        Detector and recognizer.
    """

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def boxes(self, pictures: Iterable[Array]) -> list[Box]:
        """Find the lines of text in views of one frame.

        Parameters
        ----------
        pictures : iterable of numpy.ndarray
            uint8, ``(row, column, 3)``, all of one shape.

        Returns
        -------
        list of Box
            With how sure it is.
        """
        found: list[Box] = []
        for picture in pictures:
            for scale in _scales(*picture.shape[:2]):
                found += self._read(picture, self._lines(picture, scale))
        return joined(found)

    def _lines(self, picture: Array, scale: float) -> list[Box]:
        """Detect lines in a picture that is scaled."""
        import cv2

        rows, columns = picture.shape[:2]
        height, width = (max(round(side * scale / _STEP), 1) * _STEP for side in (rows, columns))
        scaled = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
        tensor = (scaled.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        likely = np.asarray(self._engine.text_det.infer(tensor)[0])[0, 0]
        mask = cv2.dilate((likely > _PIXEL).astype(np.uint8), np.ones((2, 2), np.uint8))
        count, labels, about, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        sums = np.bincount(labels.ravel(), np.where(likely > _PIXEL, likely, 0).ravel(), minlength=count)
        sizes = np.bincount(labels.ravel(), (likely > _PIXEL).ravel(), minlength=count)
        lines = []
        for label in range(1, count):
            left, top, wide, high, _ = (int(number) for number in about[label])
            confidence = float(sums[label] / max(sizes[label], 1))
            if confidence < _LINE or min(wide, high) < 2:
                continue
            out = _UNCLIP * wide * high / (2 * (wide + high))
            # The first and the last letter may stick out.
            more = out + (high + 2 * out) * _ENDS
            edges = ((left - more, left + wide + more), (top - out, top + high + out))
            (x, right), (y, bottom) = (
                (int(np.floor(low * side / full)), int(np.ceil(end * side / full)))
                for (low, end), side, full in zip(edges, (columns, rows), (width, height), strict=True)
            )
            box = clipped(enlarged(Box(x, y, right - x, bottom - y, "ocr", confidence), _MARGIN), rows, columns)
            lines += [box] if box is not None else []
        return lines

    def _read(self, picture: Array, lines: list[Box]) -> list[Box]:
        """Keep the lines that can be read: the detector alone takes bones and noise for letters, too."""
        crops, owners = [], []
        for line in lines:
            crop = picture[line.y : line.bottom, line.x : line.right, ::-1]
            tall = line.height >= _TALL * line.width
            turned = [np.rot90(crop), np.rot90(crop, 3)] if tall else [crop]
            crops += [np.ascontiguousarray(each) for each in turned]
            owners += [line] * len(turned)
        if not crops:
            return []
        kept: dict[Box, float] = {}
        read, _ = self._engine.text_rec(crops)
        for line, (text, confidence, *_) in zip(owners, read, strict=True):
            letters = sum(letter.isalnum() for letter in text)
            if letters >= _LETTERS and confidence >= _READABLE:
                kept[line] = max(kept.get(line, 0.0), float(confidence))
        return [replace(line, confidence=confidence) for line, confidence in kept.items()]


def _scales(rows: int, columns: int) -> list[float]:
    """Give the scales to look at: text of 10 pixels is too small for the detector, a headline may be too large."""
    longest = max(rows, columns)
    fitting = [min(scale, _LARGEST / longest) if longest > _LARGEST / 2 else scale for scale in _SCALES]
    fitting = [max(scale, _SMALLEST / longest) for scale in fitting]
    return [scale for scale, before in pairwise([*fitting, 0.0]) if scale != before]


@cache
def reader() -> Reader:
    """Give the reader, which is loaded once.

    Raises
    ------
    UnsupportedError
        When it is not installed.
    """
    try:
        from rapidocr_onnxruntime import RapidOCR
    except ImportError as error:
        raise UnsupportedError(
            f"looking for text in pixels needs RapidOCR, which cannot be used here ({error})",
            code="ocr-missing",
            hint="pip install 'hounsfield[ocr]', or use rules and rectangles only: --ocr none",
        ) from None
    return Reader(RapidOCR())
