"""`hu commit`."""

from __future__ import annotations

from typing import Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import plain, print_json, say
from hounsfield.cli.peers import (
    Address,
    Authorities,
    Calling,
    Certificate,
    Key,
    Secure,
    ServerName,
    Timeout,
    open_peer,
    tls_of,
)

_MOST = 20


def commit(  # noqa: PLR0913 - one parameter for each option
    peer: Address,
    paths: Annotated[list[str], Argument(help="Files and folders that were sent to it.")],
    *,
    port: Annotated[
        int, Option("--port", help="Port where the device reports, if not on the same connection; 0 for none.")
    ] = 0,
    host: Annotated[str, Option("--host", help="Address to listen on for that.")] = "127.0.0.1",
    wait: Annotated[float, Option("--wait", metavar="SECONDS", help="How long to wait for the report.")] = 60.0,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 60.0,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    json: Annotated[bool, Option("--json", help="Print what is committed as JSON.")] = False,
) -> int:
    """Ask a device to take responsibility for objects (Storage Commitment); what is committed may be deleted here.

    Exit code 1: it does not keep some of them; 4: it cannot be reached, refuses or does not report.
    """
    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name)) as found:
        told = found.commit(paths, port=port or None, host=host, wait=wait)
        address = str(found.address)
    if json:
        failed = [{"SOPInstanceUID": uid, "reason": reason} for uid, reason in told.failed.items()]
        print_json(
            {"peer": address, "TransactionUID": told.transaction, "committed": list(told.committed), "failed": failed}
        )
    else:
        count = len(told.committed)
        print(f"{address} keeps {count:,} object{'s' if count != 1 else ''}")
        for uid, reason in list(told.failed.items())[:_MOST]:
            say(f"hu commit: {plain(uid)}: {reason}")
        if len(told.failed) > _MOST:
            say(f"hu commit: and {len(told.failed) - _MOST:,} more")
    return exit_codes.DONE if told.ok else exit_codes.SOME
