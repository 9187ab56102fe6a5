"""Envelopes: OpenSSL opens ours, we open OpenSSL's, and what is wrong, cut off or altered is told."""

from __future__ import annotations

import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from hounsfield.cms.envelope import is_envelope, seal
from hounsfield.cms.integrity import check, digested
from hounsfield.cms.keyfiles import read_certificates, read_private_key
from hounsfield.cms.keys import Keys
from hounsfield.cms.opening import open_envelope, recipients_of
from hounsfield.cms.recipients import Password
from hounsfield.errors import (
    AlteredError,
    HounsfieldError,
    KeyFileError,
    LimitError,
    LockedError,
    UnsupportedError,
    UsageError,
)
from tests.authority import identity, write
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.x509 import Certificate

CONTENT = random.Random(6).randbytes(100_001)
SECRET = b"correct horse"


@pytest.fixture
def openssl(tmp_path: Path) -> Callable[..., None]:
    program = require("openssl")

    def run(*words: str) -> None:
        subprocess.run([program, "cms", "-binary", *words], cwd=tmp_path, check=True, capture_output=True)

    return run


def certificate(name: str, kind: str = "rsa") -> Certificate:
    return identity(name, kind=kind).certificate


@pytest.mark.parametrize("wrapping", ["pkcs1", "oaep"])
def test_openssl_opens_ours_with_every_kind_of_key(tmp_path: Path, openssl: Callable[..., None], wrapping: str) -> None:
    for name, kind in (("one", "rsa"), ("two", "rsa"), ("curve", "ec")):
        write(tmp_path, name, identity(name, kind=kind))
    sealed = seal(
        CONTENT,
        [certificate("one"), certificate("two"), certificate("curve", "ec")],
        password=Password.derive(SECRET),
        wrapping=wrapping,  # type: ignore[arg-type]
    )
    (tmp_path / "sealed").write_bytes(sealed)
    ways = [("-inkey", f"{name}.key", "-recip", f"{name}.pem") for name in ("one", "two", "curve")]
    for way in [*ways, ("-pwri_password", SECRET.decode())]:
        openssl("-decrypt", "-inform", "DER", "-in", "sealed", "-out", "plain", *way)
        assert (tmp_path / "plain").read_bytes() == CONTENT
        (tmp_path / "plain").unlink()


@pytest.mark.parametrize(
    ("words", "opens"),
    [
        (("-aes256", "one.pem"), "one"),
        (("-aes128", "-stream", "one.pem"), "one"),
        (("-des3", "one.pem"), "one"),
        (("-aes256", "-keyid", "one.pem"), "one"),
        (("-aes256", "one.pem", "curve.pem"), "curve"),
        (("-aes192", "-recip", "curve.pem", "-keyopt", "ecdh_kdf_md:sha384"), "curve"),
        (("-aes256", "-recip", "one.pem", "-keyopt", "rsa_padding_mode:oaep"), "one"),
        (("-aes256", "-recip", "one.pem", "-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"), "one"),
        (("-aes256", "-pwri_password", SECRET.decode()), ""),
    ],
)
def test_we_open_openssls(tmp_path: Path, openssl: Callable[..., None], words: tuple[str, ...], opens: str) -> None:
    for name, kind in (("one", "rsa"), ("curve", "ec")):
        write(tmp_path, name, identity(name, kind=kind))
    (tmp_path / "plain").write_bytes(CONTENT)
    openssl("-encrypt", "-in", "plain", "-outform", "DER", "-out", "sealed", *words)
    sealed = (tmp_path / "sealed").read_bytes()
    keys = Keys.read([tmp_path / f"{opens}.key"]) if opens else Keys(passwords=(b"wrong", SECRET))
    assert is_envelope(sealed[:32])
    assert open_envelope(sealed, keys).content == CONTENT


def test_who_has_no_key_learns_for_whom_it_is() -> None:
    sealed = seal(CONTENT, [certificate("one")], password=Password.derive(SECRET))
    assert [one.kind for one in recipients_of(sealed)] == ["key", "password"]
    serial = f"{certificate('one').serial_number:X}"
    stranger = identity("stranger")
    for keys in (
        Keys(),
        Keys((stranger.key,)),
        Keys((stranger.key,), (stranger.certificate,)),
        Keys(passwords=(b"x",)),
    ):
        with pytest.raises(LockedError, match=serial):
            open_envelope(sealed, keys)


def test_every_flipped_bit_is_told_or_changes_nothing() -> None:
    one, chance = identity("one"), random.Random(1)
    sealed = seal(digested(CONTENT[:300]), [one.certificate], content_type="digested_data")
    keys, told = Keys((one.key,), (one.certificate,)), 0
    for at in range(len(sealed)):
        altered = bytearray(sealed)
        altered[at] ^= 1 << chance.randrange(8)
        try:
            opened = open_envelope(bytes(altered), keys)
            content = check(opened.content, opened.content_type).content
        except HounsfieldError:
            told += 1
        else:
            assert content == CONTENT[:300]
    # Names of the issuer, serial numbers and the like do not matter to who has one key only.
    assert told > len(sealed) * 0.8


def test_an_envelope_that_is_cut_off_anywhere_is_told() -> None:
    one = identity("one")
    sealed = seal(digested(CONTENT[:300]), [one.certificate], content_type="digested_data")
    for length in range(len(sealed)):
        with pytest.raises(HounsfieldError):
            open_envelope(sealed[:length], Keys((one.key,), (one.certificate,)))


def test_an_altered_key_of_ours_is_told_as_altered() -> None:
    one = identity("one")
    sealed = bytearray(seal(CONTENT, [one.certificate]))
    at = sealed.rindex(one.certificate.serial_number.to_bytes(20, "big").lstrip(b"\0")) + 60
    sealed[at] ^= 1
    with pytest.raises(AlteredError):
        open_envelope(bytes(sealed), Keys((one.key,), (one.certificate,)))


def test_absurd_envelopes_are_refused() -> None:
    one = identity("one")
    many = seal(b"x", [one.certificate] * 1_001)
    with pytest.raises(LimitError, match="1,000 recipients"):
        open_envelope(many, Keys((one.key,)))
    with pytest.raises(UsageError):
        seal(b"x", [])
    with pytest.raises(KeyFileError, match="empty"):
        Password.derive(b"")
    with pytest.raises(KeyFileError, match="too short"):
        seal(b"x", [certificate("short", "rsa-1024")])
    with pytest.raises((AlteredError, UnsupportedError)):
        open_envelope(b"\x30\x80" * 40_000, Keys((one.key,)))


def test_key_files_that_are_none_are_told(tmp_path: Path) -> None:
    key, certified = write(tmp_path, "locked", identity("one"), password=b"open")
    assert read_private_key(key, password=b"open").key_size == 2048
    for password, words in ((None, "is encrypted"), (b"wrong", "password is wrong")):
        with pytest.raises(KeyFileError, match=words):
            read_private_key(key, password=password)
    with pytest.raises(KeyFileError, match="no private key"):
        read_private_key(certified)
    with pytest.raises(KeyFileError, match="no certificate"):
        read_certificates(key)
    with pytest.raises(KeyFileError, match="cannot be read"):
        read_private_key(tmp_path / "none")
