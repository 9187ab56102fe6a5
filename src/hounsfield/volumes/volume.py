"""A volume: an array with its place in the patient, its unit, and where each plane came from.

Space is LPS in millimeters; arrays are C-ordered ``(…, slice, row, column)``. Other conventions are in functions named
after them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.volumes.acquisition import Acquisition
from hounsfield.volumes.rescale import to_float

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from hounsfield.errors import Issue
    from hounsfield.volumes.acquisition import Diffusion, PhaseEncoding, Timing
    from hounsfield.volumes.geometry import Geometry

__all__ = ["Source", "Volume"]

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """Where one plane came from.

    Parameters
    ----------
    uid : str
        SOP Instance UID.
    path : str
        The file; inside a ZIP archive ``export.zip/name``.
    frame : int
        Frame in it, from 1 as in DICOM.
    """

    uid: str
    path: str
    frame: int


@dataclass(frozen=True, eq=False)
class Volume:
    """An array with geometry, unit and sources.

    Parameters
    ----------
    stored : numpy.ndarray
        ``(…, slice, row, column)``, color with samples as last axis; physical values where `slopes` is 1 and
        `intercepts` 0, otherwise what they are computed from.
    slopes, intercepts : tuple of float
        From stored to physical values: one for all planes, or one for each in the order of the array.
    geometry : Geometry
        The grid of the first volume.
    axes : tuple of str
        Names of the axes of `array`, e.g. ``("time", "slice", "row", "column")``.
    unit : str
        Of the values; empty where DICOM does not say.
    name : str
        What tells it apart from other stacks of its series.
    photometric : str
        Photometric Interpretation of `stored`; MONOCHROME1 means that low values are shown bright. Color is RGB.
    sources : tuple of Source
        One for each plane, in the order of the array.
    coordinates : mapping
        Values along an axis, e.g. ``{"time": (1, 2, 3)}``.
    issues : tuple of Issue
        What was met, and what was allowed.
    attributes : mapping
        A few attributes of the series, by keyword.
    acquisition : Acquisition
        Diffusion, timing, phase encoding; also as properties of these names.
    scalings : mapping
        Slope and intercept by the name of each scaling that a vendor states, where there are several.
    derivation : mapping
        How values were calculated that the files do not hold themselves: ``unit``, ``formula`` and its inputs.
    """

    stored: Array = field(repr=False)
    slopes: tuple[float, ...] = field(repr=False)
    intercepts: tuple[float, ...] = field(repr=False)
    geometry: Geometry
    axes: tuple[str, ...]
    unit: str
    name: str = ""
    photometric: str = "MONOCHROME2"
    sources: tuple[Source, ...] = field(default=(), repr=False)
    coordinates: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict, repr=False)
    acquisition: Acquisition = field(default=Acquisition(), repr=False)
    scalings: Mapping[str, tuple[float, float]] = field(default_factory=dict, repr=False)
    derivation: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def diffusion(self) -> Diffusion | None:
        """b-values (s/mm2) and unit gradients in the patient's frame (LPS) of each volume; ``None`` without any."""
        return self.acquisition.diffusion

    @property
    def timing(self) -> Timing:
        """Repetition time, times of slices and of volumes, in seconds."""
        return self.acquisition.timing

    @property
    def phase_encoding(self) -> PhaseEncoding | None:
        """Axis of the array, polarity, echo spacing and readout time; ``None`` where nothing is stated."""
        return self.acquisition.phase_encoding

    @property
    def rules(self) -> tuple[str, ...]:
        """Vendor rules that were used, each with its tags and source."""
        return self.acquisition.rules

    @property
    def uniform(self) -> bool:
        """Whether one slope and intercept hold for all planes."""
        return len(self.slopes) == 1

    @property
    def exact(self) -> bool:
        """Whether `stored` holds the physical values themselves."""
        return self.slopes == (1.0,) and self.intercepts == (0.0,)

    @cached_property
    def array(self) -> Array:
        """Physical values in `unit`: integers of the stored width where that is exact, otherwise float32."""
        if self.exact:
            return self.stored
        leading = len(self.axes) - 2 - ("sample" in self.axes)
        planes = self.stored.reshape(-1, *self.stored.shape[leading:])
        return to_float(planes, self.slopes, self.intercepts).reshape(self.stored.shape)

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return tuple(self.stored.shape)

    @property
    def affine(self) -> Array:
        """4x4, from (column, row, slice) indices to LPS in mm."""
        return np.array(self.geometry.affine)

    @property
    def spacing(self) -> tuple[float, float, float]:
        """Distance between (slices, rows, columns), mm; measured, not as stated."""
        return self.geometry.spacing

    @property
    def origin(self) -> tuple[float, float, float]:
        """Center of the first voxel, LPS, mm."""
        return self.geometry.origin

    @property
    def direction(self) -> Array:
        """Unit vectors of increasing (slice, row, column) index, LPS, one in each row."""
        return np.array(self.geometry.direction)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
        """Write a NIfTI file (``.nii`` or ``.nii.gz``).

        Raises
        ------
        ExistsError
            When the file is there already and `overwrite` is not set.
        UsageError
            For any other suffix.

        Examples
        --------
        >>> volume.save("ct.nii.gz")  # doctest: +SKIP
        """
        from hounsfield.volumes.nifti import write_nifti

        write_nifti(self, path, overwrite=overwrite)

    def to_nibabel(self) -> Any:
        """Give a nibabel image in RAS, (x, y, z, t), as `save` would write it."""
        from hounsfield.volumes.nifti import to_nibabel

        return to_nibabel(self)

    def to_simpleitk(self) -> Any:
        """Give a SimpleITK image (LPS); needs the extra ``simpleitk``.

        Raises
        ------
        GeometryError
            For a tilted stack, which SimpleITK cannot express.
        """
        from hounsfield.volumes.itk import to_simpleitk

        return to_simpleitk(self)

    def to_xarray(self) -> Any:
        """Give an `xarray.DataArray`; needs the extra ``xarray``.

        Returns
        -------
        xarray.DataArray
            Dimensions are `axes`; ``slice``, ``row`` and ``column`` are in mm from the center of the first voxel,
            ``affine`` (LPS) and ``units`` are attributes.

        Raises
        ------
        UsageError
            When xarray is not installed.
        """
        from hounsfield.volumes.labeled import to_xarray

        return to_xarray(self)
