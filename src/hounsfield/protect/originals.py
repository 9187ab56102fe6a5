"""Originals that travel inside a de-identified file, encrypted, and bring identity back (PS3.15 E.1, PS3.3 C.12.1.1.4).

What de-identification replaced or removed goes along in Encrypted Attributes Sequence (0400,0500): CMS enveloped-data
(RFC 5652) with AES-256, one envelope that each of the recipients can open.
"""

from __future__ import annotations

import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hounsfield import _core
from hounsfield.cms.envelope import seal
from hounsfield.cms.opening import open_envelope
from hounsfield.errors import AlteredError, HounsfieldError, LockedError, NotDicomError, ReadError
from hounsfield.files.read import read
from hounsfield.files.source import Input, open_input
from hounsfield.files.write import DEFLATED, EXPLICIT, meta
from hounsfield.protect.writing import put_file
from hounsfield.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydicom import Dataset

    from hounsfield.cms.keys import Keys
    from hounsfield.protect.secure_file import Recipients

__all__ = ["Reidentified", "reidentify", "sealer"]

_ENVELOPES, _CONTENT, _SYNTAX = 0x04000500, 0x04000520, 0x04000510
# What de-identification adds: gone again, where the original had none (PS3.15 E.1.1).
_ADDED = (0x00120062, 0x00120063, 0x00120064, 0x00280303, _ENVELOPES)
_MOST_ENVELOPES = 100


@dataclass(frozen=True, slots=True)
class Reidentified:
    """What came back.

    Parameters
    ----------
    elements : int
        Elements of the outermost level that were put back.
    instance : str
        The original SOP Instance UID.
    """

    elements: int
    instance: str


def sealer(recipients: Recipients) -> Callable[[bytes, str], list[bytes]]:
    """Give what `hounsfield.deidentify.Options.seal` wants: originals in, envelopes out.

    Parameters
    ----------
    recipients : Recipients
        Who can bring identity back.
    """

    def make(originals: bytes, syntax: str) -> list[bytes]:
        explicit = originals if syntax == EXPLICIT else _explicit(originals, syntax)
        sealed = seal(explicit, recipients.certificates, password=recipients.password, wrapping=recipients.wrapping)
        return [sealed + b"\0" * (len(sealed) % 2)]

    return make


def reidentify(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    keys: Keys,
    *,
    overwrite: bool = False,
    dry_run: bool = False,
    limits: Limits | None = None,
) -> Reidentified:
    """Bring identity back: put the originals that a file carries into their places, byte for byte.

    Parameters
    ----------
    source, output : path
        De-identified file in, original out. Pixel data are copied as they are: what was blanked in them stays so.
    keys : Keys
        What to try.
    overwrite : bool
        Replace an existing output.
    dry_run : bool
        Check everything, write nothing.
    limits : Limits, optional
        What reading may cost.

    Returns
    -------
    Reidentified

    Raises
    ------
    NotDicomError
        When the file is none, or carries no originals.
    LockedError, AlteredError
        When no key opens them, or they were altered; nothing is written then.
    ReadError, WriteError
        When it cannot be read or written.
    """
    limits, name = limits or Limits(), os.fspath(source)
    origin = open_input(name, limits=limits)
    # Without its pixels: they are copied as bytes.
    dataset = read(name, stop_before_pixels=True, limits=limits, issues=[])
    if _ENVELOPES not in dataset:
        raise NotDicomError("it carries no encrypted originals", where=name, code="no-originals")
    try:
        content, syntax = _opened(dataset, keys)
    except ReadError as error:
        raise error.at(name) from None
    originals = _file(content, syntax)
    before = _read_originals(originals, name, limits)
    parts: list[bytes] = []
    _core.restore(origin, limits, originals, list(_ADDED), parts.append)
    own = str(dataset.file_meta.get("TransferSyntaxUID", "") or EXPLICIT)
    data = b"".join(parts)
    if own == DEFLATED:
        packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
        data = packer.compress(data) + packer.flush()
    instance = str(before.get("SOPInstanceUID", "") or dataset.get("SOPInstanceUID", ""))
    head = meta(dataset, syntax=own, instance=instance)
    put_file(head + data, output, overwrite=overwrite, dry_run=dry_run)
    return Reidentified(len(before), instance)


def _opened(dataset: Dataset, keys: Keys) -> tuple[bytes, str]:
    """Decrypt the first envelope that a key opens."""
    locked: LockedError | None = None
    items = list(dataset[_ENVELOPES].value)[:_MOST_ENVELOPES]
    for item in items:
        content: Any = item[_CONTENT].value if _CONTENT in item else b""
        syntax = str(item[_SYNTAX].value).rstrip("\0 ") if _SYNTAX in item else EXPLICIT
        if not isinstance(content, bytes) or not content:
            raise AlteredError("the encrypted originals are empty", tag=_CONTENT, code="envelope-damaged")
        try:
            return open_envelope(content, keys).content, syntax
        except LockedError as error:
            locked = error
    raise locked or AlteredError("there is no envelope with originals", tag=_ENVELOPES, code="envelope-damaged")


def _read_originals(originals: bytes, name: str, limits: Limits) -> Dataset:
    try:
        found = read(originals, limits=limits, issues=[])
        items = list(found[0x04000550].value)
    except (HounsfieldError, KeyError, TypeError, ValueError, NotImplementedError):
        raise AlteredError(
            "what was decrypted holds no Modified Attributes Sequence: it was altered, or the key is wrong",
            where=name,
            code="originals",
        ) from None
    if not items:
        raise AlteredError("the originals are empty", where=name, code="originals")
    first: Dataset = items[0]
    return first


def _explicit(originals: bytes, syntax: str) -> bytes:
    parts: list[bytes] = []
    _core.recode(Input("<originals>", None, _file(originals, syntax)), Limits(), False, False, parts.append)  # noqa: FBT003
    return b"".join(parts)


def _file(data: bytes, syntax: str) -> bytes:
    value = syntax.encode("ascii", "replace")
    value += b"\0" * (len(value) % 2)
    return bytes(128) + b"DICM\x02\x00\x10\x00UI" + len(value).to_bytes(2, "little") + value + data
