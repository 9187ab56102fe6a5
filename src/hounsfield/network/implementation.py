"""What this program calls itself towards its peers (PS3.7 D.3.3.2)."""

from __future__ import annotations

__all__ = ["version_name"]


def version_name() -> str:
    """Return the Implementation Version Name: at most 16 characters."""
    from hounsfield import _core

    return f"HOUNSFIELD_{_core.__version__}"[:16]
