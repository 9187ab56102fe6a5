"""A provider over a catalog of files, for foreign programs to ask."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import hounsfield as hu
from hounsfield.network.provider.catalog_source import CatalogSource
from hounsfield.network.provider.committing import Committing
from hounsfield.network.provider.finding import Finding, WorklistFolder
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.retrieving import Retrieving
from hounsfield.network.provider.site import KnownPeer, Site
from hounsfield.network.storage.inbox import Inbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["archive"]


@contextlib.contextmanager
def archive(
    folder: Path,
    paths: Sequence[Path],
    *,
    peers: tuple[KnownPeer, ...] = (),
    worklist: Path | None = None,
    **more: Any,
) -> Iterator[Provider]:
    """A provider with the title HERE over some files."""
    folder.mkdir(parents=True, exist_ok=True)
    hu.scan(paths, catalog=folder / "catalog.db").close()
    source = CatalogSource(folder / "catalog.db")
    site = Site("HERE", peers=peers, **{"port": 0, **more})
    handlers: list[Any] = [Finding(source, "HERE"), Retrieving(source, site), Committing(source, site)]
    if worklist:
        handlers.append(WorklistFolder(worklist))
    inbox = Inbox(folder / "inbox")
    with Provider(site, keeper=inbox, handlers=handlers) as provider:
        yield provider
