"""Verifying the digital signatures of a data set: who signed, when, and exactly what was changed since (PS3.15 C)."""

from __future__ import annotations

import hmac
import os
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hounsfield.cms.timestamp import TimeStamp, check_timestamp
from hounsfield.cms.trust import Trust, name_of, trust_in
from hounsfield.errors import AlteredError, HounsfieldError, Issue, UnsupportedError
from hounsfield.pixels.syntaxes import syntax_of
from hounsfield.protect.mac_stream import CALCULATION_SYNTAX, has_fragments
from hounsfield.protect.signature_item import CERTIFICATE, WEAK, digest_of, element_digests, read_digests

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.x509 import Certificate
    from pydicom import Dataset, FileDataset

    from hounsfield.settings import Limits

__all__ = ["Change", "Verified", "verify"]

_PARAMETERS, _SIGNATURES, _SYNTAX = 0x4FFE0001, 0xFFFAFFFA, 0x00020010
_DEPTH = 64
_LOST = "there are parameters of a signature, but the signature itself is gone or damaged"
# Elements that no signature may cover, and group lengths.
_NEVER = frozenset({0x00080001, _PARAMETERS, _SIGNATURES, 0xFFFCFFFC})


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one element since it was signed.

    Parameters
    ----------
    tag : int
        Which.
    what : {'changed', 'missing', 'damaged'}
        ``damaged``: it belongs to the signature itself.
    """

    tag: int
    what: Literal["changed", "missing", "damaged"]


@dataclass(frozen=True, slots=True)
class Verified:
    """One digital signature, and whether it holds.

    Parameters
    ----------
    uid : str
        Digital Signature UID (0400,0100).
    where : str
        Path of the item that it is in; empty for the data set itself.
    status : {'intact', 'altered', 'unreadable'}
        ``unreadable``: it cannot be checked, and `reason` says why.
    reason : str
        What is wrong.
    changes : tuple of Change
        The elements that are not what was signed. Which of several it was is known only where the signer wrote their
        digests, as this package does.
    covered : int
        Number of elements signed.
    uncovered : tuple of int
        Tags of elements beside them that nobody vouches for.
    signer : Certificate, optional
        Whose key made it.
    signed_at : str
        Digital Signature DateTime, as the signer's clock said.
    timestamp : TimeStamp, optional
        When an authority saw the signature.
    trust : Trust
        Whether somebody who is trusted vouches for the signer.
    algorithm : str
        MAC Algorithm (0400,0015).
    purpose : str
        Digital Signature Purpose, in words.
    """

    uid: str
    where: str
    status: Literal["intact", "altered", "unreadable"]
    reason: str = ""
    changes: tuple[Change, ...] = ()
    covered: int = 0
    uncovered: tuple[int, ...] = ()
    signer: Certificate | None = None
    signed_at: str = ""
    timestamp: TimeStamp | None = None
    trust: Trust = Trust("unchecked")  # noqa: RUF009 - frozen
    algorithm: str = ""
    purpose: str = ""

    @property
    def weak(self) -> bool:
        """Its algorithm can be fooled today."""
        return self.algorithm in WEAK

    @property
    def signer_name(self) -> str:
        """Who signed, for people."""
        return name_of(self.signer) if self.signer is not None else "unknown"


def verify(
    source: str | os.PathLike[str] | FileDataset,
    *,
    trust: Sequence[Certificate] = (),
    limits: Limits | None = None,
) -> list[Verified]:
    """Check every digital signature of a file, also those in items of its sequences.

    Parameters
    ----------
    source : path or data set
        What is signed.
    trust : sequence of Certificate
        Authorities whom you trust; without them trust stays unchecked.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    list of Verified
        Empty where nothing is signed; a data set that breaks off before a signature could come is no such case.

    Raises
    ------
    ReadError
        When the file cannot be read.
    """
    from hounsfield.files.read import read

    issues: list[Issue] = []
    dataset = read(source, limits=limits, issues=issues) if isinstance(source, str | os.PathLike) else source
    syntax = str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", CALCULATION_SYNTAX))
    found = []
    with warnings.catch_warnings():
        # Of values that are wrong: whether they are as they were signed is what matters here.
        warnings.simplefilter("ignore")
        for where, holder in _holders(dataset, "", 0):
            here = [_one(holder, item, where, syntax, trust) for item in _items(holder, _SIGNATURES)]
            found += here or [Verified("", where, "unreadable", _LOST, (Change(_SIGNATURES, "missing"),))]
    if not found and issues:
        # A signature stands at the end: what breaks off before may have had one.
        found.append(Verified("", "", "unreadable", f"the data set is damaged: {issues[0].message}"))
    return found


def _holders(dataset: Dataset, where: str, depth: int) -> Iterator[tuple[str, Dataset]]:
    """Find the data sets that hold signatures, from the outermost on."""
    if _SIGNATURES in dataset or _PARAMETERS in dataset:
        yield where, dataset
    if depth > _DEPTH:
        return
    for tag in sorted(dataset.keys()):
        if int(tag) in {_PARAMETERS, _SIGNATURES}:
            continue
        for index, item in enumerate(_items(dataset, int(tag))):
            name = f"({int(tag) >> 16:04X},{int(tag) & 0xFFFF:04X})"
            yield from _holders(item, f"{where}{'.' if where else ''}{name}[{index}]", depth + 1)


def _items(dataset: Dataset, tag: int) -> list[Dataset]:
    raw: Any = dataset.get_item(tag, keep_deferred=True)
    if raw is None or (raw.VR is not None and str(raw.VR) != "SQ"):
        return []
    try:
        element = dataset[tag]
    except Exception:  # noqa: BLE001 - pydicom raises what its converters raise
        return []
    return list(element.value) if str(element.VR) == "SQ" and element.value else []


def _one(holder: Dataset, item: Dataset, where: str, syntax: str, trust: Sequence[Certificate]) -> Verified:
    uid = str(item.get("DigitalSignatureUID", ""))
    try:
        return _checked(holder, item, (uid, where), syntax, trust)
    except HounsfieldError as error:
        return Verified(uid, where, "unreadable", error.message)
    except Exception as error:  # noqa: BLE001 - what is in a damaged item can break pydicom in many ways
        return Verified(uid, where, "unreadable", f"the signature cannot be read: {error}")


def _checked(
    holder: Dataset, item: Dataset, name: tuple[str, str], syntax: str, trust: Sequence[Certificate]
) -> Verified:
    parameters = _parameters(holder, item)
    algorithm = str(parameters.get("MACAlgorithm", ""))
    tags = _tags(parameters)
    signer = _certificate(item)
    signature = _value(item, 0x04000120)
    fits = _fits(signer, signature, _digest(holder, tags, item, algorithm), algorithm)
    changes = _changes(holder, item, tags, fits=fits)
    calculated = str(parameters.get("MACCalculationTransferSyntaxUID", ""))
    if calculated not in {CALCULATION_SYNTAX, syntax} and has_fragments(holder):
        changes = (*changes, Change(_SYNTAX, "changed"))
    elif syntax_of(calculated) is None:
        changes = (*changes, Change(_PARAMETERS, "damaged"))
    stamp, stamp_problem = _timestamp(item, signature)
    intact = fits and not changes and not stamp_problem
    covered = frozenset(tags)
    return Verified(
        *name,
        "intact" if intact else "altered",
        stamp_problem if fits and not changes else "" if intact else _reason(changes, item),
        changes,
        covered=len(tags),
        uncovered=tuple(tag for tag in sorted(map(int, holder.keys())) if tag not in covered and _may_cover(tag)),
        signer=signer,
        signed_at=str(item.get("DigitalSignatureDateTime", "")),
        timestamp=stamp,
        trust=trust_in(signer, trust, time=_proven_time(stamp, trust)),
        algorithm=algorithm,
        purpose=_purpose(item),
    )


def _digest(holder: Dataset, tags: list[int], item: Dataset, algorithm: str) -> bytes | None:
    """Give the MAC; ``None`` where an element is so damaged that it has no bytes to sign."""
    try:
        return digest_of(holder, tags, item, algorithm)
    except UnsupportedError:
        raise
    except Exception:  # noqa: BLE001 - pydicom raises what its converters raise
        return None


def _may_cover(tag: int) -> bool:
    return tag >= 0x00080000 and tag & 0xFFFF != 0 and tag not in _NEVER


def _parameters(holder: Dataset, item: Dataset) -> Dataset:
    number = item.get("MACIDNumber")
    for parameters in _items(holder, _PARAMETERS):
        if parameters.get("MACIDNumber") == number:
            return parameters
    raise UnsupportedError(
        f"the MAC parameters with number {number} that it refers to are missing", tag=_PARAMETERS, code="no-parameters"
    )


def _tags(parameters: Dataset) -> list[int]:
    value = parameters.get("DataElementsSigned")
    if value is None:
        raise UnsupportedError("it does not say which elements are signed", tag=0x04000020, code="no-elements")
    several = isinstance(value, list | tuple) or (hasattr(value, "__iter__") and not isinstance(value, int))
    return [int(tag) for tag in (value if several else [value])]


def _certificate(item: Dataset) -> Certificate:
    from asn1crypto.x509 import Certificate as Asn1
    from cryptography.x509 import load_der_x509_certificate

    kind = str(item.get("CertificateType", ""))
    if kind != "X509_1993_SIG":
        raise UnsupportedError(f"certificates of type {kind or '(none)'} are not read", tag=0x04000110)
    try:
        # A byte of padding may follow.
        return load_der_x509_certificate(Asn1.load(_value(item, 0x04000115)).dump())
    except ValueError:
        raise UnsupportedError("the signer's certificate is damaged", tag=0x04000115, code="certificate") from None


def _value(item: Dataset, tag: int) -> bytes:
    value = item[tag].value if tag in item else None
    if not isinstance(value, bytes) or not value:
        raise UnsupportedError(f"({tag >> 16:04X},{tag & 0xFFFF:04X}) is missing", tag=tag, code="incomplete")
    return value


def _fits(signer: Certificate, signature: bytes, digest: bytes | None, algorithm: str) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

    public = signer.public_key()
    if not isinstance(public, RSAPublicKey):
        raise UnsupportedError("only RSA signatures are checked (PS3.15 C)", code="key-kind")
    kinds: dict[str, Any] = {
        "MD5": hashes.MD5,
        "SHA1": hashes.SHA1,
        "SHA256": hashes.SHA256,
        "SHA384": hashes.SHA384,
        "SHA512": hashes.SHA512,
    }
    if algorithm not in kinds:
        raise UnsupportedError(f"MAC algorithm {algorithm or '(none)'} is not checked", tag=0x04000015)
    if digest is None:
        return False
    try:
        public.verify(signature, digest, PKCS1v15(), Prehashed(kinds[algorithm]()))
    except InvalidSignature:
        return False
    return True


def _changes(holder: Dataset, item: Dataset, tags: list[int], *, fits: bool) -> tuple[Change, ...]:
    known = read_digests(item)
    certificate = known.pop(CERTIFICATE, None)
    if certificate is not None and element_digests(item, [CERTIFICATE]) != {CERTIFICATE: certificate}:
        return (Change(CERTIFICATE, "damaged"),)
    missing = [Change(tag, "missing") for tag in tags if tag not in holder]
    if fits:
        # Absent when it was signed already: the MAC covers it as nothing.
        return tuple(change for change in missing if change.tag in known)
    now = element_digests(holder, tags)
    changed = [
        Change(tag, "changed")
        for tag, digest in now.items()
        if tag in known and not hmac.compare_digest(known[tag], digest)
    ]
    added = [Change(tag, "changed") for tag in now if known and tag not in known]
    if not missing and not changed and not added and known:
        return (Change(_SIGNATURES, "damaged"),)
    return tuple(sorted([*missing, *changed, *added], key=lambda change: change.tag))


def _reason(changes: tuple[Change, ...], item: Dataset) -> str:
    if changes and changes[0].what == "damaged":
        return "the elements are as they were signed; the signature, or its list of elements, was altered"
    if changes:
        return ""
    whose = "" if read_digests(item) else "; the signer did not write down which element is which"
    return f"what was signed is not what is here{whose}"


def _timestamp(item: Dataset, signature: bytes) -> tuple[TimeStamp | None, str]:
    if 0x04000310 not in item:
        return None, ""
    kind = str(item.get("CertifiedTimestampType", ""))
    if kind != "CMS_TSP":
        return None, f"the time stamp is of type {kind or '(none)'}, which is not read"
    try:
        return check_timestamp(_value(item, 0x04000310), signature), ""
    except (AlteredError, UnsupportedError) as error:
        return None, error.message


def _proven_time(stamp: TimeStamp | None, trust: Sequence[Certificate]) -> Any:
    """When the signature was there for certain: what an authority says that is trusted itself."""
    if stamp is None:
        return None
    vouched = trust_in(stamp.authority, trust, others=stamp.certificates)
    return stamp.time if vouched.status == "trusted" else None


def _purpose(item: Dataset) -> str:
    codes = _items(item, 0x04000401)
    return str(codes[0].get("CodeMeaning", "")) if codes else ""
