"""Options that all commands share which talk to a device, and what they make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from hounsfield.cli.arguments import Argument, Option
from hounsfield.errors import UsageError

if TYPE_CHECKING:
    from pydicom import Dataset

    from hounsfield.network.tls import Tls
    from hounsfield.network.user.peer import Peer

__all__ = [
    "Address",
    "Authorities",
    "Calling",
    "Certificate",
    "Key",
    "MaxPdu",
    "Secure",
    "ServerName",
    "Timeout",
    "data_set_json",
    "day",
    "open_peer",
    "text",
    "tls_of",
]

Address = Annotated[str, Argument(help="The device as TITLE@host:port; the port is 104 unless it is given.")]
Calling = Annotated[str, Option("--calling", metavar="TITLE", help="AE title of this side.")]
Timeout = Annotated[float, Option("--timeout", metavar="SECONDS", help="How long to wait for each answer.")]
MaxPdu = Annotated[
    int | None, Option("--max-pdu", metavar="BYTES", help="Longest PDU to take, and to send objects in.")
]
Secure = Annotated[bool, Option("--tls", help="Encrypt as BCP 195 asks; the other options of TLS imply it.")]
Certificate = Annotated[
    str | None, Option("--tls-cert", metavar="FILE", help="PEM file of the own certificate and its chain.")
]
Key = Annotated[str | None, Option("--tls-key", metavar="FILE", help="PEM file of its private key.")]
Authorities = Annotated[
    str | None, Option("--tls-ca", metavar="FILE", help="PEM file of certificates that vouch for the other side.")
]
ServerName = Annotated[
    str | None,
    Option("--tls-name", metavar="NAME", help="Name in the device's certificate where it is not the host; - for any."),
]


def tls_of(secure: bool, *files: str | None) -> Tls | None:  # noqa: FBT001 - as the options come
    """Return what the options of TLS ask for: certificate, key, authorities and name."""
    certificate, key, authorities, name = files
    if not secure and not any(files):
        return None
    if key and not certificate:
        raise UsageError("--tls-key needs --tls-cert")
    from hounsfield.network.tls import Tls as Made

    return Made(certificate, key, authorities, name=name)


def open_peer(address: str, calling: str, timeout: float, tls: Tls | None, max_pdu: int | None = None) -> Peer:
    """Return the device that a command is about."""
    from hounsfield.network.user.peer import Peer as Made

    if timeout <= 0:
        raise UsageError("--timeout is a number of seconds above 0")
    return Made(address, calling=calling, connect=min(timeout, 10.0), timeout=timeout, tls=tls, max_pdu=max_pdu)


def text(found: Dataset, keyword: str) -> str:
    """Return an attribute as a text; nothing where it is not there, whatever is wrong with it."""
    value: Any = found.get(keyword)
    if value is None:
        return ""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return str(value)
    return ", ".join(map(str, value)) if not hasattr(value, "alphabetic") else str(value)


def day(value: str) -> str:
    """Show a date with hyphens where it is one."""
    return f"{value[:4]}-{value[4:6]}-{value[6:]}" if len(value) == 8 and value.isdigit() else value


def data_set_json(found: Dataset) -> dict[str, Any]:
    """Return attributes under their keywords: single values, lists of several, items of sequences."""
    shown: dict[str, Any] = {}
    for element in found:
        name = element.keyword or f"{element.tag:08X}"
        value = element.value
        if element.VR == "SQ":
            shown[name] = [data_set_json(item) for item in value]
        elif isinstance(value, bytes):
            shown[name] = value.hex()
        elif element.VM > 1:
            shown[name] = [_plain(one) for one in value]
        else:
            shown[name] = _plain(value)
    return shown


def _plain(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, bool | int | float) and type(value) in (int, float):
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else str(value)
