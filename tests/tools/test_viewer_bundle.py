"""The build step of the viewer: skipped with a word where something is missing, run through npm where all is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools import viewer_bundle

if TYPE_CHECKING:
    from pathlib import Path


def _npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_a_source_without_viewer_is_built_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not viewer_bundle.build(tmp_path)
    assert "this source has no viewer" in capsys.readouterr().err
    (tmp_path / viewer_bundle.BUNDLE).mkdir(parents=True)
    (tmp_path / viewer_bundle.BUNDLE / "index.html").touch()
    assert not viewer_bundle.build(tmp_path)
    assert "built before" in capsys.readouterr().err


def test_a_machine_without_node_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "viewer").mkdir()
    (tmp_path / "viewer" / "package.json").write_text("{}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not viewer_bundle.build(tmp_path)
    assert "install Node.js" in capsys.readouterr().err
    (tmp_path / viewer_bundle.BUNDLE).mkdir(parents=True)
    (tmp_path / viewer_bundle.BUNDLE / "index.html").touch()
    assert not viewer_bundle.build(tmp_path)
    assert "built before" in capsys.readouterr().err


def test_npm_builds_into_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "viewer").mkdir()
    (tmp_path / "viewer" / "package.json").write_text("{}")
    _npm(tmp_path / "bin", 'echo "$PWD $*" >> ../said', monkeypatch)
    assert viewer_bundle.build(tmp_path)
    place = tmp_path / "viewer"
    assert (tmp_path / "said").read_text().splitlines() == [
        f"{place} ci --no-audit --no-fund",
        f"{place} run build -- --outDir {tmp_path / viewer_bundle.BUNDLE}",
    ]


def test_a_failing_build_stops_the_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "viewer").mkdir()
    (tmp_path / "viewer" / "package.json").write_text("{}")
    _npm(tmp_path / "bin", "exit 3", monkeypatch)
    with pytest.raises(SystemExit, match="npm ci"):
        viewer_bundle.build(tmp_path)
