"""Text in the character sets that the core leaves to pydicom (PS3.5 6.1), which is imported only when one is met."""

from __future__ import annotations

import warnings

__all__ = ["decode", "encode"]


def decode(character_set: bytes, value: bytes, vr: str) -> str:
    """Decode a value; what cannot be decoded becomes replacement characters.

    Parameters
    ----------
    character_set : bytes
        Raw value of Specific Character Set (0008,0005).
    value : bytes
        The raw value, with all its parts and padding.
    vr : str
        Its VR: the delimiters that end an escape depend on it.
    """
    from pydicom.charset import decode_bytes
    from pydicom.valuerep import PN_DELIMS, TEXT_VR_DELIMS

    delimiters = PN_DELIMS if vr == "PN" else TEXT_VR_DELIMS
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text = decode_bytes(value, _encodings(character_set), set(delimiters))
    # Where an escape is broken, pydicom leaves surrogates or escapes; no output can be asked to encode the former.
    return text.encode("utf-8", "replace").decode("utf-8")


def encode(character_set: bytes, value: str) -> bytes | None:
    """Encode a text in the character set of a file, or return ``None`` where a letter has no place in it."""
    from pydicom.charset import encode_string

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            encodings = _encodings(character_set)
            encoded = encode_string(value, encodings)
        except (UnicodeEncodeError, LookupError, ValueError):
            return None
    # pydicom replaces what it cannot encode.
    return encoded if decode(character_set, encoded, "LO") == value else None


def _encodings(character_set: bytes) -> list[str]:
    from pydicom.charset import convert_encodings

    names = [name.strip() for name in character_set.decode("ascii", "replace").strip(" \0").split("\\")]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(convert_encodings(names))
        except (LookupError, ValueError):
            return ["iso8859"]
