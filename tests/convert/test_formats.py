"""Every format, read back by programs that are not ours: equal values in equal places."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import imagecodecs
import nibabel as nib
import numpy as np
import pytest
import SimpleITK

import hounsfield as hu
from hounsfield.convert.formats import FORMATS, format_of
from hounsfield.errors import ExistsError, GeometryError, HounsfieldError, UnsupportedError, UsageError
from hounsfield.testing import chest_ct, mr_series
from hounsfield.volumes.geometry import Geometry
from hounsfield.volumes.volume import Volume

if TYPE_CHECKING:
    from pathlib import Path

_OBLIQUE = Geometry((-10.0, 20.0, 5.5), (0.0, 1.2, 1.6), (-0.8, 0.0, 0.0), (0.0, -2.4, 1.8))
_TILTED = Geometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.5, 3.0))
_KINDS = ("u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8")


def volume(
    dtype: str = "<i2",
    shape: tuple[int, ...] = (3, 5, 4),
    axes: tuple[str, ...] = ("slice", "row", "column"),
    geometry: Geometry = _OBLIQUE,
    scaling: tuple[tuple[float, ...], tuple[float, ...]] = ((1.0,), (0.0,)),
    **more: Any,
) -> Volume:
    kind = np.dtype(dtype)
    rng = np.random.default_rng(7)
    if kind.kind == "f":
        stored = rng.normal(size=shape).astype(kind)
        stored.flat[1] = np.nan
    else:
        limits = np.iinfo(kind)
        stored = rng.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)
        stored.flat[0], stored.flat[-1] = limits.min, limits.max
    return Volume(stored, *scaling, geometry, axes, "HU", **more)


def written(made: Volume, to: str, path: Path) -> Path:
    form = format_of(to)
    form.write(made, path)
    return path


def lps_of(image: Any, index: tuple[float, ...]) -> list[float]:
    return list(image.TransformContinuousIndexToPhysicalPoint(tuple(float(one) for one in index)))


@pytest.mark.parametrize("to", ["nifti", "nifti2"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", _KINDS)
def test_nibabel_reads_nifti(tmp_path: Path, to: str, suffix: str, dtype: str) -> None:
    made = volume(dtype)
    image: Any = nib.load(written(made, to, tmp_path / f"x{suffix}"))
    assert type(image).__name__ == {"nifti": "Nifti1Image", "nifti2": "Nifti2Image"}[to]
    assert image.get_data_dtype() == np.dtype(dtype)
    np.testing.assert_array_equal(np.asanyarray(image.dataobj)[:, ::-1].T, made.array)
    ras = image.affine @ (1, 5 - 1 - 2, 2, 1)
    np.testing.assert_allclose(ras * (-1, -1, 1, 1), made.affine @ (1, 2, 2, 1), atol=1e-5)


@pytest.mark.parametrize("to", ["nifti", "nrrd", "mha"])
@pytest.mark.parametrize("dtype", _KINDS)
def test_simpleitk_reads_values_and_places(tmp_path: Path, to: str, dtype: str) -> None:
    made = volume(dtype)
    image = SimpleITK.ReadImage(str(written(made, to, tmp_path / f"x{format_of(to).suffixes[0]}")))
    array = SimpleITK.GetArrayFromImage(image)
    assert array.dtype == np.dtype(dtype)
    # The NIfTI library puts zeros where values are not numbers.
    expected = np.nan_to_num(made.array) if to == "nifti" else made.array
    np.testing.assert_array_equal(array[:, ::-1] if to == "nifti" else array, expected)
    row = 5 - 1 - 3 if to == "nifti" else 3
    np.testing.assert_allclose(lps_of(image, (2, row, 1)), (made.affine @ (2, 3, 1, 1))[:3], atol=1e-5)


def test_simpleitk_reads_mhd_with_its_voxels_beside_it(tmp_path: Path) -> None:
    made = volume()
    path = written(made, "mha", tmp_path / "x.mhd")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.mhd", "x.zraw"]
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path))), made.array)


def test_the_voxels_of_an_mhd_are_not_put_over_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "x.zraw").write_text("mine")
    with pytest.raises(ExistsError):
        written(volume(), "mha", tmp_path / "x.mhd")
    assert [one.name for one in tmp_path.iterdir()] == ["x.zraw"]


@pytest.mark.parametrize("to", ["nrrd", "mha"])
def test_simpleitk_reads_color(tmp_path: Path, to: str) -> None:
    made = volume("u1", (3, 5, 4, 3), ("slice", "row", "column", "sample"), photometric="RGB")
    image = SimpleITK.ReadImage(str(written(made, to, tmp_path / f"x{format_of(to).suffixes[0]}")))
    assert image.GetNumberOfComponentsPerPixel() == 3
    np.testing.assert_array_equal(SimpleITK.GetArrayFromImage(image), made.array)


def test_nibabel_reads_color(tmp_path: Path) -> None:
    made = volume("u1", (3, 5, 4, 3), ("slice", "row", "column", "sample"), photometric="RGB")
    image: Any = nib.load(written(made, "nifti", tmp_path / "x.nii.gz"))
    array = np.asanyarray(image.dataobj)
    read = np.stack([array["R"], array["G"], array["B"]], axis=-1)[:, ::-1].transpose(2, 1, 0, 3)
    np.testing.assert_array_equal(read, made.array)


@pytest.mark.parametrize("to", ["nifti", "mha"])
def test_simpleitk_reads_time(tmp_path: Path, to: str) -> None:
    made = volume("<i2", (2, 3, 5, 4), ("time", "slice", "row", "column"), attributes={"RepetitionTime": 2500})
    image = SimpleITK.ReadImage(str(written(made, to, tmp_path / f"x{format_of(to).suffixes[0]}")))
    assert image.GetSize() == (4, 5, 3, 2)
    assert image.GetSpacing()[3] == pytest.approx(2.5)
    array = SimpleITK.GetArrayFromImage(image)
    np.testing.assert_array_equal(array[:, :, ::-1] if to == "nifti" else array, made.array)


def test_nrrd_names_its_axes_and_keeps_shear(tmp_path: Path) -> None:
    nrrd: Any = pytest.importorskip("nrrd")
    made = volume("<i2", (2, 3, 5, 4), ("time", "slice", "row", "column"), _TILTED)
    data, header = nrrd.read(str(written(made, "nrrd", tmp_path / "x.nrrd")))
    np.testing.assert_array_equal(data.T, made.array)
    assert header["labels"] == ["column", "row", "slice", "time"]
    np.testing.assert_allclose(header["space directions"][:3].T, made.affine[:3, :3])
    np.testing.assert_allclose(header["space origin"], made.origin)
    assert header["unit"] == "HU"


def test_a_sheared_grid_is_refused_where_it_cannot_be_said(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="tilted") as caught:
        written(volume(geometry=_TILTED), "mha", tmp_path / "x.mha")
    assert "nrrd" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", _KINDS)
def test_h5py_reads_hdf5(tmp_path: Path, dtype: str) -> None:
    h5py: Any = pytest.importorskip("h5py")
    made = volume(dtype, (2, 3, 5, 4), ("time", "slice", "row", "column"), coordinates={"time": (1.5, 2.5)})
    with h5py.File(written(made, "hdf5", tmp_path / "x.h5")) as file:
        read = file["volume"]
        np.testing.assert_array_equal(read[()], made.array)
        assert [dimension.label for dimension in read.dims] == list(made.axes)
        np.testing.assert_allclose(read.attrs["affine"], made.affine)
        assert read.attrs["unit"] == "HU"
        assert json.loads(read.attrs["coordinates"]) == {"time": [1.5, 2.5]}


@pytest.mark.parametrize("dtype", _KINDS)
def test_zarr_reads_ome_zarr(tmp_path: Path, dtype: str) -> None:
    zarr: Any = pytest.importorskip("zarr")
    made = volume(dtype, (2, 3, 5, 4), ("time", "slice", "row", "column"), attributes={"RepetitionTime": 2000})
    group = zarr.open_group(str(written(made, "zarr", tmp_path / "x.ome.zarr")), mode="r")
    np.testing.assert_array_equal(group["0"][:], made.array)
    (scales,) = group.attrs["ome"]["multiscales"]
    assert group.attrs["ome"]["version"] == "0.5"
    assert [axis["name"] for axis in scales["axes"]] == ["t", "z", "y", "x"]
    scale = scales["datasets"][0]["coordinateTransformations"][0]["scale"]
    np.testing.assert_allclose(scale, [2.0, *made.spacing])
    np.testing.assert_allclose(group.attrs["hounsfield"]["affine"], made.affine)


def test_the_pyramid_of_ome_zarr_says_where_its_levels_lie(tmp_path: Path) -> None:
    zarr: Any = pytest.importorskip("zarr")
    spacing = Geometry((0.0, 0.0, 0.0), (0.5, 0.0, 0.0), (0.0, 0.5, 0.0), (0.0, 0.0, 2.0))
    made = volume("<i2", (3, 601, 300), geometry=spacing)
    group = zarr.open_group(str(written(made, "zarr", tmp_path / "x.ome.zarr")), mode="r")
    (scales,) = group.attrs["ome"]["multiscales"]
    shapes = [group[one["path"]].shape for one in scales["datasets"]]
    assert shapes == [(3, 601, 300), (3, 301, 150), (3, 151, 75)]
    second = group["1"][:]
    block = made.array[:, :2, :2].astype(float)
    assert np.abs(second[:, 0, 0] - block.mean(axis=(1, 2))).max() <= 1
    steps = {one["type"]: one[one["type"]] for one in scales["datasets"][1]["coordinateTransformations"]}
    assert steps == {"scale": [2.0, 1.0, 1.0], "translation": [0.0, 0.25, 0.25]}


@pytest.mark.parametrize("dtype", ["u1", "i2", "u4", "f4"])
def test_a_pyramid_made_in_slabs_is_that_of_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str
) -> None:
    zarr: Any = pytest.importorskip("zarr")
    ome_zarr: Any = importlib.import_module("hounsfield.convert.ome_zarr")
    even = Geometry((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    made = volume(dtype, (2, 45, 40, 36), ("time", "slice", "row", "column"), even)
    monkeypatch.setattr(ome_zarr, "_SMALL", 16)
    monkeypatch.setattr(ome_zarr, "_CHUNK", (2, 16, 16))
    found = []
    for slab in (1, 1 << 30):
        monkeypatch.setattr(ome_zarr, "_SLAB", slab)
        group = zarr.open_group(str(written(made, "zarr", tmp_path / f"{slab}.ome.zarr")), mode="r")
        found.append([group[str(level)][:] for level in range(3)])
    assert [one.shape for one in found[0]] == [(2, 45, 40, 36), (2, 23, 20, 18), (2, 12, 10, 9)]
    for slabs, whole in zip(*found, strict=True):
        np.testing.assert_array_equal(slabs, whole)
    np.testing.assert_array_equal(found[0][0], made.array)
    if dtype != "f4":
        block = made.array[:, :2, :2, :2].astype(np.int64)
        block = (block[:, 0::2] + block[:, 1::2]) >> 1
        block = (block[:, :, 0::2] + block[:, :, 1::2]) >> 1
        block = (block[..., 0::2] + block[..., 1::2]) >> 1
        np.testing.assert_array_equal(found[0][1][:, 0, 0, 0], block[:, 0, 0, 0])


def test_ome_zarr_has_color_as_channels(tmp_path: Path) -> None:
    zarr: Any = pytest.importorskip("zarr")
    made = volume("u1", (3, 5, 4, 3), ("slice", "row", "column", "sample"), photometric="RGB")
    group = zarr.open_group(str(written(made, "zarr", tmp_path / "x.ome.zarr")), mode="r")
    np.testing.assert_array_equal(np.moveaxis(group["0"][:], 0, -1), made.array)


def test_ome_zarr_says_seconds_only_where_they_are_known(tmp_path: Path) -> None:
    zarr: Any = pytest.importorskip("zarr")
    for name, about in (("known", {"RepetitionTime": 1500.0}), ("unknown", {})):
        made = volume("u1", (2, 3, 5, 4), ("time", "slice", "row", "column"), attributes=about)
        group = zarr.open_group(str(written(made, "zarr", tmp_path / f"{name}.ome.zarr")), mode="r")
        axis = group.attrs["ome"]["multiscales"][0]["axes"][0]
        assert axis == {"name": "t", "type": "time"} | ({"unit": "second"} if about else {})


def test_ome_zarr_has_frames_in_color(tmp_path: Path) -> None:
    zarr: Any = pytest.importorskip("zarr")
    made = volume("u1", (2, 1, 5, 4, 3), ("frame", "slice", "row", "column", "sample"), photometric="RGB")
    group = zarr.open_group(str(written(made, "zarr", tmp_path / "x.ome.zarr")), mode="r")
    assert [axis["name"] for axis in group.attrs["ome"]["multiscales"][0]["axes"]] == ["t", "c", "z", "y", "x"]
    np.testing.assert_array_equal(np.moveaxis(group["0"][:], 1, -1), made.array)


def test_ome_zarr_refuses_more_axes_than_it_has(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    made = volume("u1", (2, 2, 3, 5, 4), ("echo", "coil", "slice", "row", "column"))
    with pytest.raises(UnsupportedError, match="echo, coil"):
        written(made, "zarr", tmp_path / "x.ome.zarr")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("dtype", _KINDS)
def test_numpy_reads_npy(tmp_path: Path, dtype: str) -> None:
    made = volume(dtype, (2, 3, 5, 4), ("time", "slice", "row", "column"))
    np.testing.assert_array_equal(np.load(written(made, "numpy", tmp_path / "x.npy")), made.array)


def _picture(path: Path, dtype: str) -> Any:
    if dtype == "f8":  # which ITK does not read from TIFF
        return imagecodecs.tiff_decode(path.read_bytes())
    return SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))


@pytest.mark.parametrize(("to", "suffix"), [("png", "png"), ("tiff", "tif")])
@pytest.mark.parametrize("dtype", _KINDS)
def test_simpleitk_reads_pictures(tmp_path: Path, to: str, suffix: str, dtype: str) -> None:
    made = volume(dtype)
    if to == "png" and np.dtype(dtype).itemsize > 2:
        with pytest.raises(UnsupportedError, match="PNG cannot hold"):
            written(made, to, tmp_path / "x")
        return
    folder = written(made, to, tmp_path / "x")
    described = json.loads((folder / "volume.json").read_text())
    assert described["files"] == [f"slice{number}.{suffix}" for number in (1, 2, 3)]
    planes = [_picture(folder / name, dtype) for name in described["files"]]
    read = np.stack(planes).astype(np.float64) + described.get("offset", 0)
    np.testing.assert_array_equal(read, made.array)


@pytest.mark.parametrize("to", ["png", "tiff"])
def test_pillow_reads_color(tmp_path: Path, to: str) -> None:
    image: Any = pytest.importorskip("PIL.Image")
    made = volume("u1", (2, 5, 4, 3), ("slice", "row", "column", "sample"), photometric="RGB")
    folder = written(made, to, tmp_path / "x")
    (second,) = folder.glob("slice2.*")
    np.testing.assert_array_equal(np.asarray(image.open(second)), made.array[1])


def test_jpeg_shows_the_window_of_the_header(tmp_path: Path) -> None:
    stored = np.zeros((1, 16, 16), np.int16)
    stored[:, :, 8:] = 100
    about = {"WindowCenter": "50\\3", "WindowWidth": "101\\9"}
    made = replace(volume(), stored=stored, attributes=about)
    folder = written(made, "jpeg", tmp_path / "x")
    (plane,) = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(folder / "slice1.jpg")))[None]
    assert plane[:, :7].max() <= 3
    assert plane[:, 9:].min() >= 252
    assert json.loads((folder / "volume.json").read_text())["window"] == {"low": -0.5, "high": 99.5, "from": "header"}
    inverted = written(replace(made, photometric="MONOCHROME1"), "jpeg", tmp_path / "y")
    plane = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(inverted / "slice1.jpg")))
    assert plane[:, :7].min() >= 252


@pytest.mark.parametrize("dtype", ["f4", "i2"])
def test_jpeg_of_values_without_a_window_shows_their_whole_range(tmp_path: Path, dtype: str) -> None:
    folder = written(volume(dtype, (2, 32, 32)), "jpeg", tmp_path / "x")
    assert json.loads((folder / "volume.json").read_text())["window"]["from"] == "range"


@pytest.mark.parametrize(
    ("shape", "axes", "size"),
    [
        ((7, 32, 20), ("slice", "row", "column"), (7, 20, 32)),
        ((5, 1, 33, 21), ("time", "slice", "row", "column"), (5, 22, 34)),
        ((4, 3, 16, 20), ("time", "slice", "row", "column"), (4, 40, 32)),
    ],
)
def test_pyav_reads_video(tmp_path: Path, shape: tuple[int, ...], axes: tuple[str, ...], size: tuple[int, ...]) -> None:
    av: Any = pytest.importorskip("av")
    made = volume("u1", shape, axes, attributes={"FrameTime": 40.0})
    path = written(made, "mp4", tmp_path / "x.mp4")
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert container.streams.video[0].average_rate == 25
    assert (len(frames), frames[0].width, frames[0].height) == size
    for turn in range(8):
        again = written(made, "mp4", tmp_path / f"{turn}.mp4")
        assert path.read_bytes() == again.read_bytes()


def test_video_keeps_colors(tmp_path: Path) -> None:
    av: Any = pytest.importorskip("av")
    stored = np.zeros((2, 32, 32, 3), np.uint8)
    stored[:, :, :16] = (200, 30, 60)
    stored[:, :, 16:] = (20, 90, 220)
    made = replace(volume(), stored=stored, axes=("slice", "row", "column", "sample"), photometric="RGB")
    with av.open(str(written(made, "mp4", tmp_path / "x.mp4"))) as container:
        (first, _) = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert np.abs(first[4:28, 4:12].astype(int) - (200, 30, 60)).max() < 12
    assert np.abs(first[4:28, 20:28].astype(int) - (20, 90, 220)).max() < 12


@pytest.mark.parametrize("to", [name for name in FORMATS if name not in ("png", "jpeg", "mp4")])
def test_rescaled_planes_are_written_as_physical_values(tmp_path: Path, to: str) -> None:
    form = format_of(to)
    if form.needs:
        pytest.importorskip(form.needs[0])
    made = volume("<u2", scaling=((1.0, 2.0, 0.5), (0.0, -10.0, 1.0)))
    path = written(made, to, tmp_path / f"x{form.suffixes[0]}")
    expected = made.array
    assert expected.dtype == np.float32
    if to.startswith("nifti"):
        image: Any = nib.load(path)
        read = np.asanyarray(image.dataobj)[:, ::-1].T
    elif to == "zarr":
        read = __import__("zarr").open_group(str(path), mode="r")["0"][:]
    elif to == "hdf5":
        read = __import__("h5py").File(path)["volume"][()]
    elif to == "numpy":
        read = np.load(path)
    elif to == "tiff":
        files = sorted(path.glob("*.tif"))
        read = np.stack([SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(one))) for one in files])
    else:
        read = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(path)))
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("to", list(FORMATS))
def test_the_same_series_gives_the_same_bytes(tmp_path: Path, to: str) -> None:
    form = format_of(to)
    if form.needs:
        pytest.importorskip(form.needs[0])
    chest_ct(tmp_path / "in" / "ct", slices=3, rows=64)
    mr_series(tmp_path / "in" / "mr", shape=(2, 3, 16, 16))
    found = []
    for turn in "ab":
        report = hu.convert(tmp_path / "in", tmp_path / turn, to=to)
        assert report.counts == {"done": 2}
        files = sorted(one for one in (tmp_path / turn).rglob("*") if one.is_file())
        found.append([(one.relative_to(tmp_path / turn), one.read_bytes()) for one in files])
    assert found[0] == found[1]
    assert not [name for name, _ in found[0] if ".partial" in str(name)]


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zarr", None)
    with pytest.raises(UsageError, match=r"hounsfield\[zarr\]"):
        hu.convert(".", "out", to="zarr")


def test_an_unknown_format_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="nifti2, nrrd"):
        format_of("analyze")


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    for to, form in FORMATS.items():
        if form.needs:
            pytest.importorskip(form.needs[0])
        (tmp_path / "file").write_text("not a folder")
        with pytest.raises(HounsfieldError):
            written(volume("u1"), to, tmp_path / "file" / f"x{form.suffixes[0]}")
    assert [one.name for one in tmp_path.iterdir()] == ["file"]
