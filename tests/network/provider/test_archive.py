"""A provider over an archive: what is stored can be asked for, retrieved and committed, after a restart as well."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import hounsfield as hu
from hounsfield.network.provider.catalog_source import CatalogSource
from hounsfield.network.provider.committing import Committing
from hounsfield.network.provider.finding import Finding
from hounsfield.network.provider.provider import Provider
from hounsfield.network.provider.retrieving import Retrieving
from hounsfield.network.provider.site import Site
from tests.network.storage.test_interop import data_set
from tests.network.user.test_transfer import plain
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hounsfield.network.provider.service import Handler

DATA = Path(__file__).parents[2] / "data" / "pydicom"
CT, JPEG = DATA / "CT_small.dcm", DATA / "SC_rgb_jpeg_dcmtk.dcm"


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[hu.Peer]:
    with hu.Archive(folder) as archive:
        source, site = CatalogSource(archive.database), Site("HERE", port=0)
        handlers: list[Handler] = [Finding(source, "HERE"), Retrieving(source, site), Committing(source, site)]
        with (
            Provider(site, keeper=archive, handlers=handlers) as provider,
            hu.Peer(f"HERE@127.0.0.1:{provider.port}") as peer,
        ):
            yield peer


def test_stored_asked_for_retrieved_and_committed(tmp_path: Path) -> None:
    with serving(tmp_path / "archive") as peer:
        where = ["127.0.0.1", str(peer.address.port)]
        subprocess.run([require("storescu"), "-aec", "HERE", *where, str(CT)], check=True, timeout=30)
        assert [one.reason for one in peer.send(JPEG)] == [""]
        assert len(list(peer.find())) == 2
        assert peer.commit([CT, JPEG]).ok
    with serving(tmp_path / "archive") as peer:
        for study in peer.find():
            for path in peer.retrieve(study, into=tmp_path / "back").files:
                same = [one for one in (CT, JPEG) if plain(one).SOPInstanceUID == plain(path).SOPInstanceUID]
                assert plain(path) == plain(same[0])
                if same[0] == JPEG:
                    assert data_set(path) == data_set(JPEG)
        assert len(list((tmp_path / "back").iterdir())) == 2
