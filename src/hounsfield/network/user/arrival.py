"""Retrieving into a folder."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hounsfield.errors import UsageError
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.site import KnownPeer, Site
from hounsfield.network.storage.inbox import Inbox
from hounsfield.network.user.retrieve import classes_of, get, move

if TYPE_CHECKING:
    import os

    from hounsfield.network.address import Address
    from hounsfield.network.retrieval import Retrieval, Wanted
    from hounsfield.network.storage.received import Received
    from hounsfield.network.storage.sending import Line
    from hounsfield.progress import Progress

__all__ = ["get_into", "move_into"]


class _Arrivals:
    """An inbox that remembers what came."""

    def __init__(self, folder: str | os.PathLike[str], progress: Progress) -> None:
        self.files: list[str] = []
        self._progress = progress
        self.inbox = Inbox(folder, told=self._came)

    def _came(self, _: Received, path: str) -> None:
        self.files.append(path)
        self._progress.advance()


def get_into(
    where: tuple[Address, Line], wanted: Wanted, folder: str | os.PathLike[str], progress: Progress
) -> Retrieval:
    """Retrieve with C-GET; contexts are proposed for the classes that the peer has there, or for the usual ones."""
    from pynetdicom import StoragePresentationContexts

    classes = classes_of(where, wanted)
    if not classes:
        classes = [str(context.abstract_syntax) for context in StoragePresentationContexts]
    arrivals = _Arrivals(folder, progress)
    progress.start("retrieving", None, "objects")
    try:
        found = get(where, wanted, classes[:127], arrivals.inbox)
    finally:
        progress.finish()
        arrivals.inbox.close()
    return dataclasses.replace(found, files=arrivals.files)


def move_into(
    where: tuple[Address, Line],
    wanted: Wanted,
    folder: str | os.PathLike[str],
    place: tuple[str, int],
    progress: Progress,
) -> Retrieval:
    """Retrieve with C-MOVE to a provider of our own, which listens for as long as that takes."""
    address, line = where
    arrivals = _Arrivals(folder, progress)
    peers = (KnownPeer(address, frozenset({"echo", "store"})),)
    progress.start("retrieving", None, "objects")
    try:
        site = Site(line.calling, place[0], place[1], peers=peers)
        with Provider(site, keeper=arrivals.inbox):
            found = move(where, wanted, line.calling)
    except UsageError as error:
        raise error.at(str(address)) from None
    finally:
        progress.finish()
        arrivals.inbox.close()
    return dataclasses.replace(found, files=arrivals.files)
