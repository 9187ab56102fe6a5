"""Movies: as long as they were recorded, and readable by FFmpeg and Pillow."""

from __future__ import annotations

import io
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow
from PIL import ImageSequence
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from hounsfield.errors import ExistsError, UsageError
from hounsfield.render import View, movie, render, sheet
from hounsfield.render.gif import hundredths
from hounsfield.render.pace import paces_of
from hounsfield.testing import chest_ct, mr_series
from tests.render.bodies import OBLIQUE, noise, volume

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = 8


def cine(path: Path, *, color: bool = False, **attributes: Any) -> Path:
    """A bright column that moves to the right, one place in each frame."""
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = UID("1.2.840.10008.1.2.1")
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.3.1")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = UID("1.2.3")
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID, dataset.Modality = "1.2.4", "1.2.5", "US"
    dataset.Rows, dataset.Columns, dataset.NumberOfFrames = 33, 41, FRAMES
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.SamplesPerPixel = 3 if color else 1
    dataset.PhotometricInterpretation = "RGB" if color else "MONOCHROME2"
    if color:
        dataset.PlanarConfiguration = 0
    else:
        dataset.WindowCenter, dataset.WindowWidth = 128, 256
    array = np.full((FRAMES, 33, 41, 3 if color else 1), 20, np.uint8)
    array[:, :16] = 60
    for frame in range(FRAMES):
        array[frame, :, frame * 5 : frame * 5 + 5, 0] = 200
    dataset.PixelData = array.tobytes() + b"\0" * (array.size % 2)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


def _brightest(array: Any) -> int:
    """Which step of the column a frame shows."""
    gray = np.asarray(array, float)
    gray = gray[..., 0] if gray.ndim == 3 else gray
    return int(gray[:33, :40].mean(axis=0).reshape(8, 5).mean(axis=1).argmax())


def _header(**attributes: Any) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"FrameTime": 40}, [0.04] * 4),
        ({"CineRate": 25}, [0.04] * 4),
        ({"RecommendedDisplayFrameRate": 10, "FrameTime": 40, "CineRate": 30}, [0.1] * 4),
        ({"FrameTime": 40, "CineRate": 30}, [0.04] * 4),
        ({"FrameIncrementPointer": 0x00181065, "FrameTimeVector": [0, 10, 20, 30]}, [0.01, 0.02, 0.03, 0.03]),
        # A vector that nothing points to, or of another length, or with times that cannot be.
        ({"FrameTimeVector": [0, 10, 20, 30]}, None),
        ({"FrameIncrementPointer": 0x00181065, "FrameTimeVector": [0, 10], "CineRate": 25}, [0.04] * 4),
        ({"FrameIncrementPointer": 0x00181065, "FrameTimeVector": [0, -10, 20, 30], "CineRate": 25}, [0.04] * 4),
        ({"FrameTime": 0}, None),
        ({"CineRate": 0}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_file_says_how_fast(attributes: dict[str, Any], expected: list[float] | None) -> None:
    paces = paces_of(_header(**attributes), 4)
    assert (None if paces is None else list(paces.durations)) == (None if expected is None else pytest.approx(expected))


def test_trimmed_frames_are_left_out() -> None:
    paces = paces_of(_header(FrameTime=40, StartTrim=2, StopTrim=3), 4)
    assert paces is not None
    assert paces.frames == (1, 2)
    whole = paces_of(_header(FrameTime=40, StartTrim=4, StopTrim=2), 4)
    assert whole is not None
    assert len(whole.frames) == 4


@pytest.mark.parametrize("color", [False, True], ids=["gray", "color"])
def test_a_gif_has_the_frames_and_their_times(tmp_path: Path, color: bool) -> None:
    made = movie(cine(tmp_path / "cine.dcm", color=color, FrameTime=33.3))
    assert made.stated
    assert made.rate == pytest.approx(30.03, abs=0.01)
    made.save(tmp_path / "loop.gif")
    with Pillow.open(tmp_path / "loop.gif") as opened:
        assert opened.info["loop"] == 0
        frames = [(np.asarray(one.convert("RGB")), one.info["duration"]) for one in ImageSequence.Iterator(opened)]
    assert [_brightest(array) for array, _ in frames] == list(range(FRAMES))
    assert sum(time for _, time in frames) == pytest.approx(FRAMES * 33.3, abs=10)
    first = frames[0][0]
    pictures = list(made)
    shown = pictures[0].array
    expected = shown if shown.ndim == 3 else np.repeat(shown[..., None], 3, axis=2)
    assert np.array_equal(first, expected)


def test_frames_without_a_window_share_one(tmp_path: Path) -> None:
    source = cine(tmp_path / "cine.dcm", FrameTime=100)
    dataset = dcmread(source)
    del dataset.WindowCenter, dataset.WindowWidth
    frames = np.zeros((FRAMES, 33, 41), np.uint8)
    # The same gray, beside something that gets brighter.
    frames[:, :16] = np.arange(41)
    frames[:, 16:] = np.linspace(50, 200, FRAMES)[:, None, None]
    dataset.PixelData = frames.tobytes() + b"\0" * (frames.size % 2)
    dataset.save_as(source)
    for view in (View(), View(window="auto")):
        assert len({int(picture.array[5, 30]) for picture in movie(source, view)}) == 1


def test_colors_that_come_late_are_kept(tmp_path: Path) -> None:
    source = cine(tmp_path / "cine.dcm", color=True, FrameTime=100)
    dataset = dcmread(source)
    frames = np.full((FRAMES, 33, 41, 3), 20, np.uint8)
    frames[0] = np.random.default_rng(1).integers(0, 60, (33, 41, 1))
    frames[5:, 10:20, 10:20] = (10, 200, 30)
    dataset.PixelData = frames.tobytes()
    dataset.save_as(source)
    movie(source).save(tmp_path / "loop.gif")
    with Pillow.open(tmp_path / "loop.gif") as opened:
        opened.seek(6)
        shown = np.asarray(opened.convert("RGB"))
    assert np.abs(shown[15, 15].astype(int) - (10, 200, 30)).max() < 8


@pytest.mark.parametrize("color", [False, True], ids=["gray", "color"])
def test_an_mp4_has_the_frames_and_their_times(tmp_path: Path, color: bool) -> None:
    made = movie(cine(tmp_path / "cine.dcm", color=color, FrameTime=50))
    made.save(tmp_path / "loop.mp4")
    with av.open(str(tmp_path / "loop.mp4")) as container:
        stream: Any = container.streams.video[0]
        assert (stream.width, stream.height) == (42, 34)
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.average_rate) == pytest.approx(20)
        assert not set(container.metadata) - {"major_brand", "minor_version", "compatible_brands", "encoder"}
        frames = [(frame.to_ndarray(format="rgb24"), frame.time) for frame in container.decode(stream)]
    assert [_brightest(array) for array, _ in frames] == list(range(FRAMES))
    assert [time for _, time in frames] == pytest.approx([number * 0.05 for number in range(FRAMES)], abs=1e-3)


def test_an_mp4_keeps_uneven_times(tmp_path: Path) -> None:
    times = [0, 40, 40, 200, 40, 40, 40, 40]
    source = cine(tmp_path / "cine.dcm", FrameIncrementPointer=0x00181065, FrameTimeVector=times)
    movie(source).save(tmp_path / "loop.mp4")
    with av.open(str(tmp_path / "loop.mp4")) as container:
        found = [frame.time for frame in container.decode(video=0)]
    assert found == pytest.approx([time / 1000 for time in accumulate(times)], abs=1e-3)


def test_series_and_bodies_move(tmp_path: Path) -> None:
    chest_ct(tmp_path / "in", slices=6, rows=32)
    slices = movie(tmp_path / "in", rate=4)
    assert (len(slices), slices.rate) == (6, 4)
    assert len(movie(tmp_path / "in", View(plane="coronal", size=32))) > 10
    walk = movie(volume(noise(), OBLIQUE), View(rendering="surface", size=32))
    assert len(walk) == 60
    assert len({picture.shape for picture in walk}) == 1
    walk.save(tmp_path / "walk.mp4")
    assert not walk.stated


def test_times_follow_each_other(tmp_path: Path) -> None:
    mr_series(tmp_path / "in", shape=(5, 4, 32, 32))
    moving = movie(tmp_path / "in", View(frame=2))
    assert len(moving) == 5
    for time, picture in enumerate(moving, 1):
        alone = render(tmp_path / "in", View(frame=2, time=time, window=picture.window))
        assert picture.caption == alone.caption
    assert len(movie(tmp_path / "in", View(plane="coronal", size=32))) == 5
    assert sheet(tmp_path / "in", View(size=32), columns=4, rows=1).caption == "4 of 4"


def test_what_does_not_move_is_said(tmp_path: Path) -> None:
    files = chest_ct(tmp_path / "in", slices=3, rows=32)
    with pytest.raises(UsageError, match="only one picture"):
        movie(files[0])
    with pytest.raises(UsageError, match="a rate is"):
        movie(tmp_path / "in", rate=0)
    made = movie(tmp_path / "in")
    with pytest.raises(UsageError, match=r"\.avi is no format of movies"):
        made.save(tmp_path / "x.avi")
    made.save(tmp_path / "x.gif")
    with pytest.raises(ExistsError):
        made.save(tmp_path / "x.gif")


@given(st.lists(st.floats(0.0005, 3), min_size=1, max_size=60))
def test_times_of_a_gif_add_up(durations: list[float]) -> None:
    found = hundredths(durations)
    assert len(found) == len(durations)
    assert all(delay == 0 or delay >= 2 for delay in found)
    assert sum(found) == pytest.approx(sum(durations) * 100, abs=2.5)


def test_a_gif_is_whole(tmp_path: Path) -> None:
    """Every byte is where the format has it: another reader counts the frames, too."""
    import imagecodecs

    movie(cine(tmp_path / "cine.dcm", FrameTime=100)).save(tmp_path / "loop.gif")
    data = (tmp_path / "loop.gif").read_bytes()
    assert imagecodecs.gif_decode(data).shape[:3] == (FRAMES, 33, 41)
    with Pillow.open(io.BytesIO(data)) as opened:
        assert opened.n_frames == FRAMES  # type: ignore[attr-defined]
