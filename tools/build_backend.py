"""PEP 517 build backend: the Rust core, the package and, where there is one, the viewer, in one `pip install .`.

A thin layer around maturin. It knows what a build needs and says so in words when a part is missing.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import maturin
from maturin import (
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

import viewer_bundle  # type: ignore[import-not-found]  # beside this file, whose folder is on the path while building

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]

ROOT = Path(__file__).parent.parent


def build_wheel(directory: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """Build the wheel (PEP 517)."""
    _require_cargo()
    viewer_bundle.build(ROOT)
    return str(maturin.build_wheel(directory, settings, metadata))


def build_editable(directory: str, settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    """Build an editable wheel (PEP 660)."""
    _require_cargo()
    viewer_bundle.build(ROOT)
    return str(maturin.build_editable(directory, settings, metadata))


def build_sdist(directory: str, settings: dict[str, Any] | None = None) -> str:
    """Build the source distribution (PEP 517); the viewer goes into it built, so that sdists need no Node.js."""
    viewer_bundle.build(ROOT)
    return str(maturin.build_sdist(directory, settings))


def _require_cargo() -> None:
    if shutil.which("cargo") is None:
        raise SystemExit(
            "hounsfield has a Rust core, and no 'cargo' was found on PATH.\n"
            "Install Rust 1.85 or newer (https://rustup.rs, or your package manager) and run the same command again."
        )
