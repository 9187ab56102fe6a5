"""What `hu doctor` shows is what the codecs do, and what to do where one is missing."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from hounsfield.cli import main
from hounsfield.pixels.availability import available, libraries
from hounsfield.pixels.syntaxes import SYNTAXES

if TYPE_CHECKING:
    import pytest


def test_everything_that_the_table_promises_is_there() -> None:
    rows = {row.uid: row for row in available()}
    assert rows.keys() == SYNTAXES.keys()
    for uid, row in rows.items():
        assert (row.read, row.write) == (SYNTAXES[uid].readable, SYNTAXES[uid].writable), row.name
        assert row.note or row.read, f"{row.name} is not read, and nobody says why"
        assert row.reader or not row.write, f"{row.name} is written, and nobody else reads it"


def test_versions_are_those_of_the_libraries() -> None:
    import imagecodecs

    found = libraries()
    assert found["jpeg-2000"].version == imagecodecs.jpeg2k_version().removeprefix("openjpeg ")
    assert found["jpeg"].package == f"imagecodecs {imagecodecs.__version__}"


def test_what_is_missing_comes_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "pip install 'hounsfield[video]'" in shown.partition("\nMissing")[2]
    main(["doctor", "--json"])
    rows = {row["uid"]: row for row in json.loads(capsys.readouterr().out)["syntaxes"]}
    assert not rows["1.2.840.10008.1.2.4.102"]["read"]
    assert "video" in rows["1.2.840.10008.1.2.4.102"]["note"]
    assert rows["1.2.840.10008.1.2.4.80"]["read"]
