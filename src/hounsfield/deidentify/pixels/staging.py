"""Where de-identified files wait until their pixels are cleaned: none of them has its final name before."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.deidentify.pixels.cleaning import clean
from hounsfield.errors import HounsfieldError, WriteError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hounsfield.deidentify.pixels.cleaning import Cleaned
    from hounsfield.deidentify.pixels.settings import Pixels
    from hounsfield.settings import Limits

__all__ = ["Staging"]


class Staging:
    """A hidden folder in the output folder, which is removed in the end.

    Parameters
    ----------
    target : str
        The output folder.
    pixels : Pixels
        What is done to pixels.
    limits : Limits
        What reading may cost.
    """

    def __init__(self, target: str, pixels: Pixels, limits: Limits) -> None:
        self._target, self._pixels, self._limits = target, pixels, limits
        self._made: dict[str, tuple[Cleaned, str, bool]] = {}
        # The journal removes what a killed run has left under such a name.
        try:
            self.folder = tempfile.mkdtemp(prefix=".hounsfield-", suffix=".part", dir=target)
        except OSError as error:
            raise _refused(error, target) from None

    def publish(
        self, output: str, original: str | bytes, *, suspect: bool, sealed: bool, unclaimed: Callable[[], None]
    ) -> tuple[Cleaned, str, bool]:
        """Clean the pixels of a file and give it its final name.

        Parameters
        ----------
        output : str
            Its name, relative to this folder and, when all is well, to the output folder.
        original : str or bytes
            The file that it was made of.
        suspect : bool
            Whether it may well show text.
        sealed : bool
            Whether envelopes go along, which are never the same twice.
        unclaimed : callable
            Makes the file in this folder again, without the code that its pixels were cleaned.

        Returns
        -------
        tuple
            What was done; the final name; whether the same file was there before.

        Raises
        ------
        HounsfieldError
            When the pixels cannot be cleaned: nothing is written then.
        """
        staged = os.path.join(self.folder, output)
        made = f"{staged}.clean"
        if output in self._made and not os.path.exists(staged):
            # The same file was among the inputs twice.
            done, name, _ = self._made[output]
            return done, name, True
        try:
            done = clean(
                staged,
                made,
                original,
                pixels=self._pixels,
                suspect=suspect,
                unclaimed=unclaimed,
                limits=self._limits,
            )
            name, existed = self._named(made, output, sealed=sealed)
        except OSError as error:
            raise _refused(error, output) from None
        except HounsfieldError as error:
            error.where = ""
            raise
        finally:
            for left in (staged, made, f"{staged}.part"):
                Path(left).unlink(missing_ok=True)
        self._made[output] = done, name, existed
        return done, name, existed

    def _named(self, made: str, output: str, *, sealed: bool) -> tuple[str, bool]:
        """Give a finished file its name; never that of another one."""
        Path(self._target, output).parent.mkdir(parents=True, exist_ok=True)
        digest = _digest(made)
        for name in (output, f"{output.removesuffix('.dcm')}-{digest[:8]}.dcm"):
            final = Path(self._target, name)
            if not final.exists():
                Path(made).replace(final)
                return name, False
            if digest == _digest(final) or (sealed and Path(made).stat().st_size == final.stat().st_size):
                return name, True
        raise WriteError("another file has its name already", where=output, code="exists")

    def end(self) -> None:
        """Remove what is left."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _digest(path: str | Path) -> str:
    with open(path, "rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _refused(error: OSError, where: str) -> WriteError:
    full = error.errno in (errno.EFBIG, errno.ENOSPC, errno.EDQUOT)
    code = "disk-full" if full else "io"
    return WriteError(f"the output cannot be written: {error.strerror}", where=where, code=code)
