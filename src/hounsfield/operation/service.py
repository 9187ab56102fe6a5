"""What `hu serve` runs: an archive, and devices that store into it, query it and retrieve from it."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from hounsfield.archive.archive import Archive
from hounsfield.errors import UsageError
from hounsfield.network.provider.catalog_source import CatalogSource
from hounsfield.network.provider.provider import Provider

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.routing import BaseRoute

    from hounsfield.network.provider.service import Handler
    from hounsfield.operation.configuration import Configuration
    from hounsfield.server.running import Running

__all__ = ["Service"]

_LOG = logging.getLogger("hounsfield.operation")


class Service:
    """Runs from its making until `close`.

    Parameters
    ----------
    folder : path
        The archive.
    configuration : Configuration
        What the site says.

    Raises
    ------
    WriteError
        When the archive cannot be written.
    PeerError
        When a port cannot be had.
    """

    def __init__(self, folder: str | os.PathLike[str], configuration: Configuration) -> None:
        from hounsfield.network.provider.committing import Committing
        from hounsfield.network.provider.finding import Finding, WorklistFolder
        from hounsfield.network.provider.retrieving import Retrieving

        site = configuration.site
        with contextlib.ExitStack() as stack:
            self.archive = stack.enter_context(
                Archive(
                    folder,
                    duplicates=configuration.duplicates,
                    storage=configuration.storage,
                    database=configuration.database,
                )
            )
            source = CatalogSource(self.archive.database, self.archive)
            committing = Committing(source, site, folder=os.path.join(self.archive.root, "commitment"))
            stack.callback(committing.close)
            handlers: list[Handler] = [Finding(source, site.title), Retrieving(source, site), committing]
            if configuration.worklist is not None:
                handlers.append(WorklistFolder(configuration.worklist))
            self.provider = stack.enter_context(Provider(site, keeper=self.archive, handlers=handlers))
            self.web: Running | None = None
            if configuration.web_port is not None:
                self.web = self._web(stack, configuration)
            self._stack = stack.pop_all()
        _LOG.info("%s listens on %s:%d", site.title, site.host, self.provider.port)

    def _web(self, stack: contextlib.ExitStack, configuration: Configuration) -> Running:
        """Serve the workstation on this machine; what is made there goes into the archive."""
        from hounsfield.server.archived import Archived
        from hounsfield.server.running import Running

        routes: list[BaseRoute] = []
        if configuration.worklist is not None:
            from hounsfield.network.provider.schedule import Schedule
            from hounsfield.server.worklist import worklist_routes

            routes = worklist_routes(Schedule(configuration.worklist))
        library, note = Archived(self.archive), Path(self.archive.root, "workstation.url")
        stack.callback(library.close)
        port = configuration.web_port or 0
        try:
            running = Running(library, port=port, routes=routes, address_file=note)
        except UsageError as error:
            if configuration.web_port_given:
                raise UsageError(error.message, hint="Change web.port in the configuration.") from None
            # Nobody asked for this port: another program may well have it.
            running = Running(library, port=0, routes=routes, address_file=note)
            _LOG.warning("port %d is in use: the workstation is on %d", port, running.port)
        ready = threading.Event()
        thread = threading.Thread(target=running.run, args=(ready.set,), name="web", daemon=True)
        thread.start()
        # Whoever is told the address may ask at once.
        ready.wait(30)
        stack.callback(thread.join, 10)
        stack.callback(running.stop)
        return running

    def wait(self) -> None:
        """Wait until `finish` is called."""
        self.provider.wait()

    def finish(self) -> None:
        """Let `wait` return."""
        self.provider.finish()

    def close(self) -> None:
        """Let associations end, and close the archive."""
        self.provider.close(drain=5.0)
        self._stack.close()
        _LOG.info("ended")

    def __enter__(self) -> Self:
        """Run until the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()
