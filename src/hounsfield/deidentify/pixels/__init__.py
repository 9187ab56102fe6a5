"""Text burned into pixels: known places, text found by OCR, and blanking it (PS3.15 E.3.1)."""

from hounsfield.deidentify.pixels.settings import Pixels

__all__ = ["Pixels"]
