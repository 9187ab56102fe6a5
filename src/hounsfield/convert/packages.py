"""Packages that only some formats need: imported when used, with the command that installs them where missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hounsfield.errors import UsageError

__all__ = ["package"]


def package(name: str, extra: str) -> Any:
    """Import a package.

    Raises
    ------
    UsageError
        Saying how to install it.
    """
    try:
        return import_module(name)
    except ImportError:
        top = name.partition(".")[0]
        raise UsageError(f"{top} is not installed", hint=f"pip install 'hounsfield[{extra}]'") from None
