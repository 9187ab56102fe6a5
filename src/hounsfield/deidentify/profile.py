"""What is to be done: the Basic Profile of PS3.15 E, its options, and the rules of a recipe."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hounsfield.deidentify.pixels.settings import Pixels
from hounsfield.deidentify.table import OPTIONS, Option, safe_private
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

__all__ = ["ACTIONS", "OLDEST", "Profile", "Rule"]

# PS3.15 E.3.10 says nothing of ages; the HIPAA Safe Harbor takes ages over 89 together.
OLDEST = 90

ACTIONS = ("keep", "remove", "empty", "dummy", "replace", "hash", "uid", "shift", "clean", "clean-names")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a recipe, which goes before the profile.

    Parameters
    ----------
    action : str
        One of `ACTIONS`.
    tag, mask : int
        An attribute; bits that are not in the mask may be anything.
    path : tuple of int
        An attribute below sequences, instead.
    vr : str
        All attributes of a VR, instead.
    creator : str
        A private creator, instead; `tag` is then one of its attributes without the block, or 0 for all of them.
    text : str
        What to replace by, or the pattern of what to clean away.
    """

    action: str
    tag: int = 0
    mask: int = 0xFFFF_FFFF
    path: tuple[int, ...] = ()
    vr: str = ""
    creator: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is to be done. `Profile.basic` or `Profile.read` makes one.

    Parameters
    ----------
    options : tuple of str
        Names of the options of PS3.15 E.3, as in `hounsfield.deidentify.OPTIONS`.
    rules : tuple of Rule
        What a recipe adds.
    safe : tuple of (str, int)
        Private attributes that identify nobody: creator, and tag without the block.
    name, version : str
        Of the recipe.
    oldest : int
        Ages above become this, in years.
    pixels : Pixels
        How the option clean-pixel-data works.
    """

    options: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    safe: tuple[tuple[str, int], ...] = ()
    name: str = "basic"
    version: str = ""
    oldest: int = OLDEST
    pixels: Pixels = field(default_factory=Pixels)

    @classmethod
    def basic(cls, *options: str) -> Profile:
        """Give the Basic Application Level Confidentiality Profile with `options`.

        Raises
        ------
        UsageError
            For an option that does not exist, is not there yet, or contradicts another.

        Examples
        --------
        >>> import hounsfield as hu
        >>> hu.Profile.basic("clean-descriptors", "retain-device-identity").codes
        ('113100', '113105', '113109')
        """
        return cls(checked(options), safe=safe_private())

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Profile:
        """Read a recipe (TOML).

        Raises
        ------
        ReadError
            When there is no such file.
        UsageError
            For anything in it that cannot be done, with the line.
        """
        from hounsfield.deidentify.recipe import read_recipe

        return read_recipe(path)

    def with_options(self, *options: str) -> Profile:
        """Give the same profile with more options."""
        return replace(self, options=checked((*self.options, *options)))

    def with_pixels(self, **settings: Any) -> Profile:
        """Give the same profile with other settings of `Pixels`."""
        return replace(self, pixels=replace(self.pixels, **settings))

    @property
    def cleans_pixels(self) -> bool:
        """Whether text is taken out of pixels."""
        return "clean-pixel-data" in self.options

    @property
    def chosen(self) -> tuple[Option, ...]:
        """The options, with their codes and meanings."""
        return tuple(OPTIONS[name] for name in self.options)

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of CID 7050 for De-identification Method Code Sequence."""
        return ("113100", *sorted(option.code for option in self.chosen))

    @property
    def dates(self) -> str:
        """Longitudinal Temporal Information Modified (0028,0303)."""
        if "retain-longitudinal-full-dates" in self.options:
            return "UNMODIFIED"
        return "MODIFIED" if "retain-longitudinal-modified-dates" in self.options else "REMOVED"

    def digest(self) -> str:
        """Hash of everything that the profile says (SHA-256)."""
        said = asdict(self)
        if not self.cleans_pixels:
            del said["pixels"]
        text = json.dumps(said, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


def checked(options: Iterable[str]) -> tuple[str, ...]:
    """Give the options, in the order of their codes.

    Raises
    ------
    UsageError
    """
    chosen = set(options)
    for name in sorted(chosen):
        if name not in OPTIONS:
            raise UsageError(f"there is no option {name!r}", hint=f"There are: {', '.join(OPTIONS)}.")
        if not OPTIONS[name].done:
            hint = "clean-pixel-data takes out text; faces stay as they are."
            raise UsageError(f"the option {name} is not there yet", hint=hint, code="option-missing")
    if {"retain-longitudinal-full-dates", "retain-longitudinal-modified-dates"} <= chosen:
        raise UsageError("retain-longitudinal-full-dates and retain-longitudinal-modified-dates contradict each other")
    return tuple(name for name in OPTIONS if name in chosen)
