"""`hu receive`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Annotated, Any

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Option
from hounsfield.cli.output import plain, print_json, say, size
from hounsfield.cli.peers import Authorities, Certificate, Key, tls_of
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.network.storage.received import Received


def receive(  # noqa: PLR0913 - one parameter for each option
    *,
    output: Annotated[str, Option("-o", "--output", metavar="FOLDER", help="Where to put what comes.")],
    port: Annotated[int, Option("--port", help="Port to listen on; 0 for any that is free.")] = 11112,
    host: Annotated[str, Option("--host", help="Address to listen on.")] = "127.0.0.1",
    title: Annotated[
        str, Option("--title", help="AE title of this side; any title is answered unless it is given.")
    ] = "",
    peers: Annotated[
        list[str], Option("--peer", metavar="TITLE@host", help="Who may send; may be given again. Others are refused.")
    ] = [],  # noqa: B006 - never changed
    count: Annotated[int, Option("--count", metavar="NUMBER", help="Stop after so many objects; 0 for never.")] = 0,
    max_pdu: Annotated[int, Option("--max-pdu", metavar="BYTES", help="Longest PDU to take.")] = 1 << 20,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    quiet: Annotated[bool, Option("-q", "--quiet", help="Do not name each object.")] = False,
    json: Annotated[bool, Option("--json", help="Print what came as JSON, at the end.")] = False,
) -> int:
    """Receive objects from devices until Ctrl-C (C-ECHO, C-STORE).

    Each object becomes <SOP Instance UID>.dcm in the transfer syntax that it came in, and is safe on disk before the
    device is told. To listen beyond this machine, name the peers or demand certificates. Exit code 3: nothing came.
    """
    from hounsfield.network.address import Address, check_max_pdu
    from hounsfield.network.provider.provider import Provider
    from hounsfield.network.provider.site import KnownPeer, Site
    from hounsfield.network.storage.inbox import Inbox
    from hounsfield.network.storage.receiving import Bounds

    if not 0 <= port < 1 << 16:
        raise UsageError(f"no port has the number {port}", hint="Ports are 1 to 65535; 0 stands for any.")
    tls = tls_of(False, tls_cert, tls_key, tls_ca, None)  # noqa: FBT003 - as the options come
    known = tuple(KnownPeer(Address.parse(one), frozenset({"echo", "store"})) for one in peers)
    bounds = Bounds(max_length=check_max_pdu(max_pdu) or max_pdu)
    site = Site(title or "HOUNSFIELD", host, port, any_title=not title, peers=known, tls=tls, bounds=bounds)
    came = _Came(count, quiet=quiet or json)
    inbox = Inbox(output, told=came.told)
    provider = Provider(site, keeper=inbox)
    came.stop = provider.finish
    say(
        f"hu receive: listening on {host}:{provider.port}{' with TLS' if tls else ''}, writing to {output}; Ctrl-C ends"
    )
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        provider.wait()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        provider.close(drain=1.0)
        inbox.close()
    if json:
        print_json({"folder": output, "port": provider.port, "bytes": came.bytes, "objects": came.rows})
    say(f"hu receive: {came.number:,} object{'s' if came.number != 1 else ''}, {size(came.bytes)}")
    return exit_codes.DONE if came.number else exit_codes.NOTHING


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


class _Came:
    """What came, printed as it comes."""

    def __init__(self, most: int, *, quiet: bool) -> None:
        self.number = self.bytes = 0
        self.rows: list[dict[str, object]] = []
        self.stop: Any = None
        self._most, self._quiet = most, quiet

    def told(self, one: Received, path: str) -> None:
        self.number += 1
        self.bytes += one.size
        row: dict[str, object] = {
            "path": path,
            "SOPInstanceUID": one.sop_instance,
            "calling": one.calling,
            "TransferSyntaxUID": one.syntax,
        }
        self.rows.append(row)
        if not self._quiet:
            print(f"{plain(path)}  {plain(one.calling)}  {size(one.size)}", flush=True)
        if self._most and self.number >= self._most and self.stop:
            self.stop()
