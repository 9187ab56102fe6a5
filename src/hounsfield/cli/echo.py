"""`hu echo`."""

from __future__ import annotations

from typing import Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Option
from hounsfield.cli.output import print_json
from hounsfield.cli.peers import (
    Address,
    Authorities,
    Calling,
    Certificate,
    Key,
    MaxPdu,
    Secure,
    ServerName,
    Timeout,
    open_peer,
    tls_of,
)


def echo(  # noqa: PLR0913 - one parameter for each option
    peer: Address,
    *,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 30.0,
    max_pdu: MaxPdu = None,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    json: Annotated[bool, Option("--json", help="Print how long the answer took as JSON.")] = False,
) -> int:
    """Ask whether a device is there and talks with this side (C-ECHO).

    Exit code 4: it cannot be reached or refuses, and why.
    """
    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name), max_pdu) as found:
        seconds = found.echo()
        if json:
            print_json({"peer": str(found.address), "calling": calling, "milliseconds": round(seconds * 1000, 3)})
        else:
            print(f"{found.address} answers {calling} in {seconds * 1000:.0f} ms")
    return exit_codes.DONE
