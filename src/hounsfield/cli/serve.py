"""`hu serve`."""

from __future__ import annotations

import dataclasses
import signal
from typing import Annotated, Any

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import say


def serve(
    folder: Annotated[
        str | None,
        Argument(
            help="The archive; it is made where it is missing. Not needed with --storage and --database: what is on "
            "its way is then in a folder of the user's own."
        ),
    ] = None,
    *,
    config: Annotated[str | None, Option("--config", metavar="FILE", help="What the site says, as TOML.")] = None,
    port: Annotated[int | None, Option("--port", help="Port for devices, whatever the configuration says.")] = None,
    storage: Annotated[
        str | None, Option("--storage", metavar="URL", help="Keep objects in object storage, s3://bucket/prefix.")
    ] = None,
    database: Annotated[
        str | None,
        Option("--database", metavar="URL", help="Keep the index in PostgreSQL, postgresql://user@host/name."),
    ] = None,
    web: Annotated[
        bool, Option("--web", help="Serve the workstation and DICOMweb to this machine; --no-web leaves them out.")
    ] = True,
    check: Annotated[bool, Option("--check", help="Only check the configuration.")] = False,
) -> int:
    """Run an archive that devices store into, query and retrieve from, until Ctrl-C.

    Without a configuration it listens on this machine only; beyond it, known peers or certificates are demanded. The
    log is JSON on standard error, a line for each event, without names.
    """
    from hounsfield.catalog.connection import checked_url
    from hounsfield.operation import Service, read_configuration
    from hounsfield.operation.logs import logging_to
    from hounsfield.operation.state import state_folder

    said = read_configuration(config)
    if port is not None:
        said = dataclasses.replace(said, site=dataclasses.replace(said.site, port=port))
    if storage is not None:
        from hounsfield.archive.bucket import CloudStorage

        # What the configuration says of keys and endpoints holds for this address, too.
        kept = said.storage
        said = dataclasses.replace(
            said, storage=dataclasses.replace(kept, url=storage) if kept else CloudStorage(storage)
        )
    if database is not None:
        said = dataclasses.replace(said, database=checked_url(database))
    if not web:
        said = dataclasses.replace(said, web_port=None)
    where = state_folder(said) if folder is None else folder
    if check:
        web_at = "" if said.web_port is None else f", the workstation on 127.0.0.1:{said.web_port}"
        listens = f"{said.site.title} on {said.site.host}:{said.site.port}{web_at}"
        say(f"hu serve: {config or 'the default'}: {listens}, sound")
        return exit_codes.DONE
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with logging_to(said.log_file, said.log_level), Service(where, said) as running:
            if folder is None:
                say(f"hu serve: what is on its way is in {where}")
            say(f"hu serve: {said.site.title} on {said.site.host}:{running.provider.port}; Ctrl-C ends")
            if running.web is not None:
                print(running.web.address, flush=True)
            running.wait()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
    return exit_codes.DONE


def _interrupt(number: int, _frame: Any) -> None:
    # Once is enough: ending is not to be interrupted.
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
