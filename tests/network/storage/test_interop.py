"""Storage associations with DCMTK and pynetdicom at the other end, with real files in many transfer syntaxes."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pydicom
import pytest
from pydicom.uid import JPEGBaseline8Bit

import hounsfield as hu
from hounsfield.errors import PeerError
from hounsfield.network.address import Address
from hounsfield.network.storage.receiving import Bounds
from hounsfield.network.storage.sending import Line, Outgoing, send
from tests.network.storage.peers import foreign, free_port, receiver
from tests.programs import require

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA = Path(__file__).parents[2] / "data" / "pydicom"


def outgoing(folder: Path) -> list[Outgoing]:
    found = [
        Outgoing(one.path, one["SOPClassUID"], one["SOPInstanceUID"], one["TransferSyntaxUID"])
        for one in hu.scan(folder).instances
        if one["SOPInstanceUID"] and one["SOPClassUID"] and one["TransferSyntaxUID"] and "truncated" not in one.path
    ]
    unique = {one.sop_instance: one for one in found}
    assert len({one.syntax for one in unique.values()}) > 3
    return list(unique.values())


def data_set(path: str | Path) -> bytes:
    """The bytes after the File Meta Information."""
    whole = Path(path).read_bytes()
    with open(path, "rb") as file:
        pydicom.filereader.read_preamble(file, force=True)
        pydicom.filereader._read_file_meta_info(file)
        return whole[file.tell() :]


def even(content: bytes) -> bytes:
    """What is deflated may be odd, which no fragment of a message is: a NUL follows (PS3.5 A.5)."""
    return content + bytes(len(content) % 2)


@pytest.mark.parametrize("window", [1, 16])
def test_ours_to_ours_keeps_every_byte(tmp_path: Path, window: int) -> None:
    objects = outgoing(DATA)
    with receiver(tmp_path / "inbox") as peer:
        sent = list(send(Address("ANY", "127.0.0.1", peer.port), objects, Line(window=window)))
        (outcome,) = peer.done()
    assert [one.reason for one in sent if not one.ok] == []
    assert (outcome.end, outcome.stored, outcome.refused) == ("released", len(objects), 0)
    for one in objects:
        kept = tmp_path / "inbox" / f"{one.sop_instance}.dcm"
        assert data_set(kept) == even(data_set(one.path))
        meta = pydicom.dcmread(kept, stop_before_pixels=True).file_meta
        assert (meta.TransferSyntaxUID, meta.SourceApplicationEntityTitle) == (one.syntax, "HOUNSFIELD")
        assert meta.FileMetaInformationGroupLength == len(pydicom_group(kept)) - 12
    assert list((tmp_path / "inbox" / ".incoming").iterdir()) == []


def pydicom_group(path: Path) -> bytes:
    whole = path.read_bytes()
    return whole[132 : len(whole) - len(data_set(path))]


def test_ours_to_storescp(tmp_path: Path) -> None:
    objects = outgoing(DATA)
    port = free_port()
    command = [require("storescp"), "+B", "+xa", "-od", str(tmp_path), str(port)]
    with foreign(command, port):
        sent = list(send(Address("STORESCP", "127.0.0.1", port), objects))
    assert [one.reason for one in sent if not one.ok] == []
    kept = {pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID: path for path in tmp_path.iterdir()}
    for one in objects:
        assert data_set(kept[one.sop_instance]) == even(data_set(one.path))


def test_what_storescp_does_not_take_is_sent_uncompressed(tmp_path: Path) -> None:
    objects = [one for one in outgoing(DATA) if one.syntax == JPEGBaseline8Bit][:1]
    port = free_port()
    # Without options storescp takes uncompressed syntaxes only.
    with foreign([require("storescp"), "-od", str(tmp_path), str(port)], port):
        (sent,) = send(Address("STORESCP", "127.0.0.1", port), objects)
    assert (sent.ok, sent.transcoded) == (True, "1.2.840.10008.1.2.1")
    (kept,) = tmp_path.iterdir()
    assert (pydicom.dcmread(kept).pixel_array == hu.frame(objects[0].path, 0)).all()


def test_storescu_to_ours(tmp_path: Path) -> None:
    objects = [one for one in outgoing(DATA) if one.syntax == "1.2.840.10008.1.2.1"]
    with receiver(tmp_path / "inbox") as peer:
        paths = [one.path for one in objects]
        command = [require("storescu"), "-R", "-aet", "DCMTK", "127.0.0.1", str(peer.port), *paths]
        done = subprocess.run(command, check=False, capture_output=True, timeout=60)
        (outcome,) = peer.done()
    assert done.returncode == 0, done.stderr
    assert outcome.stored == len(objects)
    for one in objects:
        # storescu writes lengths of its own and leaves padding at the end out.
        wanted = pydicom.dcmread(one.path)
        wanted.pop("DataSetTrailingPadding", None)
        assert pydicom.dcmread(tmp_path / "inbox" / f"{one.sop_instance}.dcm") == wanted


def test_a_refusal_says_what_and_why(tmp_path: Path) -> None:
    objects = outgoing(DATA)

    def no_ct(sop_class: str, syntaxes: Sequence[str]) -> str | None:
        return None if sop_class == "1.2.840.10008.5.1.4.1.1.2" else syntaxes[0]

    with receiver(tmp_path / "inbox", choose=no_ct) as peer:
        sent = list(send(Address("ANY", "127.0.0.1", peer.port), objects))
        peer.done()
    refused = [one for one in sent if not one.ok]
    assert {one.object.sop_class for one in refused} == {"1.2.840.10008.5.1.4.1.1.2"}
    assert {one.code for one in refused} == {"not-accepted"}
    assert all("CT Image Storage" in one.reason for one in refused)
    assert len(sent) == len(objects)


def test_nobody_listens() -> None:
    with pytest.raises(PeerError, match="no connection") as raised:
        list(send(Address("ANY", "127.0.0.1", free_port()), outgoing(DATA)))
    assert raised.value.code == "unreachable"


def test_a_file_that_is_gone_does_not_stop_the_others(tmp_path: Path) -> None:
    objects = outgoing(DATA)[:3]
    gone = Outgoing(str(tmp_path / "gone.dcm"), objects[0].sop_class, "1.2.3", objects[0].syntax)
    with receiver(tmp_path / "inbox") as peer:
        sent = list(send(Address("ANY", "127.0.0.1", peer.port), [gone, *objects]))
        (outcome,) = peer.done()
    assert [one.ok for one in sent] == [False, True, True, True]
    assert outcome.stored == 3


def test_the_same_object_again_and_another_under_its_name(tmp_path: Path) -> None:
    objects = outgoing(DATA)[:2]
    other = Outgoing(objects[1].path, objects[1].sop_class, objects[0].sop_instance, objects[1].syntax)
    with receiver(tmp_path / "inbox") as peer:
        address = Address("ANY", "127.0.0.1", peer.port)
        for share in ([objects[0]], [objects[0]], [other]):
            assert all(one.ok for one in send(address, share))
        peer.done()
    names = sorted(path.name for path in (tmp_path / "inbox").iterdir() if path.is_file())
    assert names == [f"{objects[0].sop_instance}-2.dcm", f"{objects[0].sop_instance}.dcm"]
    assert data_set(tmp_path / "inbox" / names[1]) == data_set(objects[0].path)


def test_too_large_is_refused_and_the_rest_kept(tmp_path: Path) -> None:
    objects = sorted(outgoing(DATA), key=lambda one: Path(one.path).stat().st_size)
    small, large = objects[0], objects[-1]
    bounds = Bounds(object_bytes=Path(small.path).stat().st_size + 2000, sync=False, wait=5, pdu_time=5)
    with receiver(tmp_path / "inbox", bounds=bounds) as peer:
        sent = list(send(Address("ANY", "127.0.0.1", peer.port), [large, small]))
        peer.done()
    assert [one.status for one in sent] == [0xA700, 0]
    assert "out of resources" in sent[0].reason


def test_objects_in_archives_and_objects_without_names(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "cd.zip", "w") as archive:
        archive.write(DATA / "CT_small.dcm", "DICOM/IM1")
    nameless = pydicom.dcmread(DATA / "CT_small.dcm")
    del nameless.SOPInstanceUID
    nameless.save_as(tmp_path / "nameless.dcm")
    with receiver(tmp_path / "inbox") as peer:
        with hu.Peer(f"ANY@127.0.0.1:{peer.port}") as found:
            rows = {Path(one.object.path).name: one for one in found.send(tmp_path)}
        peer.done()
    assert rows["IM1"].ok
    assert rows["nameless.dcm"].reason == "it has no SOP Instance UID"
    (kept,) = (tmp_path / "inbox").glob("*.dcm")
    assert data_set(kept) == data_set(DATA / "CT_small.dcm")
