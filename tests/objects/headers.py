"""Headers of a folder, found as a server finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom

from hounsfield.errors import ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Headers"]


class Headers:
    """Finds headers."""

    def __init__(self, paths: list[Path]) -> None:
        self.all: list[pydicom.Dataset] = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]

    def header(self, sop_instance_uid: str) -> pydicom.Dataset:
        for one in self.all:
            if one.SOPInstanceUID == sop_instance_uid:
                return one
        raise ReadError(f"there is no instance {sop_instance_uid}", code="not-found")

    def any_of(self, series_instance_uid: str) -> pydicom.Dataset:
        return next(one for one in self.all if one.SeriesInstanceUID == series_instance_uid)
