"""What images can be transcoded to: the names of `hounsfield.pixels.syntaxes`, and how much may be lost."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from hounsfield.errors import UsageError
from hounsfield.pixels.syntaxes import SYNTAXES, named

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JPEG_BASELINE", "JPEG_EXTENDED", "JPEG_XL_RECOMPRESSED", "RLE", "Kind", "Target", "target_of", "targets"]

Kind = Literal["native", "bytes", "codec", "recompressed"]

_JPEG = "1.2.840.10008.1.2.4."
JPEG_BASELINE, JPEG_EXTENDED = _JPEG + "50", _JPEG + "51"
JPEG_XL_RECOMPRESSED = _JPEG + "111"
RLE = "1.2.840.10008.1.2.5"


@dataclass(frozen=True, slots=True)
class Target:
    """A transfer syntax to write, and how.

    Parameters
    ----------
    name : str
        As it was asked for, e.g. ``jpeg-ls:2``.
    syntax : str
        Transfer Syntax UID.
    kind : {'native', 'bytes', 'codec', 'recompressed'}
        ``bytes``: encapsulated, of the bytes of frames as they are; ``codec``: of samples.
    quality : float or None
        Where it is lossy: JPEG quality, compression ratio, or the greatest error of JPEG-LS.
    """

    name: str
    syntax: str
    kind: Kind
    quality: float | None = None

    @property
    def lossy(self) -> bool:
        """Whether samples change."""
        return self.quality is not None


class _Quality(NamedTuple):
    """What the number after the colon means for a codec."""

    least: float
    most: float
    what: str
    example: int
    whole: bool = False


_RATIO = _Quality(1.1, 10_000, "a compression ratio from 1.1 to 10,000", 10)
_QUALITIES: Mapping[str, _Quality] = MappingProxyType(
    {
        "jpeg": _Quality(1, 100, "a quality from 1 to 100, a whole number", 90, whole=True),
        "jpeg-ls": _Quality(1, 255, "the greatest error of a sample, a whole number from 1 to 255", 2, whole=True),
        "jpeg-2000": _RATIO,
        "jpeg-xl": _RATIO,
    }
)


def targets() -> list[str]:
    """Give every name that `target_of` understands; lossy ones with an example of what may be lost."""
    lossless = [syntax.to for uid, syntax in SYNTAXES.items() if syntax.to and _lossless(uid)]
    lossy = [f"{one.to}:{_QUALITIES[one.encoder].example}" for uid, one in SYNTAXES.items() if one.to and _lossy(uid)]
    return [*lossless, *lossy]


def target_of(name: str) -> Target:
    """Understand a name such as ``jpeg-ls``, ``jpeg:90``, or a Transfer Syntax UID (``1.2.840.10008.1.2.4.91:10``).

    ``jpeg`` alone is for what was recompressed as JPEG XL.

    Raises
    ------
    UsageError
        When it is not known, or what may be lost is missing or out of range.
    """
    word, colon, amount = name.strip().partition(":")
    given = SYNTAXES.get(word)
    by_uid = word if given is not None and given.to else None
    word = given.to if given is not None and given.to else word.lower()
    if not colon:
        uid = by_uid or named(word)
        if uid is None:
            raise _unknown(name)
        if uid == JPEG_BASELINE:
            # What was JPEG before it became JPEG XL loses nothing.
            return Target(word, uid, "recompressed")
        if not _lossless(uid):
            raise _missing(word, uid)
        return Target(word, uid, _kind(uid))
    uid = by_uid or named(word, lossy=True)
    if uid is None:
        raise _unknown(name)
    if not _lossy(uid):
        raise UsageError(f"{SYNTAXES[uid].name} loses nothing, so that it takes no number", hint=f"Write {word}.")
    return Target(f"{word}:{amount}", uid, "codec", _amount(word, amount, uid))


def _amount(word: str, amount: str, uid: str) -> float:
    quality = _QUALITIES[SYNTAXES[uid].encoder]
    try:
        number = float(amount)
    except ValueError:
        number = 0
    if not quality.least <= number <= quality.most or (quality.whole and number % 1):
        raise UsageError(f"'{amount}' is not {quality.what}", hint=f"For example {word}:{quality.example}.")
    return number


def _lossless(uid: str) -> bool:
    return SYNTAXES[uid].lossy == "never" or uid == JPEG_XL_RECOMPRESSED


def _lossy(uid: str) -> bool:
    return SYNTAXES[uid].lossy != "never" and uid != JPEG_XL_RECOMPRESSED


def _kind(uid: str) -> Kind:
    encoder = SYNTAXES[uid].encoder
    if uid == JPEG_XL_RECOMPRESSED:
        return "recompressed"
    if encoder == "none":
        return "native"
    return "bytes" if encoder in ("encapsulated", "deflate", "rle") else "codec"


def _unknown(name: str) -> UsageError:
    return UsageError(f"there is no transfer syntax '{name}' to write", hint=f"One of {', '.join(targets())}.")


def _missing(word: str, uid: str) -> UsageError:
    quality = _QUALITIES[SYNTAXES[uid].encoder]
    return UsageError(
        f"{SYNTAXES[uid].name} always loses something: say how much, as {quality.what}",
        hint=f"For example {word}:{quality.example}.",
    )
