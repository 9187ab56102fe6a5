"""Images and volumes as pictures: planes, slabs, bodies, sheets and movies, described by a `View`.

Windows, color and overlays of one frame are the work of `pixels`; this package arranges what they give.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hounsfield.render.movies import Movie, movie
    from hounsfield.render.picture import Picture
    from hounsfield.render.rendering import render
    from hounsfield.render.sheets import sheet
    from hounsfield.render.view import View

__all__ = ["Movie", "Picture", "View", "movie", "render", "sheet"]

# A `View` needs no NumPy. No module has the name of a function, which it would replace once imported.
_LAZY = {
    "Movie": "movies",
    "Picture": "picture",
    "View": "view",
    "movie": "movies",
    "render": "rendering",
    "sheet": "sheets",
}


def __getattr__(name: str) -> object:
    """Import a name on first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'hounsfield.render' has no attribute {name!r}")
    return getattr(importlib.import_module(f"hounsfield.render.{_LAZY[name]}"), name)
