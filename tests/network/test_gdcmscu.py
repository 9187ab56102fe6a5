"""gdcmscu stores, asks and echoes.

GDCM 3.0.21 and later end with an abort of their own, whoever the peer is: after the association was released and closed
they look at its stream once more ("ProtocolStream as nullptr is invalid"). What was said until then holds.
"""

from __future__ import annotations

import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom import dcmread

from hounsfield.network.provider.catalog_source import CatalogSource
from tests.network.archives import dcmqrscp, fill
from tests.network.provider.site import archive
from tests.network.storage.peers import receiver
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

DATA = Path(__file__).parents[1] / "data" / "pydicom"
CT, MR = DATA / "CT_small.dcm", DATA / "MR_small.dcm"
ABORT = "ProtocolStream as nullptr is invalid"


def gdcmscu(port: int, title: str, *words: str) -> str:
    """Run it; it may abort in the way that is known, and in no other."""
    command = [require("gdcmscu"), "-H", "127.0.0.1", "-p", str(port), "--call", title, "--aetitle", "GDCMSCU", *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or ABORT in done.stderr, (done.returncode, done.stderr)
    return done.stdout + done.stderr


def test_it_stores_every_element_and_releases(tmp_path: Path) -> None:
    with receiver(tmp_path / "in") as peer:
        gdcmscu(peer.port, "HERE", "--store", "-i", str(MR))
        (outcome,) = peer.done()
    assert (outcome.end, outcome.stored, outcome.refused) == ("released", 1, 0)
    assert dcmread(tmp_path / "in" / f"{dcmread(MR).SOPInstanceUID}.dcm") == dcmread(MR)


def test_it_asks_and_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answered: list[str] = []
    found = CatalogSource.find

    def seen(self: CatalogSource, *words: Any, **more: Any) -> Iterator[Any]:
        for one in found(self, *words, **more):
            # Goes on only when the answer was sent.
            yield one
            answered.append(str(one.PatientID))

    monkeypatch.setattr(CatalogSource, "find", seen)
    with archive(tmp_path, [CT, MR]) as provider:
        gdcmscu(provider.port, "HERE", "--find", "--patientroot", "--patient", "--key", "10,20=1*")
        gdcmscu(provider.port, "HERE", "--echo")
    assert answered == ["1CT1"]


def test_it_ends_with_other_peers_in_the_same_way(tmp_path: Path) -> None:
    with ExitStack() as stack:
        theirs = stack.enter_context(dcmqrscp(tmp_path / "theirs"))
        fill("PACS", theirs, CT)
        ours = stack.enter_context(archive(tmp_path / "ours", [CT])).port
        for words in (
            ["--echo"],
            ["--find", "--patientroot", "--patient", "--key", "10,20=1*"],
            ["--store", "-i", str(MR)],
        ):
            assert (ABORT in gdcmscu(theirs, "PACS", *words)) == (ABORT in gdcmscu(ours, "HERE", *words))
