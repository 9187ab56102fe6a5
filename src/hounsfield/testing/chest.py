"""A chest made of ellipsoids: lungs, heart, spine, ribs' ring and a nodule, in Hounsfield units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["chest"]

# Center and half axes as fractions of the body's half width (x: left, y: back, z: head), and Hounsfield units.
_PARTS = [
    ((0.00, 0.00, 0.0), (0.95, 0.68, 9.0), 40),  # body
    ((0.00, 0.00, 0.0), (0.88, 0.60, 9.0), 55),  # muscle
    ((-0.42, 0.00, 0.0), (0.34, 0.50, 0.9), -850),  # right lung
    ((0.42, 0.00, 0.0), (0.34, 0.50, 0.9), -850),  # left lung
    ((0.12, -0.15, -0.3), (0.30, 0.27, 0.5), 45),  # heart
    ((0.00, 0.48, 0.0), (0.13, 0.14, 9.0), 700),  # vertebral bodies
    ((0.00, 0.48, 0.0), (0.05, 0.05, 9.0), 30),  # spinal canal
    ((-0.50, 0.10, 0.2), (0.05, 0.05, 0.05), 60),  # nodule in the right lung
]
_AIR = -1000
_SEED = 20


def chest(slices: int = 120, rows: int = 256, *, half_height: float = 1.2) -> np.ndarray:
    """Return a chest phantom.

    Parameters
    ----------
    slices, rows : int
        Number of slices, from the feet towards the head, and of rows; there are as many columns as rows.
    half_height : float
        Half of the height that the slices cover, in half widths of the field of view.

    Returns
    -------
    numpy.ndarray
        int16, ``(slice, row, column)``, in HU; rows run to the back, columns to the patient's left.
    """
    import numpy as np

    across = (np.arange(rows, dtype=np.float32) + 0.5) / rows * 2 - 1
    along = ((np.arange(slices, dtype=np.float32) + 0.5) / slices * 2 - 1) * half_height
    volume = np.full((slices, rows, rows), _AIR, np.int16)
    for (x, y, z), (width, depth, height), value in _PARTS:
        plane = ((across - x) / width)[None, :] ** 2 + ((across - y) / depth)[:, None] ** 2
        volume[(plane[None] + (((along - z) / height) ** 2)[:, None, None]) < 1] = value
    # Noise makes compression realistic; its seed makes it the same everywhere.
    noise = np.random.default_rng(_SEED).normal(0, 12, (rows, rows)).astype(np.int16)
    for index in range(slices):
        volume[index] += np.roll(noise, (index * 7, index * 13), (0, 1))
    return np.clip(volume, -1024, 3071, out=volume)
