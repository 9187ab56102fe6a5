"""`hu worklist`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from hounsfield.cli import exit_codes
from hounsfield.cli.arguments import Argument, Option
from hounsfield.cli.output import print_json, say, table
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
    data_set_json,
    day,
    open_peer,
    text,
    tls_of,
)

if TYPE_CHECKING:
    from pydicom import Dataset

_HEAD = ("date", "time", "station", "modality", "patient ID", "name", "accession", "procedure")


def worklist(  # noqa: PLR0913 - one parameter for each option
    peer: Address,
    keys: Annotated[list[str], Argument(help="What must match: KEYWORD=VALUE, e.g. Modality=CT.")] = [],  # noqa: B006 - never changed
    *,
    include: Annotated[
        list[str], Option("--include", metavar="KEYWORD", help="Ask for this attribute, too; may be given again.")
    ] = [],  # noqa: B006 - never changed
    fuzzy: Annotated[bool, Option("--fuzzy", help="Ask for names that sound or are spelled alike.")] = False,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 60.0,
    max_pdu: MaxPdu = None,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    json: Annotated[bool, Option("--json", help="Print the items as JSON.")] = False,
) -> int:
    """Ask a device what is scheduled (Modality Worklist).

    Keys of scheduled steps, such as Modality, ScheduledStationAETitle or ScheduledProcedureStepStartDate, are put
    where they belong. Exit code 3: nothing is scheduled; 4: the device cannot be reached or refuses.
    """
    from hounsfield.network.identifier import parse_keys

    asked = parse_keys(keys)
    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name), max_pdu) as found:
        items = list(found.worklist(asked, include=include, fuzzy=fuzzy))
        address = str(found.address)
    if json:
        print_json({"peer": address, "items": [data_set_json(item) for item in items]})
        return exit_codes.DONE if items else exit_codes.NOTHING
    if not items:
        say(f"hu worklist: nothing at {address} matches.")
        return exit_codes.NOTHING
    rows = sorted(row for item in items for row in _rows(item))
    print("\n".join(table([_HEAD, *rows], indent=0)))
    say(f"\n{len(items):,} item{'s' if len(items) != 1 else ''} at {address}")
    return exit_codes.DONE


def _rows(item: Dataset) -> list[tuple[str, ...]]:
    """One row for each scheduled step."""
    found: list[tuple[str, ...]] = []
    for step in item.get("ScheduledProcedureStepSequence") or []:
        clock = text(step, "ScheduledProcedureStepStartTime")
        what = text(step, "ScheduledProcedureStepDescription") or text(item, "RequestedProcedureDescription")
        found.append(
            (
                day(text(step, "ScheduledProcedureStepStartDate")),
                f"{clock[:2]}:{clock[2:4]}" if clock[:4].isdigit() and len(clock) >= 4 else clock,
                text(step, "ScheduledStationAETitle"),
                text(step, "Modality"),
                text(item, "PatientID"),
                text(item, "PatientName"),
                text(item, "AccessionNumber"),
                what,
            )
        )
    return found
