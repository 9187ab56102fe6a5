"""Evidence for archives: real files go into a bucket, the machine is lost, and they come back."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.archive import Archive
from tests.archive.s3 import server
from tests.network.storage.test_interop import data_set
from tests.operation.test_serve import series
from tests.operation.test_serve_crashes import crash
from tools.evidence.row import Row, hu

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["rows"]


def rows(data: Path) -> Iterator[Row]:
    """Give the rows."""
    yield _killed()
    with tempfile.TemporaryDirectory() as place, server() as s3, _set(s3.environment()):
        folder, bucket = Path(place), "s3://images/evidence"
        said = json.loads(hu("archive", "add", folder / "one", data, "--storage", bucket, "--json", codes=(0, 1)))
        stored = said["counts"]["stored"]
        keys = [
            one["Key"]
            for page in s3.client()
            .get_paginator("list_objects_v2")
            .paginate(Bucket="images", Prefix="evidence/objects")
            for one in page["Contents"]
        ]
        came = {hashlib.sha256(s3.get(key)).hexdigest() for key in keys}
        there = {hashlib.sha256(path.read_bytes()).hexdigest() for path in data.rglob("*") if path.is_file()}
        same = came == {Path(key).stem for key in keys}
        # Of objects that lie in ZIP archives there is no file to compare with.
        yield Row(
            "what is archived in S3 is there byte for byte, under its SHA-256",
            "`hu archive add --storage`",
            "all test data",
            "boto3, moto's S3",
            f"{stored} objects stored",
            f"{len(keys)} read back, {len(came & there)} of them equal to a file, names are checksums: {same}",
            same and len(keys) == stored,
        )
        shutil.rmtree(folder / "one")
        found = json.loads(
            hu("archive", "verify", folder / "two", "--rebuild", "--storage", bucket, "--json", codes=(0, 1))
        )
        paths = json.loads(hu("archive", "export", folder / "two", "-o", folder / "out", "--json"))["paths"]
        back = {hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths}
        yield Row(
            "when the machine is lost, index and objects come back from the bucket",
            "`hu archive verify --rebuild`, `hu archive export`",
            "all test data",
            "boto3, moto's S3",
            f"{len(found['recovered'])} recovered, {len(found['damaged'])} damaged; {len(back)} exported",
            f"the same {len(came)}: {back == came}",
            back == came,
        )


def _killed() -> Row:
    """Kill an archive that two senders store into, until everything was acknowledged."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = series(folder / "send", 200)
        kills, told = crash(folder / "archive", paths, (), {})
        with Archive(folder / "archive") as archive:
            there = sum(
                data_set(archive.open(f"1.2.826.0.1.{index}")) == data_set(path) for index, path in enumerate(paths)
            )
            found = archive.verify()
    return Row(
        "what was acknowledged survives kill -9 at random moments, byte for byte",
        "`hu serve`",
        "pydicom/…/CT_small.dcm, 200 times",
        "storescu, two at once",
        f"{there} objects as they were sent, after {kills} kills; {len(found.damaged)} damaged",
        f"{told} acknowledged",
        there == told == found.checked == len(paths) and kills > 2 and found.sound,
    )


@contextmanager
def _set(values: Mapping[str, str]) -> Iterator[None]:
    """Let programs that are started see variables."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
