"""`hu open`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import say
from hounsfield.errors import ReadError

if TYPE_CHECKING:
    from hounsfield.server.running import Running


def open_(
    paths: Annotated[list[str], Argument(help="Folders, CDs, ZIP archives or files.")],
    *,
    browser: Annotated[
        bool, Option("--browser", help="Open the browser; --no-browser only prints the address.")
    ] = True,
    port: Annotated[int, Option("--port", help="Port on this machine; any that is free by default.")] = 0,
    save: Annotated[
        str | None,
        Option("--save", metavar="FOLDER", help="Write measurements and key images there, not next to the data."),
    ] = None,
    fresh: Annotated[
        bool, Option("--fresh", help="Read everything again; use and keep no catalog in your cache directory.")
    ] = False,
) -> int:
    """Open the workstation in your browser at what is in folders, CDs, ZIP archives or files.

    Nothing is imported, changed or sent: a private server on this machine reads the files where they lie until you
    press Ctrl-C. A large folder that was opened before is listed at once, while changes are looked for. The address
    works once, and in one browser. Not a medical device.
    """
    from pathlib import Path

    for path in paths:
        if not os.path.lexists(path):
            raise ReadError(
                "no such file or folder", where=path, hint="Check the spelling, and that the disk is there."
            )
    from hounsfield.server.running import serve
    from hounsfield.server.static import bundle

    if bundle() is None:
        say("The workstation's pages were not built: install Node.js 20 or newer, then hounsfield again.")

    def ready(running: Running) -> None:
        print(running.address, flush=True)
        if browser:
            import webbrowser

            webbrowser.open(running.address)
        say("Press Ctrl-C to end.")

    serve(paths, port=port, save_folder=Path(save) if save else None, fresh=fresh, ready=ready)
    return exit_codes.DONE
