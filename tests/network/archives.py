"""Foreign archives on loopback, each in a folder of its own."""

from __future__ import annotations

import contextlib
import json
import subprocess
from typing import TYPE_CHECKING

from tests.network.storage.peers import foreign, free_port
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["dcmqrscp", "fill", "orthanc", "worklists"]


@contextlib.contextmanager
def dcmqrscp(folder: Path, destinations: Mapping[str, int] | None = None) -> Iterator[int]:
    """DCMTK's archive with the title PACS; gives its port. `destinations` are titles and ports for C-MOVE."""
    port = free_port()
    (folder / "db").mkdir(parents=True)
    known = enumerate((destinations or {}).items())
    hosts = [f"h{place} = ({title}, localhost, {number})" for place, (title, number) in known]
    lines = [
        f"NetworkTCPPort = {port}",
        "MaxPDUSize = 16384",
        "MaxAssociations = 16",
        "HostTable BEGIN",
        *hosts,
        "HostTable END",
        "VendorTable BEGIN",
        "VendorTable END",
        "AETable BEGIN",
        f"PACS {folder / 'db'} RW (200, 1024mb) ANY",
        "AETable END",
    ]
    (folder / "dcmqrscp.cfg").write_text("\n".join(lines) + "\n")
    with foreign([require("dcmqrscp"), "-c", str(folder / "dcmqrscp.cfg")], port):
        yield port


@contextlib.contextmanager
def worklists(folder: Path, items: list[str]) -> Iterator[int]:
    """DCMTK's worklist server with the title WL; `items` are what dump2dcm reads; gives its port."""
    port = free_port()
    place = folder / "WL"
    place.mkdir(parents=True)
    (place / "lockfile").touch()
    for number, text in enumerate(items):
        (folder / f"{number}.dump").write_text(text)
        subprocess.run([require("dump2dcm"), str(folder / f"{number}.dump"), str(place / f"{number}.wl")], check=True)
    with foreign([require("wlmscpfs"), "-dfr", "-dfp", str(folder), str(port)], port):
        yield port


@contextlib.contextmanager
def orthanc(
    folder: Path, modalities: Mapping[str, int] | None = None, *, more: Mapping[str, object] | None = None
) -> Iterator[tuple[int, int]]:
    """Orthanc with the title ORTHANC and more settings; gives its DICOM and its HTTP port."""
    port, web = free_port(), free_port()
    folder.mkdir(parents=True)
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "HttpPort": web,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowGet": True,
        "DicomAlwaysAllowMove": True,
        "DicomModalities": {name: [name, "127.0.0.1", number] for name, number in (modalities or {}).items()},
        **(more or {}),
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with foreign([require("Orthanc"), str(folder / "orthanc.json")], port):
        yield port, web


def fill(title: str, port: int, *paths: Path) -> None:
    """Store files with DCMTK's storescu."""
    command = [require("storescu"), "-R", "-aec", title, "127.0.0.1", str(port), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
