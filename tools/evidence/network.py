"""Evidence for devices on the network, with DCMTK's archive at the other end."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.evidence.row import Row, hu

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["rows"]

_FILE = "pydicom/…/CT_small.dcm"


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    import pydicom

    path = next(data.rglob("CT_small.dcm"))
    sent = pydicom.dcmread(path)
    sent.pop("DataSetTrailingPadding", None)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with _dcmqrscp(folder) as port:
            peer = f"PACS@127.0.0.1:{port}"
            counts = json.loads(hu("send", path, peer, "--json"))["counts"]
            (study,) = json.loads(hu("find", peer, "PatientID=1CT1", "--json"))["answers"]
            hu("retrieve", peer, study["StudyInstanceUID"], "-o", folder / "back")
        (came,) = (folder / "back").iterdir()
        same = pydicom.dcmread(came) == sent
    yield Row(
        "what is sent is found, and comes back the same",
        "`hu send`, `hu find`, `hu retrieve`",
        _FILE,
        "dcmqrscp",
        f"{counts['stored']} stored, 1 study found, every element back the same: {same}",
        f"study {study['StudyInstanceUID']}",
        same and study["StudyInstanceUID"] == sent.StudyInstanceUID,
    )


@contextlib.contextmanager
def _dcmqrscp(folder: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "db").mkdir()
    lines = [
        f"NetworkTCPPort = {port}",
        "MaxPDUSize = 16384",
        "MaxAssociations = 16",
        "HostTable BEGIN",
        "HostTable END",
    ]
    lines += [
        "VendorTable BEGIN",
        "VendorTable END",
        "AETable BEGIN",
        f"PACS {folder / 'db'} RW (9, 99mb) ANY",
        "AETable END",
    ]
    (folder / "qr.cfg").write_text("\n".join(lines) + "\n")
    process = subprocess.Popen(["dcmqrscp", "-c", str(folder / "qr.cfg")], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(10)
