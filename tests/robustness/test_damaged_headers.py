"""Bytes of headers replaced at random: a reader raises errors of its own or reads on, nothing else."""

from __future__ import annotations

import random
import warnings
from pathlib import Path

import pytest

import hounsfield as hu
from hounsfield.errors import HounsfieldError, UnsupportedError
from hounsfield.pixels.image import open_image

DATA = Path(__file__).parents[1] / "data" / "pydicom"
NAMES = ("CT_small.dcm", "image_dfl.dcm", "SC_ybr_full_422_uncompressed.dcm")


@pytest.mark.parametrize("seed", range(3))
def test_damaged_headers_raise_nothing_foreign(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    sources = [(DATA / name).read_bytes() for name in NAMES]
    path = tmp_path / "damaged.dcm"
    read = 0
    for _ in range(100):
        damaged = bytearray(chance.choice(sources))
        for _ in range(chance.randint(1, 6)):
            damaged[chance.randrange(132, min(len(damaged), 2500))] = chance.choice((0, 1, 65, 81, 255))
        path.write_bytes(damaged)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for verb in (hu.read, hu.info, lambda place: open_image(place).stored(0)):
                try:
                    verb(path)
                    read += 1
                except HounsfieldError:
                    pass
    assert read > 50


def test_a_character_set_with_a_nul_is_no_character_set(tmp_path: Path) -> None:
    path = tmp_path / "nul.dcm"
    path.write_bytes((DATA / "CT_small.dcm").read_bytes().replace(b"ISO_IR 100", b"ISO\0IR 100", 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert str(hu.read(path).PatientName) == "CompressedSamples^CT1"


def test_an_unknown_vr_of_what_an_image_is_called_does_not_hide_it(tmp_path: Path) -> None:
    path = tmp_path / "vr.dcm"
    path.write_bytes((DATA / "CT_small.dcm").read_bytes().replace(b"\x08\0\x18\0UI", b"\x08\0\x18\0QI", 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert open_image(path).stored(0).shape == (128, 128)


def test_private_compression_is_named(tmp_path: Path) -> None:
    dataset = hu.read(DATA / "CT_small.dcm")
    pixels = dataset.PixelData
    del dataset.PixelData
    dataset.add_new(0x07A10010, "LO", "ELSCINT1")
    dataset.add_new(0x07A11011, "LO", "PMSCT_RLE1")
    dataset.add_new(0x07A1100A, "OB", pixels[:1000])
    path = tmp_path / "private.dcm"
    dataset.save_as(path)
    with pytest.raises(UnsupportedError, match="PMSCT_RLE1") as raised:
        hu.frame(path, 0)
    assert raised.value.code == "private-compression"
