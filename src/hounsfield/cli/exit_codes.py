"""Exit codes of `hu`, and which error gives which."""

from __future__ import annotations

from hounsfield import errors

__all__ = ["ALTERED", "DONE", "INTERRUPTED", "LOCKED", "NOTHING", "PEER", "REFUSED", "SOME", "UNTRUSTED", "USAGE", "of"]

DONE = 0
SOME = 1  # some inputs failed, or there are findings
USAGE = 2
NOTHING = 3  # no input was usable
PEER = 4  # a device on the network refused, or cannot be reached
REFUSED = 5  # refused for safety, e.g. to overwrite
LOCKED = 6  # encrypted, and no key at hand opens it
ALTERED = 7  # not what was encrypted or signed
UNTRUSTED = 8  # nobody who is trusted vouches for a certificate
INTERRUPTED = 130


def of(error: errors.HounsfieldError) -> int:
    """Exit code of a command that ends with `error`."""
    if isinstance(error, errors.UsageError):
        return REFUSED if error.code == "open-to-all" else USAGE
    if isinstance(error, errors.ExistsError):
        return REFUSED
    if isinstance(error, errors.PeerError):
        return PEER
    if isinstance(error, errors.LockedError):
        return LOCKED
    if isinstance(error, errors.AlteredError):
        return ALTERED
    if isinstance(error, errors.UntrustedError):
        return UNTRUSTED
    if isinstance(error, errors.ReadError):
        return NOTHING
    return SOME
