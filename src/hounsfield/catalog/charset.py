"""Text in character sets that the core does not decode (PS3.3 C.12.1.1.2), left to pydicom's code.

pydicom is imported only when such text is met, and each distinct value is decoded once.
"""

from __future__ import annotations

import warnings

__all__ = ["decode_row"]


def decode_row(row: tuple[object, ...], *, charset: object, names: frozenset[int]) -> tuple[object, ...]:
    """Return the row with its bytes as text.

    Parameters
    ----------
    row : tuple
        Values; those that need decoding are bytes.
    charset : object
        Specific Character Set as text, several values separated by backslashes.
    names : frozenset of int
        Places of person names, in which ``^`` and ``=`` end an escape sequence (PS3.5 6.1.2.5.3).
    """
    if not any(isinstance(value, bytes) for value in row):
        return row
    return tuple(
        _decode(value, str(charset or ""), index in names) if isinstance(value, bytes) else value
        for index, value in enumerate(row)
    )


def _decode(value: bytes, charset: str, name: bool) -> str:  # noqa: FBT001
    from pydicom.charset import convert_encodings
    from pydicom.values import convert_PN, convert_text

    with warnings.catch_warnings():
        # pydicom warns of unknown sets and falls back; what it falls back to is shown.
        warnings.simplefilter("ignore")
        encodings = convert_encodings(charset.split("\\"))
        found = (convert_PN if name else convert_text)(value, encodings)
        parts = [found] if isinstance(found, str) or not hasattr(found, "__iter__") or name else list(found)
        if name and not hasattr(found, "components"):
            parts = list(found)
        return "\\".join(str(part).strip(" ") for part in parts)
