"""The server behind the workstation over loopback: `python -m benchmarks.server [--data FOLDER] [--json]`.

A server in a process of its own, asked through plain sockets, so that little but the server is measured. Times are the
best of several, as other work on the machine can only add to them; the medians stand beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.kept import Measured, keep_measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["main"]

SLICES, FIRST, STUDIES = 500, 600, 10_000
_REPEATS = 5
_TITLE = "The server behind the workstation, over loopback; the best of 5"
_BUFFER = 8 << 20


class Server:
    """A running `hu open`, and one who may ask it."""

    def __init__(self, address: str, begun: float) -> None:
        found = urlsplit(address)
        self.place = (str(found.hostname), int(found.port or 0))
        self.begun = begun
        self.cookie = ""
        answer = self.ask(f"/?{found.query}", status=303)
        named = re.search(rb"set-cookie: ([^;]+)", answer, re.IGNORECASE)
        assert named is not None
        self.cookie = named[1].decode()

    def connect(self) -> socket.socket:
        """Open a connection."""
        return socket.create_connection(self.place)

    def ask(
        self, path: str, connection: socket.socket | None = None, *, accept: str = "*/*", status: int = 200
    ) -> bytes:
        """Ask for one address, and give the whole answer."""
        used = connection or self.connect()
        words = f"GET {path} HTTP/1.1\r\nHost: {self.place[0]}:{self.place[1]}\r\nAccept: {accept}\r\n"
        used.sendall(f"{words}Cookie: {self.cookie}\r\n\r\n".encode())
        answer = bytearray()
        length = None
        while length is None or len(answer) < length:
            piece = used.recv(_BUFFER)
            assert piece, "the server went away"
            answer += piece
            if length is None and (end := answer.find(b"\r\n\r\n")) >= 0:
                head = bytes(answer[:end]).lower()
                assert f" {status} ".encode() in head[:20], bytes(answer[:300])
                size = re.search(rb"content-length: (\d+)", head)
                length = end + 4 + (int(size[1]) if size else 0)
        if connection is None:
            used.close()
        return bytes(answer)

    def json(self, path: str) -> object:
        """Ask for JSON."""
        return json.loads(self.ask(path).partition(b"\r\n\r\n")[2])


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run `hu open` on a folder."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "hounsfield", "open", "--no-browser", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield Server(process.stdout.readline().strip(), begun)
    finally:
        process.terminate()
        process.wait(30)


def series(folder: Path, slices: int) -> Path:
    """Make a CT series of 512 x 512, once."""
    from hounsfield.testing.series import chest_ct

    place = folder / f"ct{slices}"
    if not (place / "done").exists():
        chest_ct(place, slices=slices, rows=512, spacing=1.0)
        (place / "done").touch()
    return place


def studies(folder: Path) -> Path:
    """Make many studies of one small image, once."""
    from pydicom import dcmread
    from pydicom.uid import UID

    from hounsfield.testing.headers import uid
    from hounsfield.testing.series import chest_ct

    place = folder / f"studies{STUDIES}"
    if (place / "done").exists():
        return place
    place.mkdir(parents=True, exist_ok=True)
    (first,) = chest_ct(folder / "one", slices=1, rows=16)
    dataset = dcmread(first)
    for number in range(STUDIES):
        dataset.PatientID, dataset.PatientName = f"P{number:05d}", f"FAMILY{number % 997}^GIVEN{number % 89}"
        dataset.StudyDate = f"{2000 + number % 24}{number % 12 + 1:02d}{number % 28 + 1:02d}"
        dataset.StudyInstanceUID, dataset.SeriesInstanceUID = UID(uid("study", number)), UID(uid("series", number))
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = UID(uid("instance", number))
        dataset.save_as(place / f"{number}.dcm")
    (place / "done").touch()
    return place


def timed(function: Callable[[], object]) -> list[float]:
    """Measure a few times, after once for nothing."""
    function()
    found = []
    for _ in range(_REPEATS):
        begun = time.perf_counter()
        function()
        found.append(time.perf_counter() - begun)
    return found


def rates(server: Server, paths: Sequence[str], connections: int, accept: str) -> list[float]:
    """Measure MB/s of getting all `paths` over some connections at once."""

    def fetch(share: Sequence[str], sizes: list[int]) -> None:
        with server.connect() as connection:
            sizes.append(sum(len(server.ask(path, connection, accept=accept)) for path in share))

    found = []
    for _ in range(_REPEATS):
        sizes: list[int] = []
        threads = [threading.Thread(target=fetch, args=(paths[k::connections], sizes)) for k in range(connections)]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found.append(sum(sizes) / (time.perf_counter() - begun) / 1e6)
    return found


def figures(folder: Path) -> list[tuple[str, str, float, float]]:
    """Measure everything: what, unit, best, median."""
    found = []

    def add(what: str, unit: str, values: list[float], best: Callable[[list[float]], float] = min) -> None:
        found.append((what, unit, best(values), statistics.median(values)))
        print(f"{what:<72} {found[-1][2]:>8.1f} {found[-1][3]:>8.1f} {unit}", file=sys.stderr, flush=True)

    add(f"hu open to the first frame of {FIRST} slices", "ms", [first_frame(folder) * 1000 for _ in range(_REPEATS)])
    with running(series(folder, SLICES)) as server:
        frames, base = opened(server)
        for accept, words in (
            ('multipart/related; type="application/octet-stream"', "uncompressed"),
            ("multipart/related; type=application/octet-stream; transfer-syntax=*", "as stored"),
        ):
            paths = [f"{base}/instances/{frame['sop_instance_uid']}/frames/1" for frame in frames]
            for connections in (1, 4):
                what = f"WADO-RS frames of {SLICES} slices, {words}, {connections} connection{'s' * (connections > 1)}"
                add(what, "MB/s", rates(server, paths, connections, accept), max)
        add(
            "the workstation's frames, 4 connections",
            "MB/s",
            rates(server, [one["url"] for one in frames], 4, "*/*"),
            max,
        )
        values = timed(lambda: server.ask(f"{base}/metadata"))
        add(f"metadata of {SLICES} instances", "ms", [one * 1000 for one in values])
    with running(studies(folder)) as server:
        while server.json("/api/state")["state"] != "done":  # type: ignore[index]
            time.sleep(0.1)
        for words, query in (
            ("by the beginning of a name", "PatientName=family99*"),
            ("by a range of dates", "StudyDate=20100101-20100131"),
            ("by modality and ID", "ModalitiesInStudy=CT&PatientID=P0123*"),
            ("fuzzily by name", "PatientName=give88%20fam&fuzzymatching=true"),
        ):
            values = timed(lambda query=query: server.ask(f"/dicom-web/studies?limit=101&{query}"))  # type: ignore[misc]
            add(f"{STUDIES:,} studies filtered {words}", "ms", [one * 1000 for one in values])
    return found


def opened(server: Server) -> tuple[list[dict[str, str]], str]:
    """Wait for the series, and give its frames and its address."""
    while True:
        listed = server.json("/api/studies")
        assert isinstance(listed, list)
        if listed:
            break
        time.sleep(0.01)
    study, one = listed[0]["study_instance_uid"], listed[0]["series"][0]["series_instance_uid"]
    stacks = server.json(f"/api/series/{one}/stacks")
    assert isinstance(stacks, list)
    return stacks[0]["frames"], f"/dicom-web/studies/{study}/series/{one}"


def first_frame(folder: Path) -> float:
    """Measure from the start of the command to the first frame."""
    with running(series(folder, FIRST)) as server:
        frames, _ = opened(server)
        server.ask(frames[0]["url"])
        return time.perf_counter() - server.begun


def main(words: list[str] | None = None) -> int:
    """Measure, and print a table or JSON."""
    parser = argparse.ArgumentParser("python -m benchmarks.server", description="Measure the server over loopback.")
    parser.add_argument("--data", type=Path, default=Path(__file__).parent / ".data", help="where data are kept")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the figures of the page are kept")
    given = parser.parse_args(words)
    found = figures(given.data)
    if given.keep:
        rows = [(what, f"{best:,.1f} {unit}", "") for what, unit, best, _ in found]
        keep_measured(given.keep, "server", Measured(_TITLE, "python -m benchmarks.server", rows))
    if given.json:
        keys = ("what", "unit", "best", "median")
        print(json.dumps([dict(zip(keys, row, strict=True)) for row in found], indent=2))
        return 0
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}, best and median of {_REPEATS}\n")
    print("| what | best | median |\n|---|---:|---:|")
    for what, unit, best, median in found:
        print(f"| {what} | {best:,.1f} {unit} | {median:,.1f} {unit} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
