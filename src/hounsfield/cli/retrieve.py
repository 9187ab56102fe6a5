"""`hu retrieve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from hounsfield.network.retrieval import Retrieval


def retrieve(  # noqa: PLR0913 - one parameter for each option
    peer: Address,
    studies: Annotated[list[str], Argument(help="Study Instance UIDs, as hu find lists them.")],
    *,
    output: Annotated[str | None, Option("-o", "--output", metavar="FOLDER", help="Where to put what comes.")] = None,
    series: Annotated[str | None, Option("--series", metavar="UID", help="This series of the study only.")] = None,
    image: Annotated[str | None, Option("--image", metavar="UID", help="This image of the series only.")] = None,
    via: Annotated[
        Literal["get", "move"],
        Option("--via", help="get: on the same connection; move: the device connects back, and must know this side."),
    ] = "get",
    to: Annotated[str | None, Option("--to", metavar="TITLE", help="Have it sent to another device instead.")] = None,
    host: Annotated[str, Option("--host", help="Address to listen on for --via move.")] = "127.0.0.1",
    port: Annotated[int, Option("--port", help="Port to listen on for --via move.")] = 11112,
    calling: Calling = "HOUNSFIELD",
    timeout: Timeout = 60.0,
    max_pdu: MaxPdu = None,
    tls: Secure = False,
    tls_cert: Certificate = None,
    tls_key: Key = None,
    tls_ca: Authorities = None,
    tls_name: ServerName = None,
    json: Annotated[bool, Option("--json", help="Print what came as JSON.")] = False,
) -> int:
    """Retrieve studies, a series or an image from a device (C-GET or C-MOVE).

    Objects are kept in the transfer syntax that they come in. Exit code 1: some did not come; 3: nothing did; 4: the
    device cannot be reached or refuses.
    """
    if (output is None) == (to is None):
        raise UsageError("say either where to put what comes (-o), or where to send it (--to)")
    if ((series or image) and len(studies) > 1) or (image and not series):
        raise UsageError("--series is of one study, and --image of one series")
    found: list[tuple[str, Retrieval]] = []
    with open_peer(peer, calling, timeout, tls_of(tls, tls_cert, tls_key, tls_ca, tls_name), max_pdu) as opened:
        address = str(opened.address)
        for study in studies:
            keys: dict[str, Any] = {"StudyInstanceUID": study}
            if series:
                keys["SeriesInstanceUID"] = series
            if image:
                keys["SOPInstanceUID"] = image
            result = opened.retrieve(keys, into=output, via=via, to=to, host=host, port=port, progress=Bar())
            found.append((study, result))
            if not json:
                _show(study, result, output or to or "")
    if json:
        print_json({"peer": address, "studies": [{"StudyInstanceUID": study, **_row(one)} for study, one in found]})
    came = sum(one.completed + one.warned for _, one in found)
    if not came:
        return exit_codes.NOTHING
    return exit_codes.DONE if all(one.ok for _, one in found) else exit_codes.SOME


def _show(study: str, found: Retrieval, place: str) -> None:
    count = found.completed + found.warned
    print(f"{study}: {count:,} object{'s' if count != 1 else ''} -> {plain(place)}")
    if found.failed or found.reason:
        said = f": {found.reason}" if found.reason else ""
        say(f"hu retrieve: {study}: {found.failed:,} could not be sent{plain(said)}")
    for uid in found.lacking[:10]:
        say(f"hu retrieve: not sent: {plain(uid)}")
    if found.refused:
        say(f"hu retrieve: {study}: {found.refused:,} came and could not be kept")


def _row(found: Retrieval) -> dict[str, object]:
    return {
        "completed": found.completed,
        "failed": found.failed,
        "warned": found.warned,
        "refused": found.refused,
        "lacking": found.lacking,
        "reason": found.reason,
        "files": found.files,
    }
