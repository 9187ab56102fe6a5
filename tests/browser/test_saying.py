"""What the page says when there is nothing to show, or nothing of use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.phantom import block, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


@pytest.mark.parametrize("of", [200, 140])
def test_a_folder_of_which_nothing_can_be_used_says_why(workstation: Workstation, tmp_path: Path, of: int) -> None:
    folder = write_ct(tmp_path / "ct", block, shape=(2, 16, 16))
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes()[:of])
    with running(folder) as server:
        workstation.page.goto(server.address)
        message = workstation.page.locator(".pane .message[role=alert]")
        message.wait_for()
        text = message.inner_text()
        assert "None of the files can be used" in text
        assert len(text.splitlines()) >= 2
