"""Many senders at once into one receiver, some of which break off: nothing acknowledged is lost, nothing leaks.

    python tools/soak_storage.py [--seconds 30] [--associations 10000] [--senders 8] [--seed 1]

Every association sends a few objects of its own; one in five ends with an abort or a closed connection in the middle of
an object. At the end every object that was acknowledged has to be in the folder byte for byte, no other may be there
but whole ones, no temporary file may be left, and the receiver's memory and descriptors must not have grown.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from hounsfield import _core
from hounsfield.files.write import IMPLEMENTATION_CLASS_UID

CLASS, SYNTAX = "1.2.840.10008.5.1.4.1.1.7", "1.2.840.10008.1.2.1"
# Memory and descriptors are compared from here on, when buffers and pools have their size.
WARM = 50
GROWTH_MIB, GROWTH_FILES = 24, 16

SERVER = """
import socket, sys, threading
from hounsfield.network.storage.inbox import Inbox
from hounsfield.network.storage.receiving import Bounds, receive
from hounsfield.network.storage.request import peek_request
inbox = Inbox(sys.argv[1])
server = socket.create_server(("127.0.0.1", 0), backlog=64)
print(server.getsockname()[1], flush=True)
def serve(connection):
    receive(connection, peek_request(connection, wait=10), inbox, choose=lambda _, known: known[0],
            bounds=Bounds(wait=10, pdu_time=20))
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


@dataclass
class Tally:
    """What all senders did together."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    associations: int = 0
    broken: int = 0
    sent: dict[str, bytes] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    troubles: list[str] = field(default_factory=list)


def data_set(instance: str, size: int, chance: random.Random) -> bytes:
    """Make a small object of random bytes in Explicit VR Little Endian."""

    def short(tag: bytes, vr: bytes, value: bytes) -> bytes:
        value += b"\0" * (len(value) % 2)
        return tag + vr + len(value).to_bytes(2, "little") + value

    pixels = chance.randbytes(size)
    return (
        short(b"\x08\x00\x16\x00", b"UI", CLASS.encode())
        + short(b"\x08\x00\x18\x00", b"UI", instance.encode())
        + b"\xe0\x7f\x10\x00OB\0\0"
        + size.to_bytes(4, "little")
        + pixels
    )


def one_association(port: int, folder: Path, number: int, chance: random.Random, tally: Tally) -> None:
    """Send a few objects; in one of five cases break off in the middle of one more."""
    objects = []
    for place in range(chance.randint(1, 4)):
        instance = f"1.2.3.{number}.{place + 1}"
        content = data_set(instance, 2 * chance.randint(1, 1 << chance.randint(4, 17)), chance)
        path = folder / instance
        # Without File Meta Information: a data set as it is sent.
        path.write_bytes(content)
        objects.append((str(path), CLASS, instance, 1, None))
        with tally.lock:
            tally.sent[instance] = hashlib.sha256(content).digest()
    user = _core.StorageUser(socket.create_connection(("127.0.0.1", port), timeout=20).detach())
    proposal = _core.AssociatePdu(
        "SOAK",
        "SOAK",
        [(1, CLASS, [SYNTAX], 0)],
        max_length=1 << 14,
        implementation=IMPLEMENTATION_CLASS_UID,
        version="SOAK",
        window=(chance.choice([1, 4, 16]), 1),
    )
    said, answer, _ = user.request(proposal, 20)
    if answer is None:
        raise RuntimeError(f"the receiver said {said}")

    def told(place: int, status: int | None, _words: tuple[str, str]) -> None:
        if status == 0:
            with tally.lock:
                tally.acknowledged.add(objects[place][2])

    user.send(objects, answer.max_length, answer.window[0] if answer.window else 1, told)
    if chance.random() < 0.2:
        user.abort()
        break_off(port, number, chance)
        with tally.lock:
            tally.broken += 1
    else:
        user.release()
    for sent, *_rest in objects:
        Path(sent).unlink()
    with tally.lock:
        tally.associations += 1


def break_off(port: int, number: int, chance: random.Random) -> None:
    """Begin an object on an association of its own and vanish somewhere in it."""
    proposal = _core.AssociatePdu(
        "SOAK", "SOAK", [(1, CLASS, [SYNTAX], 0)], max_length=1 << 14, implementation="1.2.3", version="SOAK"
    )
    instance = f"1.2.9.{number}".encode()
    instance += b"\0" * (len(instance) % 2)
    elements = [(0x0002, CLASS.encode() + b"\0"), (0x0100, b"\1\0"), (0x0110, b"\1\0"), (0x0700, b"\0\0")]
    elements += [(0x0800, b"\1\0"), (0x1000, instance)]
    command = b"".join(
        b"\0\0" + tag.to_bytes(2, "little") + len(value).to_bytes(4, "little") + value for tag, value in elements
    )
    message = b"".join(
        b"\4\0" + (len(part) + 6).to_bytes(4, "big") + (len(part) + 2).to_bytes(4, "big") + bytes([1, control]) + part
        for part, control in [(command, 3), (bytes(5000), 0), (bytes(5000), 0)]
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(proposal.build(answer=False) + message[: chance.randint(1, len(message))])
        if chance.random() < 0.5:
            line.sendall(bytes([7, 0, 0, 0, 0, 4, 0, 0, 0, 0]))


def usage(process: int) -> tuple[float, int]:
    """Resident memory in MiB, and open descriptors."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), len(os.listdir(f"/proc/{process}/fd"))


def check(inbox: Path, tally: Tally) -> list[str]:
    """Say what is wrong with the folder."""
    wrong = list(tally.troubles)
    kept = {path.stem: path for path in inbox.glob("*.dcm")}
    wrong += [f"{one} was acknowledged and is not there" for one in tally.acknowledged - kept.keys()]
    for instance, path in kept.items():
        content = path.read_bytes()
        meta = 144 + int.from_bytes(content[140:144], "little")
        if hashlib.sha256(content[meta:]).digest() != tally.sent.get(instance):
            wrong.append(f"{path.name} is not what was sent")
    wrong += [f"{path.name} was left behind" for path in (inbox / ".incoming").iterdir()]
    return wrong


def main() -> int:
    """Run it and say what was seen."""
    parser = argparse.ArgumentParser(description="Many senders into one receiver.")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--associations", type=int, default=10_000)
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tally, begun = Tally(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hounsfield-soak-") as place:
        inbox, outbox = Path(place, "inbox"), Path(place, "outbox")
        outbox.mkdir()
        server = subprocess.Popen([sys.executable, "-c", SERVER, str(inbox)], stdout=subprocess.PIPE, text=True)
        assert server.stdout
        port = int(server.stdout.readline())
        numbers = iter(range(1, given.associations + 1))
        first: list[tuple[float, int]] = []

        def sender(seed: int) -> None:
            chance = random.Random(seed)
            while time.monotonic() - begun < given.seconds:
                with tally.lock:
                    number = next(numbers, None)
                if number is None:
                    return
                try:
                    one_association(port, outbox, number, chance, tally)
                except Exception as error:  # noqa: BLE001 - any trouble is a finding
                    with tally.lock:
                        tally.troubles.append(f"association {number}: {type(error).__name__}: {error}")
                with tally.lock:
                    if tally.associations >= WARM and not first:
                        first.append(usage(server.pid))

        threads = [threading.Thread(target=sender, args=(given.seed * 1000 + k,)) for k in range(given.senders)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        time.sleep(1)
        (memory, files), (memory_first, files_first) = usage(server.pid), first[0] if first else usage(server.pid)
        server.kill()
        server.wait()
        wrong = check(inbox, tally)
    if memory - memory_first > GROWTH_MIB or files - files_first > GROWTH_FILES:
        wrong.append("the receiver grew")
    took = time.monotonic() - begun
    print(
        f"{tally.associations:,} associations ({tally.broken:,} broken off), {len(tally.acknowledged):,} objects "
        f"acknowledged, in {took:.0f} s; receiver {memory_first:.0f} to {memory:.0f} MiB, "
        f"{files_first} to {files} descriptors; {len(wrong)} troubles"
    )
    for line in wrong[:20]:
        print(f"  {line}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
