"""hounsfield: open any DICOM data, see it, understand it, protect it, convert it, exchange it.

>>> import hounsfield as hu

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

import importlib
import sys

# Not from `typing`, which takes as long to import as Python takes to start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from hounsfield.archive.archive import Archive
    from hounsfield.catalog.catalog import Catalog
    from hounsfield.catalog.dataset import torch_dataset
    from hounsfield.catalog.loading import load, load_all
    from hounsfield.catalog.scan import scan
    from hounsfield.convert.conversion import convert
    from hounsfield.deidentify.deidentification import deidentify
    from hounsfield.deidentify.key import new_key, read_key
    from hounsfield.deidentify.profile import Profile
    from hounsfield.errors import HounsfieldError, Issue, IssueWarning
    from hounsfield.files.diff import diff
    from hounsfield.files.dump import dump
    from hounsfield.files.edit import edit
    from hounsfield.files.info import info
    from hounsfield.files.read import read
    from hounsfield.network.tls import Tls
    from hounsfield.network.user.peer import Peer
    from hounsfield.pixels.image import frame, frames
    from hounsfield.pixels.transcode.transcoding import transcode
    from hounsfield.pixels.values import pixels
    from hounsfield.render.rendering import render
    from hounsfield.settings import Limits

    __version__: str

__all__ = [
    "Archive",
    "Catalog",
    "HounsfieldError",
    "Issue",
    "IssueWarning",
    "Limits",
    "Peer",
    "Profile",
    "Tls",
    "convert",
    "deidentify",
    "diff",
    "dump",
    "edit",
    "frame",
    "frames",
    "info",
    "load",
    "load_all",
    "new_key",
    "pixels",
    "read",
    "read_key",
    "render",
    "scan",
    "torch_dataset",
    "transcode",
]

# Name -> the module it is loaded from.
_NAMES = {
    "__version__": "_core",  # Cargo.toml says it, once
    "Archive": "archive.archive",
    "Catalog": "catalog.catalog",
    "HounsfieldError": "errors",
    "Issue": "errors",
    "IssueWarning": "errors",
    "Limits": "settings",
    "Peer": "network.user.peer",
    "Profile": "deidentify.profile",
    "Tls": "network.tls",
    "convert": "convert.conversion",
    "deidentify": "deidentify.deidentification",
    "diff": "files.diff",
    "dump": "files.dump",
    "edit": "files.edit",
    "frame": "pixels.image",
    "frames": "pixels.image",
    "info": "files.info",
    "load": "catalog.loading",
    "load_all": "catalog.loading",
    "pixels": "pixels.values",
    "new_key": "deidentify.key",
    "read": "files.read",
    "read_key": "deidentify.key",
    "render": "render.rendering",
    "scan": "catalog.scan",
    "torch_dataset": "catalog.dataset",
    "transcode": "pixels.transcode.transcoding",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in _NAMES:
        raise AttributeError(f"module 'hounsfield' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hounsfield.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted({*globals(), *_NAMES})


class _Package(type(importlib)):  # type: ignore[misc]
    """Keeps a verb where a package has the name of its verb: importing the package would put itself there."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set an attribute, unless the import system puts a module over a verb."""
        if name not in _NAMES or not isinstance(value, type(importlib)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
