"""Where a point of an image is in a picture of it that has been cut out, turned, mirrored and resized."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from hounsfield.render.view import View

__all__ = ["Transform"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """An affine map of (column, row), the upper left corner of the first pixel being (0, 0).

    Parameters
    ----------
    size : tuple of 2 floats
        Width and height of the picture.
    matrix : numpy.ndarray
        3 x 3.
    """

    size: tuple[float, float]
    matrix: Array | None = None

    def __call__(self, points: Array) -> Array:
        """Map points, ``(point, [column, row])``."""
        found: Array = points @ self._matrix[:2, :2].T + self._matrix[:2, 2]
        return found

    def moved(self, right: float, down: float) -> Transform:
        """Move everything."""
        return self.then(((1, 0, right), (0, 1, down)), self.size)

    def scaled(self, across: float, down: float) -> Transform:
        """Resize."""
        return self.then(((across, 0, 0), (0, down, 0)), (self.size[0] * across, self.size[1] * down))

    def arranged(self, view: View) -> Transform:
        """Mirror, then rotate clockwise, as `hounsfield.render.arrange.arranged` does."""
        found = self
        if view.flip_horizontal:
            found = found.then(((-1, 0, found.size[0]), (0, 1, 0)), found.size)
        if view.flip_vertical:
            found = found.then(((1, 0, 0), (0, -1, found.size[1])), found.size)
        for _ in range(view.rotate // 90):
            wide, high = found.size
            found = found.then(((0, -1, high), (1, 0, 0)), (high, wide))
        return found

    @property
    def _matrix(self) -> Array:
        return np.eye(3) if self.matrix is None else self.matrix

    def then(self, rows: tuple[tuple[float, ...], ...], size: tuple[float, float]) -> Transform:
        """Apply two rows of a matrix after this; `size` is what comes out."""
        return Transform(size, np.array((*rows, (0, 0, 1)), float) @ self._matrix)
