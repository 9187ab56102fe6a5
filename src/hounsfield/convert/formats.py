"""The formats that volumes are written in: one table."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from hounsfield.errors import UsageError
from hounsfield.volumes import nifti

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
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
    write : callable
        Writes a volume to a path.
    prepare : tuple of str
        Modules that writing imports, which can be done while pixels are read.
    """

    name: str
    suffixes: tuple[str, ...]
    write: Callable[[Volume, Path, bool], None]
    prepare: tuple[str, ...] = ()

    def split(self, name: str) -> tuple[str, str]:
        """Divide a name into stem and suffix; the usual suffix where it has none."""
        for suffix in self.suffixes:
            if name.endswith(suffix):
                return name.removesuffix(suffix), suffix
        return name, self.suffixes[0]


def _nifti(volume: Volume, path: Path, overwrite: bool) -> None:  # noqa: FBT001
    nifti.write_nifti(volume, path, overwrite=overwrite)


FORMATS: Mapping[str, Format] = MappingProxyType(
    {"nifti": Format("nifti", (".nii.gz", ".nii"), _nifti, ("isal.igzip_threaded",))}
)


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
