"""`hu send`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import Bar, plain, print_json, say
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

if TYPE_CHECKING:
    from hounsfield.network.storage.sending import Sent

_MOST = 20


def send(  # noqa: PLR0913 - one parameter for each option
    paths: Annotated[list[str], Argument(help="Files and folders.")],
    peer: Address,
    *,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 60.0,
    max_pdu: MaxPdu = None,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    dry_run: Annotated[bool, Option("--dry-run", help="List what would be sent, and send nothing.")] = False,
    json: Annotated[bool, Option("--json", help="Print what became of each object as JSON.")] = False,
) -> int:
    """Send objects to a device (C-STORE).

    Each goes out as it is stored; uncompressed, where the device does not take that. Exit code 1: some were not stored;
    4: none was, or the device cannot be reached.
    """
    from hounsfield.network.user.departure import outgoing

    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name), max_pdu) as found:
        address = str(found.address)
        if dry_run:
            objects = [one.path for one in outgoing(paths)]
            if json:
                print_json(
                    {"peer": address, "dry_run": True, "counts": {}, "objects": [{"path": one} for one in objects]}
                )
            else:
                print("\n".join(map(plain, objects)))
            return exit_codes.DONE
        rows = []
        for row in found.send(paths, progress=Bar()):
            rows.append(row)
            if row.reason and not json and len(rows) - sum(one.ok for one in rows) <= _MOST:
                say(f"hu send: {plain(row.object.path)}: {plain(row.reason)}")
    stored = sum(row.ok for row in rows)
    transcoded = sum(bool(row.transcoded) and row.ok for row in rows)
    if json:
        counts = {"stored": stored, "failed": len(rows) - stored, "transcoded": transcoded}
        print_json({"peer": address, "dry_run": False, "counts": counts, "objects": [_row(row) for row in rows]})
    else:
        failed = f", {len(rows) - stored:,} not" if stored < len(rows) else ""
        made = f" ({transcoded:,} made uncompressed for it)" if transcoded else ""
        print(f"{stored:,} object{'s' if stored != 1 else ''} stored at {address}{made}{failed}")
    if not stored:
        return exit_codes.PEER
    return exit_codes.DONE if stored == len(rows) else exit_codes.SOME


def _row(row: Sent) -> dict[str, object]:
    return {
        "path": row.object.path,
        "SOPInstanceUID": row.object.sop_instance,
        "stored": row.ok,
        "status": None if row.status is None else f"{row.status:04X}",
        "reason": row.reason,
        "transcoded": row.transcoded,
    }
