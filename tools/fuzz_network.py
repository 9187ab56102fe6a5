"""Say damaged things to a provider, for a while: PDUs, command sets and identifiers, changed at random.

    python tools/fuzz_network.py [--seconds 30] [--seed 1]

After every hundred conversations a C-ECHO must be answered, no association and no file on its way may be left, nothing
may be stored under a name that is no UID, and memory must not grow. Everything else is a finding: it is printed with
the seed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import random
import resource
import socket
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from pydicom import Dataset
from pynetdicom.dsutils import encode

import hounsfield as hu
from hounsfield.errors import HounsfieldError
from hounsfield.network.provider.catalog_source import CatalogSource
from hounsfield.network.provider.committing import Committing
from hounsfield.network.provider.finding import Finding
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.retrieving import Retrieving
from hounsfield.network.provider.site import Site
from hounsfield.network.storage.inbox import Inbox
from hounsfield.network.storage.receiving import Bounds
from hounsfield.testing.pdus import CT, FIND, VERIFICATION, echo, identifier, pdu, request, store

if TYPE_CHECKING:
    from hounsfield.network.provider.service import Handler

ROUND, PATIENCE = 100, 20.0
MOST_GROWTH = 200 << 10  # kB of resident memory, over the whole run


def seeds() -> list[list[bytes]]:
    """Sound conversations, PDU by PDU."""
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.PatientName, asked.StudyDate = "STUDY", "A*", "20200101-20201231"
    content = encode(asked, is_implicit_vr=True, is_little_endian=True) or b""
    end = pdu(5, bytes(4))
    return [
        [request([VERIFICATION]), echo(), end],
        [request([CT, VERIFICATION]), store(1, "1.2.3", bytes(600)), echo(3), end],
        [request([CT, FIND]), store(1, "1.2.4", bytes(600)), identifier(3, content), end],
        [request([FIND]), identifier(1, content), end],
    ]


def damaged(chance: random.Random, content: bytes) -> bytes:
    """Change some bytes, or leave some out, or say some twice."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(found) + 1)
        kind = chance.randrange(5)
        if kind == 0 and place < len(found):
            found[place] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif kind == 1:
            del found[place : place + chance.randint(1, 16)]
        elif kind == 2:
            found[place:place] = found[max(place - chance.randint(1, 32), 0) : place]
        elif kind == 3:
            found[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1"))
        else:
            found[place:place] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 8)))
    return bytes(found)


def talk(port: int, chance: random.Random, conversation: list[bytes]) -> None:
    """Say it with one part damaged, waiting for answers or not, and go."""
    parts = list(conversation)
    place = chance.randrange(len(parts))
    parts[place] = damaged(chance, parts[place])
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        for part in parts:
            connection.sendall(part)
            if chance.random() < 0.5:
                connection.settimeout(0.05)
                with contextlib.suppress(TimeoutError):
                    connection.recv(4096)


def settled(provider: Provider, folder: Path, sent: set[str]) -> str:
    """Say what is wrong, if anything."""
    try:
        hu.Peer(f"HERE@127.0.0.1:{provider.port}", timeout=PATIENCE).echo()
    except HounsfieldError as error:
        return f"others are not served: {error.message}"
    until = time.monotonic() + PATIENCE
    while provider.active and time.monotonic() < until:
        time.sleep(0.02)
    if provider.active:
        return f"{provider.active} associations are left"
    if left := list((folder / ".incoming").iterdir()):
        return f"left behind: {left[0].name}"
    # A damaged UID may be another one: digits and dots, and nothing else.
    wrong = [path.name for path in folder.iterdir() if path.is_file() and set(path.stem) - set("0123456789.-")]
    return f"stored under a name that is none: {wrong[0]!r}; sent were {sent}" if wrong else ""


def main() -> int:
    """Fuzz for so many seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    chance = random.Random(chosen.seed)
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    count = 0
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "files").mkdir()
        hu.scan(folder / "files", catalog=folder / "catalog.db").close()
        bounds = Bounds(wait=2, pdu_time=1, object_bytes=1 << 20, sync=False)
        site, source = Site("HERE", port=0, bounds=bounds, request_time=2), CatalogSource(folder / "catalog.db")
        handlers: list[Handler] = [Finding(source, "HERE"), Retrieving(source, site), Committing(source, site)]
        with Provider(site, keeper=Inbox(folder / "inbox"), handlers=handlers) as provider:
            until, base = time.monotonic() + chosen.seconds, 0
            while time.monotonic() < until:
                for _ in range(ROUND):
                    talk(provider.port, chance, chance.choice(seeds()))
                count += ROUND
                if wrong := settled(provider, folder / "inbox", {"1.2.3", "1.2.4"}):
                    print(f"seed {chosen.seed}, within conversation {count - ROUND}..{count}: {wrong}")
                    return 1
                size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                base = base or size
                if size - base > MOST_GROWTH:
                    print(f"seed {chosen.seed}: memory grew from {base:,} to {size:,} kB in {count:,} conversations")
                    return 1
            print(f"{count:,} conversations, none wrong; memory {size:,} kB, {size - base:,} kB more than at first")
    return 0


if __name__ == "__main__":
    sys.exit(main())
