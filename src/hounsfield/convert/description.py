"""What a volume is, as plain values: for JSON beside arrays, for attributes of HDF5 and Zarr.

Space is LPS in millimeters and per-axis values are in array order, as everywhere in this package. Nothing here names
the patient.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.volumes.voxels import value_dtype

if TYPE_CHECKING:
    from hounsfield.volumes.volume import Volume

__all__ = ["describe"]

_ATTRIBUTES = ("Modality", "SeriesNumber", "SeriesDescription")


def describe(volume: Volume) -> dict[str, Any]:
    """Describe a volume.

    Returns
    -------
    dict
        ``axes``, ``shape``, ``dtype``, ``unit``, ``affine`` (4x4, from (column, row, slice) to LPS in mm), ``spacing``,
        ``origin``, ``direction`` (in array order), ``space``, ``photometric``, ``name``, ``coordinates``, attributes
        under their keywords, ``software``.
    """
    known = volume.geometry.known
    return {
        "axes": list(volume.axes),
        "shape": list(volume.shape),
        "dtype": value_dtype(volume).name,
        "unit": volume.unit,
        "space": "LPS" if known else "unknown",
        "affine": [list(row) for row in volume.geometry.affine],
        "spacing": list(volume.spacing),
        "origin": list(volume.origin),
        "direction": [list(vector) for vector in volume.geometry.direction],
        "derivation": dict(volume.derivation),
        "photometric": volume.photometric,
        "name": volume.name,
        "coordinates": {axis: [_plain(one) for one in values] for axis, values in volume.coordinates.items()},
        "attributes": {
            key: volume.attributes[key] for key in _ATTRIBUTES if volume.attributes.get(key) not in (None, "")
        },
        "software": f"hounsfield {_core.__version__}",
    }


def _plain(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if isinstance(value, int | float | str | type(None)) else str(value)
