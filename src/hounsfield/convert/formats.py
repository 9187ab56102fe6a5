"""The formats that volumes are written in: one table, of which `docs/reference/formats.md` is made."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from hounsfield.convert.output import whole
from hounsfield.convert.packages import package
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hounsfield.volumes.volume import Volume

__all__ = ["FORMATS", "Format", "format_of"]


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Parameters
    ----------
    name : str
        As ``--to`` names it.
    suffixes : tuple of str
        The first is the usual one; a name that ends in another of them chooses that.
    writer : str
        Module and function below `hounsfield.convert` that writes a volume to a place.
    title : str
        What it is called.
    axes : str
        Which axes it has, and in which order they are stored.
    lost : str
        What it cannot say; empty where it says everything.
    values : str
        Which values it holds.
    folder : bool
        A volume is a folder.
    described : bool
        A JSON file beside it says what the array is, whether or not a sidecar is asked for.
    needs : tuple of str
        A package beyond those that are always there, and the extra that installs it.
    prepare : tuple of str
        Modules that writing imports, which can be done while pixels are read.
    """

    name: str
    suffixes: tuple[str, ...]
    writer: str
    title: str
    axes: str
    values: str
    lost: str
    folder: bool = False
    described: bool = False
    needs: tuple[str, str] | None = None
    prepare: tuple[str, ...] = ()

    def split(self, name: str) -> tuple[str, str]:
        """Divide a name into stem and suffix; the usual suffix where it has none."""
        for suffix in self.suffixes:
            if name.endswith(suffix):
                return name.removesuffix(suffix), suffix
        return name, self.suffixes[0]

    def write(self, volume: Volume, target: Path, *, overwrite: bool = False) -> None:
        """Write a volume to `target`, whole or not at all.

        Raises
        ------
        ExistsError
            When something is there already.
        UsageError
            When a package that it needs is missing.
        UnsupportedError, GeometryError
            When the format cannot hold this volume.
        WriteError
            When it cannot be written; nothing is left behind.
        """
        module, _, function = self.writer.partition(".")
        write = import_module(f"hounsfield.convert.{module}").__dict__[function]
        with whole(target, folder=self.folder, overwrite=overwrite) as place:
            write(volume, place)

    def check(self) -> None:
        """See whether the packages that it needs are there.

        Raises
        ------
        UsageError
            Saying how to install them.
        """
        if self.needs:
            package(*self.needs)


_SHEAR = "a sheared grid (gantry tilt) is refused"
_SIDECAR = "unit, names of axes and coordinates along them (a sidecar keeps them)"
_ALL = (
    Format(
        "nifti",
        (".nii.gz", ".nii"),
        "nifti.write",
        "NIfTI-1, or NIfTI-2 where an axis is longer than 32,767",
        "(x, y, z, t, ...) in RAS, rows from last to first as in dcm2niix",
        "integers, floating point; color of 8 bits",
        f"{_SIDECAR}; color of more than 8 bits is refused",
        prepare=("isal.igzip_threaded",),
    ),
    Format(
        "nifti2",
        (".nii.gz", ".nii"),
        "nifti.write_2",
        "NIfTI-2",
        "as NIfTI-1",
        "as NIfTI-1",
        "as NIfTI-1; fewer programs read it",
        prepare=("isal.igzip_threaded",),
    ),
    Format(
        "nrrd",
        (".nrrd",),
        "nrrd.write",
        "NRRD 5",
        "(sample, column, row, slice, ...) in LPS, named",
        "integers, floating point; color",
        "coordinates along axes (a sidecar keeps them)",
        prepare=("isal.igzip_threaded",),
    ),
    Format(
        "mha",
        (".mha", ".mhd"),
        "metaimage.write",
        "MetaImage",
        "(sample, column, row, slice, ...) in LPS",
        "integers, floating point; color",
        f"{_SIDECAR}; {_SHEAR}",
    ),
    Format(
        "zarr",
        (".ome.zarr", ".zarr"),
        "ome_zarr.write",
        "OME-Zarr 0.5 on Zarr 3, with a pyramid",
        "(t, c, z, y, x) along the volume's own axes",
        "integers, floating point; color as channels",
        "place in the patient (the attribute `hounsfield` keeps it); two axes besides time are refused",
        folder=True,
        needs=("zarr", "zarr"),
        prepare=("zarr",),
    ),
    Format(
        "numpy",
        (".npy",),
        "numpy_array.write",
        "NumPy and JSON",
        "(..., slice, row, column), as `Volume.array`",
        "integers, floating point; color",
        "",
        described=True,
    ),
    Format(
        "hdf5",
        (".h5", ".hdf5"),
        "hdf5.write",
        "HDF5 1.10",
        "(..., slice, row, column), labeled",
        "integers, floating point; color",
        "",
        needs=("h5py", "hdf5"),
        prepare=("h5py",),
    ),
    Format(
        "png",
        (".png",),
        "pictures.write_png",
        "Folder of PNG and JSON",
        "a picture for each plane",
        "integers of 8 and 16 bits, signed ones shifted as the JSON says; color",
        "floating point and 32 bits are refused",
        folder=True,
        prepare=("imagecodecs",),
    ),
    Format(
        "tiff",
        (".tiff",),
        "pictures.write_tiff",
        "Folder of TIFF and JSON",
        "a picture for each plane",
        "integers, floating point; color",
        "",
        folder=True,
    ),
    Format(
        "jpeg",
        (".jpeg",),
        "pictures.write_jpeg",
        "Folder of JPEG and JSON",
        "a picture for each plane",
        "8 bits through the window of the header, or the whole range; color of 8 bits as it is",
        "values: it is to be looked at, never measured in",
        folder=True,
        prepare=("imagecodecs",),
    ),
    Format(
        "mp4",
        (".mp4",),
        "video.write",
        "MP4 (H.264)",
        "time; otherwise slices; slices side by side where there are both",
        "8 bits through the window of the header, or the whole range; color of 8 bits",
        "values and geometry: it is to be looked at",
        needs=("av", "video"),
        prepare=("av",),
    ),
)
FORMATS: Mapping[str, Format] = MappingProxyType({form.name: form for form in _ALL})


def format_of(name: str) -> Format:
    """Look a format up.

    Raises
    ------
    UsageError
        When there is none of this name; the message lists them.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}", hint=f"Formats: {', '.join(FORMATS)}.")
    return FORMATS[name]
