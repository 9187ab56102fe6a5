"""Time stamps of an authority (RFC 3161): when something existed, said by a clock that is not the signer's."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hounsfield.cms.integrity import check
from hounsfield.errors import AlteredError

if TYPE_CHECKING:
    import datetime as dt

    from cryptography.x509 import Certificate

__all__ = ["TimeStamp", "check_timestamp"]


@dataclass(frozen=True, slots=True)
class TimeStamp:
    """A time stamp that fits.

    Parameters
    ----------
    time : datetime
        When what it covers existed.
    authority : Certificate
        Whose clock it was.
    certificates : tuple of Certificate
        Those that came along.
    """

    time: dt.datetime
    authority: Certificate
    certificates: tuple[Certificate, ...]


def check_timestamp(token: bytes, covered: bytes) -> TimeStamp:
    """Check that a time stamp is about `covered`.

    Parameters
    ----------
    token : bytes
        TimeStampToken in DER.
    covered : bytes
        What it must be about.

    Raises
    ------
    AlteredError
        When it is about something else, or its own signature does not fit.
    UnsupportedError
        When its certificate is not inside, or an algorithm is not known.
    """
    from asn1crypto.tsp import TSTInfo

    checked = check(token, "signed_data")
    try:
        info = TSTInfo.load(checked.content)
        kind = info["message_imprint"]["hash_algorithm"]["algorithm"].native
        imprint = info["message_imprint"]["hashed_message"].native
        fits = hmac.compare_digest(hashlib.new(kind, covered).digest(), imprint)
        time: dt.datetime = info["gen_time"].native
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AlteredError(f"the time stamp is damaged: {error}", code="timestamp") from None
    if not fits:
        raise AlteredError("the time stamp is about something else", code="timestamp")
    authority = checked.signatures[0].certificate
    if not _keeps_time(authority):
        raise AlteredError("the time stamp's certificate is not one for time stamps", code="timestamp")
    return TimeStamp(time, authority, checked.certificates)


def _keeps_time(certificate: Certificate) -> bool:
    """RFC 3161 2.3: the key of an authority serves this purpose alone."""
    from cryptography.x509 import ExtendedKeyUsage, ExtensionNotFound
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        usage = certificate.extensions.get_extension_for_class(ExtendedKeyUsage).value
    except ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.TIME_STAMPING in usage
