"""Series as volumes (PS3.3 C.7.6.2, C.7.6.16): geometry, splitting, ordering, values with a unit.

`stacks` divides and orders without reading pixels; `load_stack` reads them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from hounsfield.volumes.stack import Stack, stacks

if TYPE_CHECKING:
    from hounsfield.volumes.loading import load_stack
    from hounsfield.volumes.volume import Source, Volume

__all__ = ["Source", "Stack", "Volume", "load_stack", "stacks"]

# These need NumPy, which a scan does not.
_LAZY = {"Source": "volume", "Volume": "volume", "load_stack": "loading"}


def __getattr__(name: str) -> object:
    """Import what needs NumPy on first use (PEP 562)."""
    if name not in _LAZY:
        raise AttributeError(f"module 'hounsfield.volumes' has no attribute {name!r}")
    return getattr(importlib.import_module(f"hounsfield.volumes.{_LAZY[name]}"), name)
