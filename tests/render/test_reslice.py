"""Planes and slabs against SimpleITK, NumPy and functions whose values are known."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import SimpleITK

from hounsfield.errors import UsageError
from hounsfield.render.reslice import reslice
from hounsfield.render.view import View
from tests.render.bodies import LEANING, OBLIQUE, ORIGIN, noise, ramp, volume

Array = np.ndarray[Any, np.dtype[Any]]

VIEWS = [
    View(plane="axial", size=64),
    View(plane="coronal", size=50),
    View(plane="sagittal", size=41),
    View(plane="acquisition", frame=3),
    View(plane="oblique", normal=(0.2, 0.7, 0.6), size=60),
    View(plane="oblique", normal=(1, -1, 0.5), up=(0, 0.2, 1), size=60, point=(-8, 40, -40)),
]


def _itk(array: Array, steps: Array, grid: Any, values: Array, blend: str = "") -> Array:
    """The same points by SimpleITK: a layer for each depth, blended by NumPy."""
    lengths = np.linalg.norm(steps, axis=0)
    image = SimpleITK.GetImageFromArray(array.astype(np.float32))
    image.SetSpacing(lengths.tolist())
    image.SetDirection((steps / lengths).ravel().tolist())
    image.SetOrigin(ORIGIN)
    start, step, count = grid.depths
    axes = np.stack((grid.axes.right, grid.axes.down, grid.axes.away), axis=1)
    filter_ = SimpleITK.ResampleImageFilter()
    filter_.SetInterpolator(SimpleITK.sitkLinear)
    filter_.SetDefaultPixelValue(float("nan"))
    filter_.SetOutputOrigin((grid.origin + grid.axes.away * start).tolist())
    filter_.SetOutputSpacing((grid.pixel, grid.pixel, step))
    filter_.SetOutputDirection(axes.ravel().tolist())
    filter_.SetSize((values.shape[1], values.shape[0], count))
    layers: Array = SimpleITK.GetArrayFromImage(filter_.Execute(image))
    if not blend:
        first: Array = layers[0]
        return first
    with warnings.catch_warnings():
        # Where a ray misses the volume, there is nothing to blend.
        warnings.simplefilter("ignore", RuntimeWarning)
        blends: dict[str, Any] = {"mip": np.nanmax, "minip": np.nanmin, "mean": np.nanmean}
        found: Array = blends[blend](layers, axis=0)
    return found


def _compare(ours: Array, theirs: Array, tolerance: float) -> None:
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    assert both.sum() > 0.2 * ours.size
    # On the very border of the volume, half a voxel outside, one may see what the other does not.
    assert (np.isnan(ours) != np.isnan(theirs)).mean() < 0.02
    assert np.abs(ours - theirs)[both].max() < tolerance


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.plane}-{view.size}")
def test_planes_of_an_oblique_volume_are_those_of_simpleitk(view: View) -> None:
    array = noise()
    values, grid = reslice(volume(array, OBLIQUE), view)
    # Of values from -1000 to 2000: both interpolate in floating point, SimpleITK's of 64 bit.
    _compare(values, _itk(array, OBLIQUE, grid, values), 0.01)


@pytest.mark.parametrize("blend", ["mip", "minip", "mean"])
def test_slabs_are_those_of_simpleitk(blend: Any) -> None:
    array = noise()
    view = View(plane="oblique", normal=(0.2, 0.7, 0.6), size=60, slab=9, blend=blend)
    values, grid = reslice(volume(array, OBLIQUE), view)
    assert grid.depths[2] == 7
    _compare(values, _itk(array, OBLIQUE, grid, values, blend), 0.01)


@pytest.mark.parametrize("steps", [OBLIQUE, LEANING], ids=["oblique", "leaning"])
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: f"{view.plane}-{view.size}")
def test_a_ramp_through_space_stays_one(view: View, steps: Array) -> None:
    array, slope = ramp(steps)
    values, grid = reslice(volume(array, steps), view)
    rows, columns = np.meshgrid(*map(np.arange, values.shape), indexing="ij")
    points = grid.origin + (columns[..., None] * grid.axes.right + rows[..., None] * grid.axes.down) * grid.pixel
    index = np.linalg.solve(steps, (points - ORIGIN).reshape(-1, 3).T).T
    # Between the outermost voxels; beyond them the nearest one counts.
    inside = ((index >= 0) & (index <= np.array(array.shape[::-1]) - 1)).all(axis=1).reshape(values.shape)
    assert inside.sum() > 100
    assert np.abs(values - points @ slope)[inside].max() < 1e-2
    # Half a voxel around them and further out, there is nothing.
    outside = ((index < -0.51) | (index > np.array(array.shape[::-1]) - 0.49)).any(axis=1).reshape(values.shape)
    assert np.isnan(values[outside]).all()


@pytest.mark.parametrize(("blend", "of"), [("mip", np.max), ("minip", np.min), ("mean", np.mean)])
def test_projections_along_the_axes_are_those_of_numpy(blend: Any, of: Any) -> None:
    array = noise()
    made = volume(array, np.diag([1.0, 1.0, 1.0]))
    along, _ = reslice(made, View(slab="all", blend=blend))
    assert np.allclose(along, of(array, axis=0), atol=1e-3)
    front, _ = reslice(made, View(plane="coronal", slab="all", blend=blend, depth=16))
    assert np.allclose(front, of(array, axis=1)[::-1], atol=1e-3)
    side, _ = reslice(made, View(plane="sagittal", slab="all", blend=blend, depth=16))
    assert np.allclose(side, of(array, axis=2)[::-1], atol=1e-3)


def test_the_plane_of_a_slice_is_the_slice() -> None:
    array = noise()
    values, _ = reslice(volume(array, np.diag([1.0, 1.0, 2.5])), View(frame=5))
    assert np.array_equal(values, array[4])


def test_a_rescaled_volume_with_a_negative_slope_keeps_its_greatest_values() -> None:
    array = noise()
    made = volume(array, np.diag([1.0, 1.0, 1.0]), rescale=(-0.5, 10.0))
    along, _ = reslice(made, View(slab="all", blend="mip"))
    assert np.allclose(along, (array * -0.5 + 10).max(axis=0))


def test_a_thin_slab_is_a_plane_and_a_thick_one_takes_in_the_slices_it_holds() -> None:
    array = np.zeros((9, 4, 4), np.int16)
    array[4], array[5], array[6] = 1, 5, 9
    made = volume(array, np.diag([1.0, 1.0, 2.0]))
    greatest = [int(reslice(made, View(frame=5, slab=slab))[0].max()) for slab in (0.1, 3.9, 4.0, 8.0)]
    assert greatest == [1, 1, 5, 9]


def test_times_are_chosen_by_number() -> None:
    array = noise((3, 5, 6, 7))
    made = volume(array, np.diag([1.0, 1.0, 1.0]))
    assert np.array_equal(reslice(made, View(time=2, frame=1))[0], array[1, 0])
    with pytest.raises(UsageError, match="no time 4: the volume has 3"):
        reslice(made, View(time=4))


def test_colors_are_sampled_each() -> None:
    array = np.random.default_rng(1).integers(0, 255, (4, 5, 6, 3)).astype(np.uint8)
    made = volume(array[..., 0], np.diag([1.0, 1.0, 1.0]))
    made = type(made)(array, (1.0,), (0.0,), made.geometry, ("slice", "row", "column", "sample"), "", photometric="RGB")
    assert np.array_equal(reslice(made, View(frame=2))[0], array[1])


def test_a_flat_volume_is_refused() -> None:
    flat = volume(noise(), np.array([[1.0, 0, 1], [0, 1.0, 0], [0, 0, 0]]))
    with pytest.raises(UsageError, match="flat"):
        reslice(flat, View())


def test_work_without_end_is_refused() -> None:
    cube = volume(np.zeros((200, 200, 200), np.int8), np.diag([1.0, 1.0, 1.0]))
    with pytest.raises(UsageError, match="8192 x 8192 pixels through 200 layers is too much work"):
        reslice(cube, View(plane="coronal", size=8192, slab="all"))
