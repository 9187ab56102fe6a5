"""Originals travel inside de-identified files, encrypted, and come back byte for byte; so they do with gdcmanon."""

from __future__ import annotations

import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.cms.keys import Keys
from hounsfield.deidentify import Options
from hounsfield.errors import AlteredError, HounsfieldError, LockedError, NotDicomError
from hounsfield.protect.mac_stream import feed_element
from hounsfield.protect.originals import reidentify, sealer
from hounsfield.protect.secure_file import Recipients
from tests.authority import identity, write
from tests.deidentify.hiding import PICTURES, WORD
from tests.deidentify.hiding import write as hide
from tests.programs import require

if TYPE_CHECKING:
    from pathlib import Path

KINDS = [
    "CT_small.dcm",
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "JPEG2000.dcm",
    "examples_overlay.dcm",
    "reportsi.dcm",
    "MR_small_padded.dcm",
]


@pytest.fixture
def site(tmp_path: Path) -> tuple[str, str]:
    return write(tmp_path, "site", identity("site"))


def clean(source: str | Path, folder: Path, certificates: list[str]) -> Path:
    report = hu.deidentify(source, folder, options=Options(seal=sealer(Recipients.read(certificates))))
    (row,) = (row for row in report if row.status == "done")
    return folder / row.output


def values(path: str | Path) -> dict[int, bytes]:
    """Every element but group lengths, as bytes that do not depend on how it is written."""
    dataset, found = hu.read(path, issues=[]), {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for tag in dataset.keys():  # noqa: SIM118
            parts: list[bytes] = []
            raw: Any = dataset.get_item(tag, keep_deferred=True)
            try:
                feed_element(dataset, int(tag), parts.append)
            except Exception:  # noqa: BLE001 - a value that makes no sense is compared as it stands
                parts = [bytes(raw.value or b"")]
            if int(tag) & 0xFFFF:
                found[int(tag)] = b"".join(parts)
    return found


@pytest.mark.parametrize("name", KINDS)
def test_every_attribute_comes_back(tmp_path: Path, site: tuple[str, str], name: str) -> None:
    source = str(get_testdata_file(name))
    cleaned = clean(source, tmp_path / "clean", [site[1]])
    assert b"CompressedSamples" not in cleaned.read_bytes()
    done = reidentify(cleaned, tmp_path / "back.dcm", Keys.read([site[0]]))
    assert values(tmp_path / "back.dcm") == values(source)
    assert done.instance == hu.read(source).SOPInstanceUID
    assert pydicom.dcmread(tmp_path / "back.dcm").file_meta.MediaStorageSOPInstanceUID == done.instance


@pytest.mark.parametrize("place", PICTURES)
def test_what_hid_in_pixel_data_comes_back(tmp_path: Path, site: tuple[str, str], place: str) -> None:
    hide(tmp_path / "a.dcm", PICTURES[place]())
    cleaned = clean(tmp_path / "a.dcm", tmp_path / "clean", [site[1]])
    assert WORD[:7] not in cleaned.read_bytes()
    reidentify(cleaned, tmp_path / "back.dcm", Keys.read([site[0]]))
    before, after = (pydicom.dcmread(path) for path in (tmp_path / "a.dcm", tmp_path / "back.dcm"))
    assert after.PixelData == before.PixelData
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        assert after.get(keyword) == before.get(keyword)


def test_every_shared_file_that_is_cleaned_comes_back(shared_data: Path, tmp_path: Path, site: tuple[str, str]) -> None:
    files = sorted(path for path in shared_data.rglob("*") if path.is_file() and path.stat().st_size < 2_000_000)[::6]
    options = Options(seal=sealer(Recipients.read([site[1]])))
    keys, compared = Keys.read([site[0]]), 0
    for number, path in enumerate(files):
        report = hu.deidentify(path, tmp_path / str(number), options=options)
        for row in report:
            if row.status == "done":
                back = tmp_path / f"{number}.dcm"
                reidentify(tmp_path / str(number) / row.output, back, keys)
                assert values(back) == values(path), path
                compared += 1
    assert compared > 100


def test_each_of_several_recipients_brings_it_back_and_nobody_else(tmp_path: Path, site: tuple[str, str]) -> None:
    other = write(tmp_path, "other", identity("other", kind="ec"))
    cleaned = clean(str(get_testdata_file("CT_small.dcm")), tmp_path / "clean", [site[1], other[1]])
    for key, _ in (site, other):
        reidentify(cleaned, tmp_path / "back.dcm", Keys.read([key]), overwrite=True)
        assert values(tmp_path / "back.dcm") == values(str(get_testdata_file("CT_small.dcm")))
    stranger, _ = write(tmp_path, "stranger", identity("stranger"))
    with pytest.raises(LockedError, match="it is for certificate"):
        reidentify(cleaned, tmp_path / "none.dcm", Keys.read([stranger]))
    assert not (tmp_path / "none.dcm").exists()


def test_what_is_altered_writes_nothing(tmp_path: Path, site: tuple[str, str]) -> None:
    cleaned = clean(str(get_testdata_file("CT_small.dcm")), tmp_path / "clean", [site[1]])
    keys, out = Keys.read([site[0]], certificates=[site[1]]), tmp_path / "out.dcm"
    dataset = pydicom.dcmread(cleaned)
    content = bytearray(dataset.EncryptedAttributesSequence[0].EncryptedContent)
    for at in (len(content) - 400, len(content) - 20, 200):
        damaged = bytearray(content)
        damaged[at] ^= 1
        dataset.EncryptedAttributesSequence[0].EncryptedContent = bytes(damaged)
        dataset.save_as(tmp_path / "altered.dcm")
        # CBC does not tell of a changed bit that still decrypts to a data set; of all else it does.
        try:
            reidentify(tmp_path / "altered.dcm", out, keys, overwrite=True)
        except HounsfieldError as error:
            assert isinstance(error, AlteredError), error
            assert not out.exists()
        else:
            out.unlink()
    dataset.EncryptedAttributesSequence[0].EncryptedContent = bytes(content[: len(content) // 2 * 2 - 600])
    dataset.save_as(tmp_path / "short.dcm")
    with pytest.raises(AlteredError):
        reidentify(tmp_path / "short.dcm", out, keys)
    with pytest.raises(NotDicomError, match="no encrypted originals"):
        reidentify(str(get_testdata_file("CT_small.dcm")), out, keys)
    assert not out.exists()


def test_two_objects_of_one_uid_stay_two(tmp_path: Path, site: tuple[str, str]) -> None:
    """Envelopes differ each time, so that they must not tell one object from another, nor hide that there are two."""
    first = str(get_testdata_file("CT_small.dcm"))
    second = tmp_path / "second.dcm"
    data = pydicom.dcmread(first)
    data.PixelData = data.PixelData[::-1]
    data.save_as(second)
    options = Options(seal=sealer(Recipients.read([site[1]])))
    hu.new_key(tmp_path / "trial.key")
    report = hu.deidentify([first, second], tmp_path / "clean", key=tmp_path / "trial.key", options=options)
    assert len({row.output for row in report}) == 2
    again = hu.deidentify([first, second], tmp_path / "clean", key=tmp_path / "trial.key", options=options)
    assert len(list((tmp_path / "clean").rglob("*.dcm"))) == 2
    assert len({row.output for row in again}) <= 2


def test_the_commands_of_a_trial(tmp_path: Path, site: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    source, folder, out = str(get_testdata_file("CT_small.dcm")), tmp_path / "clean", tmp_path / "original"
    assert main(["deidentify", source, "-o", str(folder), "--recipient", site[1]]) == 0
    assert main(["reidentify", str(folder), "-o", str(out)]) == 2
    stranger, _ = write(tmp_path, "stranger", identity("stranger"))
    assert main(["reidentify", str(folder), "-o", str(out), "--private-key", stranger]) in {1, 6}
    assert not out.exists()
    assert main(["reidentify", str(folder), "-o", str(out), "--private-key", site[0]]) == 0
    assert "209 elements put back" in capsys.readouterr().out
    (back,) = out.rglob("*.dcm")
    assert values(back) == values(source)


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small_implicit.dcm"])
def test_gdcmanon_and_we_open_each_others(tmp_path: Path, site: tuple[str, str], name: str) -> None:
    program = require("gdcmanon")
    source = str(get_testdata_file(name))
    words = [program, "-c", site[1], "-k", site[0]]
    subprocess.run([*words, "-e", "--aes256", source, str(tmp_path / "theirs.dcm")], check=True, capture_output=True)
    reidentify(tmp_path / "theirs.dcm", tmp_path / "back.dcm", Keys.read([site[0]]))
    original, back = values(source), values(tmp_path / "back.dcm")
    # gdcmanon replaces values at the top level only; what it leaves is as it was.
    assert {tag: value for tag, value in back.items() if tag in original} == original
    cleaned = clean(source, tmp_path / "clean", [site[1]])
    subprocess.run([*words, "-d", str(cleaned), str(tmp_path / "by-gdcm.dcm")], check=True, capture_output=True)
    theirs = values(tmp_path / "by-gdcm.dcm")
    lost = {tag for tag, value in original.items() if theirs.get(tag) != value}
    assert lost <= set(), [f"{tag:08X}" for tag in sorted(lost)]
