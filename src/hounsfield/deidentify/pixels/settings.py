"""What is to be done to pixels, beside the option clean-pixel-data itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hounsfield.deidentify.pixels.rules import PixelRule, built_in

if TYPE_CHECKING:
    from hounsfield.deidentify.pixels.boxes import Box

__all__ = ["OCR", "Ocr", "Pixels"]

Ocr = Literal["all", "suspect", "none"]
OCR: tuple[Ocr, ...] = ("all", "suspect", "none")


@dataclass(frozen=True, slots=True)
class Pixels:
    """How text is taken out of pixels, where the profile has the option clean-pixel-data.

    Parameters
    ----------
    ocr : {'all', 'suspect', 'none'}
        Look for text by OCR in all images; in those whose header says that they show text, or of a kind that mostly
        does and whose header does not deny it; or in none.
    regions : bool
        Blank everything outside of the ultrasound regions (0018,6011), where there are any.
    blank : tuple of Box
        To be blanked in every image.
    rules : tuple of PixelRule
        Known places of text; those that come along by default.
    frames : int
        Of images with many frames, as many are looked at, spread evenly; what is found in one is blanked in all.
    """

    ocr: Ocr = "all"
    regions: bool = False
    blank: tuple[Box, ...] = ()
    rules: tuple[PixelRule, ...] | None = None
    frames: int = 8

    @property
    def known(self) -> tuple[PixelRule, ...]:
        """The rules to be applied."""
        return built_in() if self.rules is None else self.rules
