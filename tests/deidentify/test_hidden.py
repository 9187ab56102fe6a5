"""Words that hide in compressed pixel data: none is left, and what the pixels are is the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames, parse_basic_offsets

import hounsfield as hu
from tests.deidentify.hiding import PICTURES, WORD, Hidden, items, video, write

if TYPE_CHECKING:
    from pathlib import Path


def cleaned(folder: Path, hidden: Hidden) -> tuple[pydicom.Dataset, list[bytes]]:
    """De-identify, and give the data set with its fragments."""
    write(folder / "in" / "a.dcm", hidden)
    assert (folder / "in" / "a.dcm").read_bytes().count(WORD[:7]) > 0
    report = hu.deidentify(folder / "in", folder / "out", hu.Profile.basic())
    assert [row.status for row in report] == ["done"], report.rows
    output = folder / "out" / report.rows[0].output
    written = output.read_bytes()
    for part in (WORD[:7], WORD[-6:]):
        assert part not in written
    data = pydicom.dcmread(output)
    assert not data.is_implicit_VR
    return data, items(data.PixelData)


def same(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one, other)) if isinstance(one, np.ndarray | list) else bool(one == other)


@pytest.mark.parametrize("place", PICTURES)
def test_nothing_hides_and_pixels_stay(tmp_path: Path, place: str) -> None:
    hidden = PICTURES[place]()
    data, fragments = cleaned(tmp_path, hidden)
    assert [len(one) for one in fragments] == [len(one) for one in hidden.fragments]
    assert same(hidden.decode(fragments), hidden.decode(hidden.fragments))
    assert parse_basic_offsets(data.PixelData) == []


@pytest.mark.parametrize("kind", ["avc", "hevc", "mpeg2", "ts", "mp4"])
def test_nothing_hides_in_videos(tmp_path: Path, kind: str) -> None:
    hidden = video(tmp_path, kind)
    _, fragments = cleaned(tmp_path, hidden)
    frames = hidden.decode(fragments)
    assert len(frames.splitlines()) == 10
    assert frames == hidden.decode(hidden.fragments)


def test_extended_tables_say_where_frames_are(tmp_path: Path) -> None:
    hidden = PICTURES["in the extended offset table"]()
    data, fragments = cleaned(tmp_path, hidden)
    assert np.frombuffer(data.ExtendedOffsetTable, "<u8").tolist() == [0, len(fragments[0]) + 8]
    lengths = np.frombuffer(data.ExtendedOffsetTableLengths, "<u8").tolist()
    assert all(length in (len(one), len(one) - 1) for length, one in zip(lengths, fragments, strict=True))
    assert len(list(generate_frames(data.PixelData, number_of_frames=2))) == 2


def test_a_table_that_says_nothing_of_the_fragments_is_refused(tmp_path: Path) -> None:
    hidden = PICTURES["in the extended offset table"]()
    one = Hidden(hidden.syntax, hidden.fragments, hidden.decode, frames=2, extended=(bytes(8), bytes(8)))
    write(tmp_path / "in" / "a.dcm", one)
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic())
    assert [row.status for row in report] == ["failed"]
    assert "extended offset table" in report.rows[0].reason
    assert list((tmp_path / "out").rglob("*.dcm")) == []


def test_tables_that_are_sound_stay(tmp_path: Path) -> None:
    hidden = PICTURES["in fragments and pictures of no frame"]()
    pictured = hidden.fragments[0]
    table = np.array([0, len(pictured) + 8], "<u4").tobytes()
    sound = Hidden(hidden.syntax, [pictured, pictured], hidden.decode, table=table, frames=2)
    write(tmp_path / "in" / "a.dcm", sound)
    report = hu.deidentify(tmp_path / "in", tmp_path / "out", hu.Profile.basic())
    data = pydicom.dcmread(tmp_path / "out" / report.rows[0].output)
    assert parse_basic_offsets(data.PixelData) == [0, len(pictured) + 8]
    assert data.PixelData == pydicom.dcmread(tmp_path / "in" / "a.dcm").PixelData
