"""TLS as the secure transport profiles of PS3.15 B ask for it: BCP 195, with certificates of both sides."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import Literal

from hounsfield.errors import KeyFileError

__all__ = ["Profile", "Tls"]

Profile = Literal["bcp195", "bcp195-extended"]

# BCP 195 (RFC 9325 4.2): forward secrecy and AEAD only; the extended profile of PS3.15 B.11 leaves AES-256 of these.
_CIPHERS: dict[str, str] = {
    "bcp195": "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM",
    "bcp195-extended": "ECDHE+AESGCM:!AES128:DHE+AES256GCM:!AES128",
}


@dataclass(frozen=True, slots=True)
class Tls:
    """Keys and certificates of a side.

    Parameters
    ----------
    certificate, key : str, optional
        PEM files of the own certificate, with those of its issuers, and its private key. A server needs them; a client
        needs them where the server asks for a certificate.
    authorities : str, optional
        PEM file of the certificates that vouch for the other side. A server that has it takes nobody without a
        certificate; a client without it trusts the authorities of the system.
    profile : {'bcp195', 'bcp195-extended'}
        The secure transport connection profile (PS3.15 B.10 and B.11), neither with a fallback to what is older.
    name : str, optional
        The name that the server's certificate must have; by default the host that is connected to. ``-`` accepts any
        name that the authorities vouch for, which devices with certificates for their AE title need.
    """

    certificate: str | None = None
    key: str | None = None
    authorities: str | None = None
    profile: Profile = "bcp195"
    name: str | None = None

    def client(self) -> ssl.SSLContext:
        """Return the context of a side that connects.

        Raises
        ------
        KeyFileError
            When a file cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = self.name != "-"
        if not self.authorities:
            context.load_default_certs()
        return self._fill(context)

    def server(self) -> ssl.SSLContext:
        """Return the context of a side that listens.

        Raises
        ------
        KeyFileError
            When a file cannot be used, or there is no certificate.
        """
        if not self.certificate:
            raise KeyFileError("a side that listens with TLS needs a certificate and its key")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if self.authorities:
            context.verify_mode = ssl.CERT_REQUIRED
        return self._fill(context)

    def _fill(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS[self.profile])
        if self.authorities:
            try:
                context.load_verify_locations(self.authorities)
            except (OSError, ssl.SSLError) as error:
                raise KeyFileError(f"no certificates can be read: {_reason(error)}", where=self.authorities) from error
        if self.certificate:
            try:
                context.load_cert_chain(self.certificate, self.key)
            except (OSError, ssl.SSLError) as error:
                where = f"{self.certificate}, {self.key}" if self.key else self.certificate
                raise KeyFileError(f"not a certificate with its key: {_reason(error)}", where=where) from error
        return context


def _reason(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
