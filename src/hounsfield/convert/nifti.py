"""Volumes as NIfTI; the layout of the file is in `hounsfield.volumes.nifti`, for `Volume.save`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hounsfield.volumes.nifti import write_stream

if TYPE_CHECKING:
    from hounsfield.convert.output import Place
    from hounsfield.volumes.volume import Volume

__all__ = ["write", "write_2"]


def write(volume: Volume, place: Place) -> None:
    """Write ``.nii``, or ``.nii.gz`` where the name ends so; NIfTI-2 where NIfTI-1 cannot say it."""
    write_stream(volume, place.partial, compressed=place.final.suffix == ".gz")


def write_2(volume: Volume, place: Place) -> None:
    """Write NIfTI-2."""
    write_stream(volume, place.partial, compressed=place.final.suffix == ".gz", version=2)
