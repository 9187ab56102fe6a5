"""Frames as arrays (PS3.5 8, PS3.3 C.7.6.3): gathering, decompression, color.

What values mean is left to `volumes`.
"""

from hounsfield.pixels.layout import FrameSource, Layout

__all__ = ["FrameSource", "Layout"]
