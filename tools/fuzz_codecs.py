"""Decode code streams that are damaged at random, for a while, in a process whose memory and time are bounded.

    python tools/fuzz_codecs.py [--seconds 30] [--seed 1] [--only 4.90]

Every outcome but an array of the declared shape or an error of hounsfield is a finding: a crash, more memory than is
allowed, a frame that takes longer than it may, or a foreign exception. Findings are printed with what repeats them.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from hounsfield.pixels.layout import Layout

# Address space of the worker beyond what it has before it begins, and seconds of processor for one frame. Ten times as
# many may pass, since others work, too. Frames are below 1 MB.
MEMORY = 512 << 20
# CharLS counts the zeros of a damaged stream past its end, until 32 bits overflow: three seconds of one processor.
LONGEST = 20
WRONG, EXHAUSTED = "WRONG-SHAPE", "OUT-OF-MEMORY"
ROOT = "1.2.840.10008.1.2."


class Seed(NamedTuple):
    """A sound code stream, of which damaged ones are made."""

    name: str
    syntax: str
    layout: Layout
    data: bytes


def seeds() -> list[Seed]:
    """Make streams of every codec, of several depths and forms."""
    import imagecodecs
    import numpy as np

    from hounsfield.pixels.encode import encode_frame
    from hounsfield.pixels.layout import Layout

    found = []
    lossless = ("5", "4.57", "4.70", "4.80", "4.90", "4.110", "4.201", "4.202", "8.1")
    for samples, bits, signed in ((1, 8, False), (1, 12, False), (1, 16, True), (3, 8, False)):
        photometric = "RGB" if samples == 3 else "MONOCHROME2"
        cell = 8 if bits <= 8 else 16
        kinds: dict[str, Any] = {"signed": signed, "float": False, "planar": False, "photometric": photometric}
        layout = Layout(96, 80, samples, cell, bits, bits - 1, **kinds)
        shape = (96, 80, samples)[: 2 + (samples > 1)]
        low = -(1 << bits - 1) if signed else 0
        noise = np.random.default_rng(bits).integers(low, low + (1 << bits), shape)
        noise[:60] = np.arange(80).reshape(80, *[1] * (samples > 1)) + low
        pixels = noise.astype(layout.dtype)
        found += [_seed(end, layout, encode_frame(pixels, ROOT + end, layout).data) for end in lossless]
        for end, quality in (("4.50", 80), ("4.51", 80), ("4.81", 2), ("4.91", 8), ("4.203", 8), ("4.112", 8)):
            if (end == "4.50" and bits > 8) or (signed and end in ("4.50", "4.51", "4.81", "4.112")):
                continue
            found.append(_seed(end, layout, encode_frame(pixels, ROOT + end, layout, quality=quality).data))
    gray = found[0].layout
    values = np.random.default_rng(1).integers(0, 255, (96, 80)).astype("u1")
    found.append(_seed("4.111", gray, bytes(imagecodecs.jpegxl_encode_jpeg(imagecodecs.jpeg8_encode(values, 80)))))
    found.append(_seed("4.90", gray, bytes(imagecodecs.jpeg2k_encode(values, 0, codecformat="jp2", reversible=True))))
    return found


def _seed(end: str, layout: Layout, data: bytes) -> Seed:
    return Seed(f"{end}/{layout.samples}x{layout.bits_stored}", ROOT + end, layout, data)


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Change a few bytes, the header more often than the rest; cut, repeat or move parts."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if not made:
            break
        most = len(made) if chance.random() < 0.4 else min(len(made), 160)
        at = chance.randrange(most)
        kind = chance.randrange(8)
        if kind < 3:
            made[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, chance.randrange(256)))
        elif kind == 3:
            made[at] ^= 1 << chance.randrange(8)
        elif kind == 4:
            made[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\0\xff\xff"))
        elif kind == 5:
            del made[at : at + chance.randrange(1, 40)]
        elif kind == 6:
            made[at:at] = made[at : at + chance.randrange(1, 40)]
        elif chance.random() < 0.2:
            del made[at:]
    return bytes(made)


def work(first: int, seconds: float, only: str, begin: int) -> int:
    """Decode until time is over; the number of each attempt is told before it, on standard output."""
    from hounsfield.errors import HounsfieldError
    from hounsfield.pixels.decode import decode_frame

    chosen = [seed for seed in seeds() if only in seed.name]
    for seed in chosen:
        # Codecs load before memory is bounded.
        decode_frame(seed.data, seed.syntax, seed.layout)
    _bound()
    stop, number = time.monotonic() + seconds, begin
    while time.monotonic() < stop:
        number += 1
        seed = chosen[number % len(chosen)]
        data = damaged(seed.data, random.Random(f"{first}:{number}"))
        os.write(1, f"{number} {seed.name} ".encode())
        signal.setitimer(signal.ITIMER_PROF, LONGEST)
        signal.alarm(10 * LONGEST)
        try:
            found = decode_frame(data, seed.syntax, seed.layout)
            right = found.shape[:2] == (seed.layout.rows, seed.layout.columns) and found.dtype == seed.layout.dtype
            outcome = "decoded" if right else WRONG
        except HounsfieldError as error:
            outcome = EXHAUSTED if "MemoryError" in str(error) else error.code
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        os.write(1, f"{outcome}\n".encode())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    os.write(1, f"# {peak}\n".encode())
    return 0


def _bound() -> None:
    with open("/proc/self/statm", encoding="ascii") as file:
        pages = int(file.read().split()[0])
    most = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def watch(options: argparse.Namespace) -> int:
    """Run workers until time is over; give what they found."""
    stop, begin = time.monotonic() + options.seconds, 0
    outcomes: Counter[str] = Counter()
    findings, peak = [], 0
    while (left := stop - time.monotonic()) > 0:
        words = ["--worker", "--seed", options.seed, "--seconds", left, "--only", options.only, "--begin", begin]
        done = subprocess.run(
            [sys.executable, __file__, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = done.stdout.splitlines()
        if lines and lines[-1].startswith("#"):
            peak = max(peak, int(lines.pop()[2:]))
        outcomes.update(line.split(" ")[2] for line in lines)
        if done.returncode:
            last = lines[-1] if lines else "before the first"
            findings.append(f"{last}: exit code {done.returncode}\n{done.stderr[-600:]}")
            if not lines:
                break
            begin = int(lines[-1].partition(" ")[0])
    bad = outcomes[WRONG] + outcomes[EXHAUSTED]
    total = sum(outcomes.values())
    print(f"{total:,} streams decoded or refused, at most {peak / 1024:,.0f} MB, {len(findings) + bad} findings")
    for kind, count in outcomes.most_common():
        print(f"  {count:9,}  {kind}")
    for finding in findings:
        print(f"FOUND {finding}")
    return 1 if findings or bad else 0


def main() -> int:
    """Watch, or work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--begin", type=int, default=0)
    parser.add_argument("--worker", action="store_true")
    options = parser.parse_args()
    if options.worker:
        return work(options.seed, options.seconds, options.only, options.begin)
    return watch(options)


if __name__ == "__main__":
    sys.exit(main())
