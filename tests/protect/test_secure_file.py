"""Secure DICOM Files: encrypted, opened by OpenSSL and by us, read like others where a key is configured."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from pydicom.data import get_testdata_file

import hounsfield as hu
from hounsfield.cli import main
from hounsfield.cms.envelope import seal
from hounsfield.cms.keys import Keys
from hounsfield.errors import AlteredError, ExistsError, HounsfieldError, KeyFileError, LockedError, NotDicomError
from hounsfield.protect.secure_file import Recipients, decrypt, encrypt
from tests.authority import identity, write
from tests.programs import require

CT = str(get_testdata_file("CT_small.dcm"))


@pytest.fixture
def site(tmp_path: Path) -> tuple[str, str]:
    return write(tmp_path, "site", identity("site"))


@pytest.fixture
def sealed(tmp_path: Path, site: tuple[str, str]) -> Path:
    path = tmp_path / "sealed.dcm"
    encrypt(CT, path, Recipients.read([site[1]]))
    return path


def test_what_is_encrypted_comes_back_byte_for_byte(tmp_path: Path, sealed: Path, site: tuple[str, str]) -> None:
    assert b"ImplementationVersion" not in sealed.read_bytes()
    assert Path(CT).read_bytes()[200:260] not in sealed.read_bytes()
    checked = decrypt(sealed, tmp_path / "plain.dcm", Keys.read([site[0]]))
    assert (tmp_path / "plain.dcm").read_bytes() == Path(CT).read_bytes()
    assert checked.signatures == ()


def test_openssl_finds_digested_data_inside(tmp_path: Path, sealed: Path, site: tuple[str, str]) -> None:
    openssl = require("openssl")
    words = [openssl, "cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(sealed), "-inkey", site[0]]
    subprocess.run([*words, "-out", str(tmp_path / "inner")], check=True, capture_output=True)
    inner = (tmp_path / "inner").read_bytes()
    parsed = subprocess.run(
        [openssl, "asn1parse", "-inform", "DER", "-in", str(tmp_path / "inner")],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert ":sha256" in parsed
    assert hashlib.sha256(Path(CT).read_bytes()).digest() in inner
    assert Path(CT).read_bytes() in inner


def test_signed_content_names_its_signer_and_its_trust(
    tmp_path: Path, site: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    reader = write(tmp_path, "reader", identity("reader"))
    _, authority = write(tmp_path, "authority", identity("authority", kind="authority", issuers=()))
    path = tmp_path / "signed-sealed"
    assert (
        main(["encrypt", CT, "-o", str(path), "--recipient", site[1], "--key", reader[0], "--certificate", reader[1]])
        == 0
    )
    common = ["decrypt", str(path), "--private-key", site[0]]
    assert main([*common, "-o", str(tmp_path / "plain"), "--trust", authority]) == 0
    assert "signed by reader, Hospital" in capsys.readouterr().out
    assert main([*common, "-o", str(tmp_path / "refused"), "--trust", site[1]]) == 8
    assert "vouches" in capsys.readouterr().err
    assert not (tmp_path / "refused").exists()


def test_openssls_own_layers_are_read(tmp_path: Path, site: tuple[str, str]) -> None:
    """A plain envelope around the file, and one around a signed file in its own ContentInfo."""
    openssl = require("openssl")
    plain, inner = tmp_path / "plain", tmp_path / "inner"
    words = [openssl, "cms", "-binary", "-outform", "DER"]
    subprocess.run([*words, "-encrypt", "-aes256", "-in", CT, "-out", str(plain), site[1]], check=True)
    signing = ["-sign", "-nodetach", "-signer", site[1], "-inkey", site[0]]
    subprocess.run([*words, *signing, "-in", CT, "-out", str(inner)], check=True)
    outer = tmp_path / "outer"
    outer.write_bytes(seal(inner.read_bytes(), [identity("site").certificate], content_type="signed_data"))
    for path in (plain, outer):
        target = tmp_path / f"{path.name}.dcm"
        checked = decrypt(path, target, Keys.read([site[0]]))
        assert target.read_bytes() == Path(CT).read_bytes()
        assert len(checked.signatures) == (path == outer)


def test_a_configured_key_lets_every_command_read_it(
    tmp_path: Path,
    sealed: Path,
    site: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    sealed.rename(folder / "sealed.dcm")
    assert main(["info", str(folder / "sealed.dcm")]) == 6
    assert "HOUNSFIELD_PRIVATE_KEY" in capsys.readouterr().err
    with pytest.raises(LockedError):
        hu.read(folder / "sealed.dcm")
    with hu.scan(folder) as catalog:
        assert [(file.status, file.member) for file in catalog.files] == [("encrypted", None)]
    kept = tmp_path / "catalog.sqlite"
    hu.scan(folder, catalog=kept).close()
    monkeypatch.setenv("HOUNSFIELD_PRIVATE_KEY", site[0])
    assert hu.read(folder / "sealed.dcm").PatientID == hu.read(CT).PatientID
    with hu.scan(folder, catalog=kept) as catalog:
        assert [file.status for file in catalog.files] == ["envelope", "dicom"]
        assert [instance.SOPInstanceUID for instance in catalog.instances] == [hu.read(CT).SOPInstanceUID]
    assert np.array_equal(hu.load(folder).array, hu.load(CT).array)
    assert main(["convert", str(folder), "-o", str(tmp_path / "nifti")]) == 0
    assert main(["dump", str(folder / "sealed.dcm")]) == 0
    capsys.readouterr()
    assert main(["scan", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["envelope"] == 1


def test_a_password_opens_it_and_only_that_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong, empty = tmp_path / "right", tmp_path / "wrong", tmp_path / "empty"
    right.write_text("correct horse\nsecond line\n")
    wrong.write_text("battery staple")
    empty.write_text("\n")
    path, out = tmp_path / "sealed", tmp_path / "plain"
    assert main(["encrypt", CT, "-o", str(path), "--password-file", str(right)]) == 0
    assert main(["decrypt", str(path), "-o", str(out), "--password-file", str(wrong)]) == 6
    assert main(["decrypt", str(path), "-o", str(out), "--password-file", str(empty)]) != 0
    assert not out.exists()
    assert main(["decrypt", str(path), "-o", str(out), "--password-file", str(right)]) == 0
    assert out.read_bytes() == Path(CT).read_bytes()
    monkeypatch.setenv("HOUNSFIELD_PASSWORD_FILE", str(right))
    assert hu.read(path).Modality == "CT"


def test_nothing_is_written_where_something_is_wrong(tmp_path: Path, sealed: Path, site: tuple[str, str]) -> None:
    out = tmp_path / "out" / "plain.dcm"
    stranger, _ = write(tmp_path, "stranger", identity("stranger"))
    with pytest.raises(LockedError):
        decrypt(sealed, out, Keys.read([stranger]))
    data = bytearray(sealed.read_bytes())
    data[-5000] ^= 1
    (tmp_path / "altered").write_bytes(data)
    with pytest.raises(AlteredError):
        decrypt(tmp_path / "altered", out, Keys.read([site[0]], certificates=[site[1]]))
    (tmp_path / "short").write_bytes(data[: len(data) // 2])
    with pytest.raises(AlteredError):
        decrypt(tmp_path / "short", out, Keys.read([site[0]]))
    with pytest.raises(NotDicomError, match="not encrypted"):
        decrypt(CT, out, Keys.read([site[0]]))
    with pytest.raises(NotDicomError, match="already"):
        encrypt(sealed, out, Recipients.read([site[1]]))
    assert not out.parent.exists()
    out.parent.mkdir()
    out.write_text("mine")
    with pytest.raises(ExistsError):
        decrypt(sealed, out, Keys.read([site[0]]))
    assert out.read_text() == "mine"
    with pytest.raises(HounsfieldError):
        encrypt(CT, tmp_path / "x", Recipients.read([]))
    with pytest.raises(KeyFileError):
        Recipients.read([site[0]])


def test_exit_codes_tell_what_is_wrong(tmp_path: Path, sealed: Path, site: tuple[str, str]) -> None:
    stranger, _ = write(tmp_path, "stranger", identity("stranger"))
    data = bytearray(sealed.read_bytes())
    data[-5000] ^= 1
    (tmp_path / "altered").write_bytes(data)
    out = str(tmp_path / "plain")
    assert main(["decrypt", str(sealed), "-o", out]) == 2
    assert main(["decrypt", str(sealed), "-o", out, "--private-key", stranger]) == 6
    assert main(["decrypt", str(tmp_path / "altered"), "-o", out, "--private-key", site[0]]) == 7
    assert main(["decrypt", CT, "-o", out, "--private-key", site[0]]) == 3
    assert main(["decrypt", str(sealed), "-o", out, "--private-key", site[0]]) == 0
    assert main(["decrypt", str(sealed), "-o", out, "--private-key", site[0]]) == 5
    signed = str(tmp_path / "signed.dcm")
    assert main(["verify", CT]) == 1
    assert main(["sign", CT, "-o", signed, "--key", site[0], "--certificate", site[1]]) == 0
    assert main(["verify", signed]) == 0
    assert main(["verify", signed, "--trust", site[1]]) == 0
    _, elsewhere = write(tmp_path, "elsewhere", identity("elsewhere", kind="authority", issuers=()))
    assert main(["verify", signed, "--trust", elsewhere]) == 8
    hu.edit(signed, {"PatientID": "X"}, tmp_path / "edited.dcm")
    assert main(["verify", str(tmp_path / "edited.dcm")]) == 7
