"""One item of the Digital Signatures Sequence and its MAC parameters (PS3.3 C.12.1.1.3, PS3.15 C)."""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any

from hounsfield.errors import UnsupportedError
from hounsfield.protect.mac_stream import feed, feed_element

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydicom import Dataset

__all__ = [
    "ALGORITHMS",
    "CERTIFICATE",
    "DIGESTS",
    "WEAK",
    "digest_of",
    "element_digests",
    "read_digests",
    "write_digests",
]

# Defined terms of MAC Algorithm (0400,0015) and their names in hashlib.
ALGORITHMS = {
    "RIPEMD160": "ripemd160",
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA256": "sha256",
    "SHA384": "sha384",
    "SHA512": "sha512",
}
# Collisions can be made for these.
WEAK = frozenset({"MD5", "SHA1", "RIPEMD160"})

# Not part of what is signed: they are made from it (PS3.3 C.12.1.1.3.1.2).
_OUTSIDE = frozenset({0x04000115, 0x04000120, 0x04000305, 0x04000310})

# A private element of the signature's own item: the digest of each signed element, so that a reader can tell which one
# was changed. It is signed too.
_CREATOR = "HOUNSFIELD SIGNED ELEMENTS"
DIGESTS = 0x04011001
# The certificate is outside of what is signed, too; an altered one may still fit the key.
CERTIFICATE = 0x04000115
_ENTRY = struct.Struct("<HH32s")


def digest_of(dataset: Dataset, tags: Iterable[int], item: Dataset, algorithm: str) -> bytes:
    """Return the MAC over the elements `tags` of a data set and the description in the signature's own item.

    Raises
    ------
    UnsupportedError
        For an algorithm that is unknown, or that this machine's library has switched off.
    """
    try:
        hasher = hashlib.new(ALGORITHMS[algorithm])
    except (KeyError, ValueError):
        raise UnsupportedError(
            f"MAC algorithm {algorithm or '(none)'} is not available", tag=0x04000015, code="mac-algorithm"
        ) from None
    feed(dataset, tags, hasher.update)
    for tag in sorted(int(key) for key in item.keys()):  # noqa: SIM118 - a data set gives elements otherwise
        if tag not in _OUTSIDE:
            feed_element(item, tag, hasher.update)
    return hasher.digest()


def element_digests(dataset: Dataset, tags: Iterable[int]) -> dict[int, bytes]:
    """Return the SHA-256 of each element that is present; empty where its value cannot be made sense of."""
    digests = {}
    for tag in tags:
        if tag in dataset:
            hasher = hashlib.sha256()
            try:
                feed_element(dataset, tag, hasher.update)
            except Exception:  # noqa: BLE001 - pydicom raises what its converters raise
                digests[tag] = b""
            else:
                digests[tag] = hasher.digest()
    return digests


def write_digests(item: Dataset, digests: dict[int, bytes]) -> None:
    """Put the digests of elements, and of the signer's certificate, into the item of their signature."""
    known = digests | element_digests(item, [CERTIFICATE])
    packed = b"".join(_ENTRY.pack(tag >> 16, tag & 0xFFFF, digest) for tag, digest in known.items())
    item.add_new(0x04010010, "LO", _CREATOR)
    item.add_new(DIGESTS, "OB", packed)


def read_digests(item: Dataset) -> dict[int, bytes]:
    """Return the digests of elements, where the signer wrote them; empty where not."""
    creator: Any = item.get(0x04010010)
    packed: Any = item.get(DIGESTS)
    if creator is None or creator.value != _CREATOR or packed is None or not isinstance(packed.value, bytes):
        return {}
    whole = packed.value[: len(packed.value) // _ENTRY.size * _ENTRY.size]
    return {group << 16 | element: digest for group, element, digest in _ENTRY.iter_unpack(whole)}
