"""Where a device is: ``TITLE@host:port``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hounsfield.errors import UsageError

__all__ = ["LEAST_PDU", "MOST_PDU", "Address", "check_max_pdu", "check_title", "shown_title"]

_DEFAULT_PORT = 104
# Below the first, headers outweigh what they carry (PS3.8 D.1); one PDU of the second is held in memory.
LEAST_PDU, MOST_PDU = 4096, 1 << 27
_FORM = re.compile(r"(?P<title>[^@]*)@(?P<host>\[[0-9A-Fa-f:.%]+\]|[^\[\]:]+)(?::(?P<port>\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """A device's application entity title, host and port.

    Parameters
    ----------
    title : str
        At most 16 characters of ASCII, no backslash (PS3.5 6.2, AE).
    host : str
        A name or an address; IPv6 without brackets.
    port : int
        104 is the one registered for DICOM, 11112 the one that needs no privileges.
    """

    title: str
    host: str
    port: int = _DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``TITLE@host:port``, ``TITLE@host`` or ``TITLE@[::1]:port``.

        Raises
        ------
        UsageError
            When the text has another form, or the title or port cannot be.
        """
        found = _FORM.fullmatch(text.strip())
        if not found:
            raise UsageError("a peer is written as TITLE@host:port", where=text, hint="For example PACS@10.0.0.5:104.")
        port = int(found["port"] or _DEFAULT_PORT)
        if not 0 < port < 1 << 16:
            raise UsageError(f"no port has the number {port}", where=text, hint="Ports are 1 to 65535.")
        return cls(check_title(found["title"]), found["host"].strip("[]"), port)

    def __str__(self) -> str:
        """As it is written on the command line."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.title}@{host}:{self.port}"


def check_title(title: str) -> str:
    """Return an application entity title without spaces around it.

    Raises
    ------
    UsageError
        When it is empty, longer than 16 characters, or has characters that no title may have.
    """
    plain = title.strip()
    if not 0 < len(plain) <= 16 or not plain.isascii() or not plain.isprintable() or "\\" in plain:
        raise UsageError(
            f"{title!r} is no application entity title", hint="1 to 16 characters of ASCII, without backslash."
        )
    return plain


def check_max_pdu(length: int | None) -> int | None:
    """Return the length of a P-DATA-TF, which is 4,096 bytes to 128 MiB (PS3.8 D.1).

    Raises
    ------
    UsageError
        When it is another.
    """
    if length is not None and not LEAST_PDU <= length <= MOST_PDU:
        raise UsageError(
            f"no PDU is at most {length:,} bytes long", hint=f"Between {LEAST_PDU:,} and {MOST_PDU:,} bytes."
        )
    return length


def shown_title(title: str) -> str:
    """Return a title as it may stand in a log: what a peer calls itself may be anything."""
    return "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in title[:16]) or "nobody"
