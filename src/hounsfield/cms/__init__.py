"""Cryptographic Message Syntax (RFC 5652): envelopes, digests and signatures over bytes, and the keys that open them.

It knows nothing of DICOM: `files` uses it to read what is encrypted, `protect` to encrypt, sign and verify.
ASN.1 structures are asn1crypto's, primitives and certificates cryptography's.
"""

from hounsfield.cms.keys import Keys

__all__ = ["Keys"]
