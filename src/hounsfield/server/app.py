"""The application: addresses and what answers them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.routing import Mount, Route

from hounsfield.server import api, dicomweb
from hounsfield.server.answers import HANDLERS
from hounsfield.server.images import Images
from hounsfield.server.objects import Objects
from hounsfield.server.pictures import Pictures
from hounsfield.server.security import POLICY, Guard, Session
from hounsfield.server.stacks import Stacks
from hounsfield.server.static import Pages, bundle
from hounsfield.server.studies import Counts
from hounsfield.server.volumes import Volumes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp

    from hounsfield.server.library import Library

__all__ = ["Open", "application"]


@dataclass(eq=False)
class Open:
    """What is open, for whatever answers a request.

    Parameters
    ----------
    library : Library
        The files.
    save_folder : path, optional
        Where new objects are written; by default next to the data.
    """

    library: Library
    save_folder: Path | None = None
    images: Images = field(init=False)
    stacks: Stacks = field(init=False)
    volumes: Volumes = field(init=False)
    pictures: Pictures = field(init=False)
    objects: Objects = field(init=False)
    counts: Counts = field(init=False, default_factory=Counts)

    def __post_init__(self) -> None:
        """Make what opens images."""
        self.images = Images(self.library)
        self.stacks = Stacks(self.library, self.images)
        self.volumes = Volumes(self.library, self.stacks)
        self.pictures = Pictures(self.images, self.stacks, self.volumes)
        self.objects = Objects(self.library, self.images, self.stacks, self.save_folder)


def application(
    library: Library,
    *,
    session: Session | None,
    hosts: Sequence[str],
    save_folder: Path | None = None,
    pages: Path | None = None,
    policy: str = POLICY,
    routes: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """Make the ASGI application.

    Parameters
    ----------
    library : Library
        What is open; it is started and closed with the application.
    session : Session or None
        Who may ask; ``None`` is for tests.
    hosts : sequence of str
        Names of the server with port, such as ``127.0.0.1:8042``.
    save_folder : path, optional
        Where new objects are written; by default next to the data.
    pages : path, optional
        Built pages; by default those of the package.
    policy : str
        Content-Security-Policy of all answers.
    routes : sequence of routes
        Further addresses, which come first.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        library.start()
        try:
            yield
        finally:
            library.events.close()
            library.close()

    handlers: dict[Any, Any] = dict(HANDLERS)
    app = Starlette(
        routes=[
            *routes,
            Mount("/api", routes=api.ROUTES),
            Mount("/dicom-web", routes=dicomweb.ROUTES),
            Route("/{path:path}", Pages(pages or bundle())),
        ],
        exception_handlers=handlers,
        lifespan=lifespan,
    )
    app.state.open = Open(library, save_folder)
    return Guard(app, session=session, hosts=hosts, policy=policy)
