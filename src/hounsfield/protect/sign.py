"""Signing a data set (PS3.15 C.1, C.2; PS3.3 C.12.1.1.3)."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hounsfield.cms.keyfiles import read_certificates, read_private_key
from hounsfield.errors import KeyFileError, UnsupportedError, UsageError
from hounsfield.protect.mac_stream import CALCULATION_SYNTAX, has_fragments, signable
from hounsfield.protect.signature_item import ALGORITHMS, WEAK, digest_of, element_digests, write_digests

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from pydicom import Dataset

    from hounsfield.settings import Limits

__all__ = ["Profile", "Scope", "Signed", "Signer", "sign"]

Profile = Literal["base", "creator"]

# PS3.15 C.2: what the signature of a creator has to cover where it is present.
_CREATOR = (0x00080016, 0x00080018, 0x0020000D, 0x0020000E)


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed.

    Parameters
    ----------
    uid : str
        Digital Signature UID (0400,0100).
    elements : int
        Number of elements of the top level that are covered.
    left_out : tuple of int
        Tags that cannot be signed, because their value representation is not known.
    """

    uid: str
    elements: int
    left_out: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs.

    Parameters
    ----------
    private : RSA private key
        Of the certificate.
    certificate : Certificate
        Goes into the file.
    """

    private: Any
    certificate: Certificate

    @classmethod
    def read(
        cls, key: str | os.PathLike[str], certificate: str | os.PathLike[str], *, password: bytes | None = None
    ) -> Signer:
        """Read key and certificate from files, PEM or DER; of several certificates the first counts.

        Raises
        ------
        KeyFileError
            When they are unusable, do not belong together, or are no RSA key.
        """
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        private = read_private_key(key, password=password)
        if not isinstance(private, RSAPrivateKey):
            raise KeyFileError("a digital signature of DICOM needs an RSA key", where=os.fspath(key), code="key-kind")
        found = read_certificates(certificate)[0]
        if found.public_key() != private.public_key():
            raise KeyFileError(
                "key and certificate do not belong together", where=os.fspath(certificate), code="key-mismatch"
            )
        return cls(private, found)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is signed, and how.

    Parameters
    ----------
    profile : {'base', 'creator'}
        Base RSA (PS3.15 C.1) or Creator RSA Digital Signature Profile (C.2).
    tags : tuple, optional
        Sign only these elements (keywords or numbers); otherwise all that can be.
    algorithm : str
        ``SHA256``, ``SHA384`` or ``SHA512``.
    """

    profile: Profile = "base"
    tags: tuple[str | int, ...] | None = None
    algorithm: str = "SHA256"


def sign(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    signer: Signer,
    *,
    scope: Scope | None = None,
    overwrite: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> Signed:
    """Add a digital signature to a file.

    Parameters
    ----------
    source, output : path
        Files in and out. Implicit VR and big endian become Explicit VR Little Endian, since a signature needs the
        representations written; all other bytes stay as they are.
    signer : Signer
        Who signs.
    scope : Scope, optional
        What is signed: all that can be, unless said otherwise.
    overwrite : bool
        Replace an existing output.
    dry_run : bool
        Check everything, write nothing.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Signed

    Raises
    ------
    UsageError, ReadError, WriteError
        For wrong choices, and what reading and writing raise.
    """
    from hounsfield.files.read import read
    from hounsfield.protect.writing import explicit_file, put_file, with_sequences

    scope = scope or Scope()
    if scope.algorithm not in ALGORITHMS or scope.algorithm in WEAK:
        raise UsageError(f"{scope.algorithm} is no MAC algorithm to sign with", hint="Use SHA256, SHA384 or SHA512.")
    data = explicit_file(source, limits=limits)
    dataset = read(data, limits=limits, issues=[])
    if "DirectoryRecordSequence" in dataset:
        raise UnsupportedError("a DICOMDIR is no object: it is not signed", where=os.fspath(source), code="dicomdir")
    chosen = _chosen(dataset, scope)
    if not chosen:
        raise UnsupportedError("nothing in it can be signed", where=os.fspath(source), code="nothing-to-sign")
    item, uid = _item(dataset, signer)
    _describe(dataset, item, chosen, scope.algorithm)
    write_digests(item, element_digests(dataset, chosen))
    digest = digest_of(dataset, chosen, item, scope.algorithm)
    item.add_new(0x04000120, "OB", _even(_rsa(signer.private, digest, scope.algorithm)))
    signatures = list(dataset[0xFFFAFFFA].value) if 0xFFFAFFFA in dataset else []
    parameters = list(dataset.MACParametersSequence)
    signed = with_sequences(data, {0x4FFE0001: parameters, 0xFFFAFFFA: [*signatures, item]}, limits=limits)
    put_file(signed, output, overwrite=overwrite, dry_run=dry_run)
    covered = set(chosen)
    left_out = tuple(tag for tag in _candidates(dataset) if tag not in covered) if scope.tags is None else ()
    return Signed(uid, len(chosen), left_out)


def _candidates(dataset: Dataset) -> list[int]:
    never = (0x4FFE0001, 0xFFFAFFFA, 0xFFFCFFFC, 0x00080001)
    return [int(tag) for tag in sorted(dataset.keys()) if int(tag) & 0xFFFF and int(tag) not in never]


def _chosen(dataset: Dataset, scope: Scope) -> list[int]:
    possible = list(signable(dataset))
    if scope.tags is None:
        return possible
    from pydicom.tag import Tag

    try:
        wanted = sorted({int(Tag(tag)) for tag in scope.tags})
    except (ValueError, TypeError, OverflowError) as error:
        raise UsageError(f"no such element: {error}") from None
    missing = [tag for tag in wanted if tag not in possible]
    if missing:
        raise UsageError(
            f"({missing[0] >> 16:04X},{missing[0] & 0xFFFF:04X}) is not in the file, or cannot be signed",
            tag=missing[0],
        )
    uncovered = [tag for tag in _CREATOR if tag in dataset and tag not in wanted]
    if scope.profile == "creator" and uncovered:
        raise UsageError(
            "the creator's profile must cover the UIDs of study, series and instance, and SOP Class UID",
            tag=uncovered[0],
        )
    return wanted


def _item(dataset: Dataset, signer: Signer) -> tuple[Dataset, str]:
    from cryptography.hazmat.primitives.serialization import Encoding
    from pydicom import Dataset as Item
    from pydicom.uid import generate_uid

    item = Item()
    uid = str(generate_uid(prefix=None))
    item.MACIDNumber = _free_number(dataset)
    item.DigitalSignatureUID = uid
    item.DigitalSignatureDateTime = dt.datetime.now(dt.UTC).strftime("%Y%m%d%H%M%S.%f+0000")
    item.CertificateType = "X509_1993_SIG"
    item.CertificateOfSigner = _even(signer.certificate.public_bytes(Encoding.DER))
    return item, uid


def _free_number(dataset: Dataset) -> int:
    used = {int(item.get("MACIDNumber", -1)) for item in dataset.get("MACParametersSequence", ())}
    number = next((number for number in range(0x10000) if number not in used), None)
    if number is None:
        raise UnsupportedError("it has no free MAC ID Number for another signature", tag=0x04000005)
    return number


def _describe(dataset: Dataset, item: Dataset, tags: list[int], algorithm: str) -> None:
    from pydicom import Dataset as Item

    parameters = Item()
    parameters.MACIDNumber = item.MACIDNumber
    parameters.MACCalculationTransferSyntaxUID = _syntax(dataset)
    parameters.MACAlgorithm = algorithm
    parameters.DataElementsSigned = tags
    dataset.MACParametersSequence = [*dataset.get("MACParametersSequence", ()), parameters]


def _syntax(dataset: Dataset) -> str:
    """Fragments are signed as they are, which is said by naming their syntax."""
    from pydicom.uid import UID

    syntax = UID(str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", CALCULATION_SYNTAX)))
    encapsulated = has_fragments(dataset)
    return str(syntax) if encapsulated else CALCULATION_SYNTAX


def _rsa(signer: Any, digest: bytes, algorithm: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    signature: bytes = signer.sign(digest, PKCS1v15(), Prehashed(getattr(hashes, algorithm)()))
    return signature


def _even(data: bytes) -> bytes:
    return data + b"\0" * (len(data) % 2)
