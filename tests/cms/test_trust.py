"""Chains of trust and time stamps."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from hounsfield.cms.integrity import check, signed
from hounsfield.cms.timestamp import check_timestamp
from hounsfield.cms.trust import trust_in
from hounsfield.errors import AlteredError
from tests.authority import Identity, identity, write
from tests.programs import require

AUTHORITY = identity("authority", kind="authority", issuers=())


def test_who_is_vouched_for_is_trusted_and_nobody_else() -> None:
    site, other = identity("site"), identity("site", issuers=("elsewhere",))
    assert trust_in(site.certificate, [AUTHORITY.certificate]).status == "trusted"
    assert trust_in(site.certificate, [site.certificate]).status == "trusted"
    assert trust_in(site.certificate, []).status == "unchecked"
    stranger = trust_in(other.certificate, [AUTHORITY.certificate])
    assert stranger.status == "untrusted"
    assert "elsewhere" in stranger.reason


def test_an_intermediate_authority_may_come_along() -> None:
    middle = identity("middle", kind="authority")
    site = identity("below", issuers=("middle", "authority"))
    assert trust_in(site.certificate, [AUTHORITY.certificate]).status == "untrusted"
    assert trust_in(site.certificate, [AUTHORITY.certificate], others=[middle.certificate]).status == "trusted"


def test_a_site_vouches_for_nobody() -> None:
    """A certificate that is no authority's must not pass as one."""
    plain = identity("plain")
    below = _issued_by(plain)
    found = trust_in(below.certificate, [AUTHORITY.certificate], others=[plain.certificate])
    assert found.status == "untrusted"


@pytest.mark.parametrize(
    ("name", "kind", "days", "words"),
    [
        ("old", "rsa", (-30, -1), "expired on"),
        ("early", "rsa", (1, 30), "valid only from"),
        ("sealing", "seal", (-1, 30), "not meant for signatures"),
    ],
)
def test_a_certificate_must_be_valid_and_meant_for_it(name: str, kind: str, days: tuple[int, int], words: str) -> None:
    found = trust_in(identity(name, kind=kind, days=days).certificate, [AUTHORITY.certificate])
    assert found.status == "untrusted"
    assert words in found.reason


def _issued_by(issuer: Identity) -> Identity:
    """Abuse a certificate that is no authority's as one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "below")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
    )
    return Identity(key, builder.sign(issuer.key, hashes.SHA256()))


def test_signed_content_is_checked_by_openssl_and_by_us(tmp_path: Path) -> None:
    from asn1crypto.cms import ContentInfo, SignedData

    openssl = require("openssl")
    site = identity("site")
    key, certificate = write(tmp_path, "site", site)
    (tmp_path / "ca.pem").write_bytes(Path(write(tmp_path, "authority", AUTHORITY)[1]).read_bytes())
    content = b"line\nline\r\n\0" * 500
    inner = signed(content, site.key, [site.certificate])
    found = check(inner, "signed_data")
    assert found.content == content
    assert found.signatures[0].certificate == site.certificate
    whole = ContentInfo({"content_type": "signed_data", "content": SignedData.load(inner)})
    (tmp_path / "signed").write_bytes(whole.dump())
    words = [openssl, "cms", "-verify", "-binary", "-inform", "DER", "-in", "signed", "-CAfile", "ca.pem"]
    subprocess.run([*words, "-purpose", "any", "-out", "plain"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "plain").read_bytes() == content
    for extra in ([], ["-noattr"], ["-keyid"], ["-keyopt", "rsa_padding_mode:pss"]):
        words = [openssl, "cms", "-sign", "-nodetach", "-binary", "-in", "plain", "-outform", "DER", "-out", "theirs"]
        subprocess.run(
            [*words, "-signer", certificate, "-inkey", key, *extra], cwd=tmp_path, check=True, capture_output=True
        )
        theirs = (tmp_path / "theirs").read_bytes()
        assert check(theirs, "signed_data").content == content
        altered = bytearray(theirs)
        altered[theirs.index(content) + 100] ^= 1
        with pytest.raises(AlteredError, match=r"altered|does not fit"):
            check(bytes(altered), "signed_data")


def test_a_time_stamp_of_openssl_is_read_and_must_be_about_this(tmp_path: Path) -> None:
    token = time_stamp(tmp_path, b"what was signed")
    found = check_timestamp(token, b"what was signed")
    assert found.time.tzinfo is not None
    assert trust_in(found.authority, [AUTHORITY.certificate], others=found.certificates).status == "trusted"
    with pytest.raises(AlteredError, match="something else"):
        check_timestamp(token, b"another")


def time_stamp(folder: Path, covered: bytes) -> bytes:
    """Have OpenSSL act as a time stamping authority."""
    from asn1crypto.tsp import TimeStampResp

    openssl = require("openssl")
    write(folder, "stamp", identity("stamp", kind="stamp"))
    (folder / "covered").write_bytes(covered)
    (folder / "serial").write_text("01")
    (folder / "ts.cnf").write_text(
        "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=stamp.pem\nsigner_key=stamp.key\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:1\ness_cert_id_alg=sha256\n"
    )
    for words in (
        ["-query", "-data", "covered", "-sha256", "-cert", "-out", "query"],
        ["-reply", "-config", "ts.cnf", "-queryfile", "query", "-out", "reply"],
    ):
        subprocess.run([openssl, "ts", *words], cwd=folder, check=True, capture_output=True)
    token: bytes = TimeStampResp.load((folder / "reply").read_bytes())["time_stamp_token"].dump()
    return token
