"""Whether somebody who is trusted vouches for a certificate (RFC 5280 6)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.x509 import Certificate
    from cryptography.x509.verification import ExtensionPolicy

__all__ = ["Trust", "name_of", "trust_in"]


@dataclass(frozen=True, slots=True)
class Trust:
    """What is known about a certificate.

    Parameters
    ----------
    status : {'trusted', 'untrusted', 'unchecked'}
        ``unchecked``: nobody said whom to trust.
    reason : str
        Why not.
    """

    status: Literal["trusted", "untrusted", "unchecked"]
    reason: str = ""


def name_of(certificate: Certificate) -> str:
    """Name whom a certificate is about, for people: ``radiology, Hospital`` rather than ``O=Hospital,CN=radiology``."""
    parts = [str(attribute.value) for attribute in reversed(list(certificate.subject))]
    return ", ".join(parts) or f"certificate {certificate.serial_number:X}"


def trust_in(
    certificate: Certificate,
    authorities: Sequence[Certificate],
    *,
    others: Sequence[Certificate] = (),
    time: dt.datetime | None = None,
) -> Trust:
    """Check the chain from a certificate to an authority that is trusted; nothing is asked over the network.

    Parameters
    ----------
    certificate : Certificate
        Of a signer.
    authorities : sequence of Certificate
        Whom to trust; a signer's own certificate may be among them.
    others : sequence of Certificate
        May stand between the two.
    time : datetime, optional
        When the chain has to hold; now, unless a trusted clock says otherwise.
    """
    if not authorities:
        return Trust("unchecked", "no authority to trust was named")
    when = time or dt.datetime.now(dt.UTC)
    if when > certificate.not_valid_after_utc:
        return Trust("untrusted", f"the certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    if when < certificate.not_valid_before_utc:
        return Trust("untrusted", f"the certificate is valid only from {certificate.not_valid_before_utc:%Y-%m-%d}")
    if certificate in authorities:
        return Trust("trusted")
    return _chain(certificate, authorities, others, when)


def _chain(
    certificate: Certificate, authorities: Sequence[Certificate], others: Sequence[Certificate], when: dt.datetime
) -> Trust:
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    builder = PolicyBuilder().store(Store(list(authorities))).time(when).max_chain_depth(8)
    builder = builder.extension_policies(ca_policy=_authority_policy(), ee_policy=_signer_policy())
    try:
        builder.build_client_verifier().verify(certificate, [other for other in others if other != certificate])
    except VerificationError as error:
        return Trust("untrusted", _words(str(error), certificate))
    return Trust("trusted")


def _authority_policy() -> ExtensionPolicy:
    from cryptography.x509 import BasicConstraints
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    def may_issue(_policy: object, _certificate: Certificate, constraints: BasicConstraints) -> None:
        if not constraints.ca:
            raise ValueError("an issuer is no authority")

    return ExtensionPolicy.permit_all().require_present(BasicConstraints, Criticality.AGNOSTIC, may_issue)


def _signer_policy() -> ExtensionPolicy:
    from cryptography.x509 import KeyUsage
    from cryptography.x509.verification import Criticality, ExtensionPolicy

    def may_sign(_policy: object, _certificate: Certificate, usage: KeyUsage | None) -> None:
        if usage is not None and not (usage.digital_signature or usage.content_commitment):
            raise ValueError("the certificate is not meant for signatures (Key Usage)")

    return ExtensionPolicy.permit_all().may_be_present(KeyUsage, Criticality.AGNOSTIC, may_sign)


def _words(error: str, certificate: Certificate) -> str:
    if "Key Usage" in error:
        return "the certificate is not meant for signatures (Key Usage)"
    if "candidates exhausted" in error:
        issuer = certificate.issuer.rfc4514_string() or "its issuer"
        return f"no authority that you trust vouches for it (issued by {issuer})"
    return error.replace("validation failed: ", "")
