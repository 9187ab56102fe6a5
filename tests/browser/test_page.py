"""What surrounds the pictures: studies, views, words, palette, keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.phantom import block, gradient, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def test_studies_are_found_opened_and_compared(workstation: Workstation, tmp_path: Path) -> None:
    write_ct(tmp_path / "one", block, shape=(4, 32, 32), name="Adams^Ann")
    write_ct(tmp_path / "two", gradient, shape=(4, 32, 32), name="Brown^Bea")
    with running(tmp_path) as server:
        workstation.open(server.address)
        page = workstation.page
        workstation.press("Control+o")
        lines = page.locator(".studies .list .line")
        assert lines.count() == 2
        page.get_by_role("searchbox").fill("brown ct")
        assert lines.count() == 1
        page.keyboard.press("Enter")
        workstation.settled()
        assert "Brown" in page.locator(".pane .top-left").first.inner_text()
        workstation.press("Control+o")
        lines.filter(has_text="Adams").get_by_role("button", name="Compare").click()
        workstation.wait("hounsfield.store.pane('pane-2')?.phase.value === 'ready'")
        workstation.settled()
        words = [corner.inner_text() for corner in page.locator(".pane .top-left").all()]
        assert ["Brown" in words[0], "Adams" in words[1]] == [True, True]


def test_a_series_is_dragged_into_a_view(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", block, shape=(4, 32, 32))) as server:
        workstation.open(server.address)
        workstation.press("Alt+w")
        page = workstation.page
        page.locator(".rail button").first.drag_to(page.locator(".pane").nth(1))
        workstation.wait("hounsfield.store.pane('pane-2').phase.value === 'ready'")
        assert workstation.ask("hounsfield.store.activeId.value") == "pane-2"
        workstation.press("ArrowLeft")
        assert workstation.ask("hounsfield.store.activeId.value") == "pane-1"
        workstation.press("q")
        assert [pane.is_visible() for pane in page.locator(".pane").all()] == [True, False]


def test_palette_and_keys_are_worked_by_keyboard(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", block, shape=(4, 32, 32))) as server:
        workstation.open(server.address)
        page = workstation.page
        workstation.press("Control+k")
        page.keyboard.type("flip")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        workstation.settled()
        assert workstation.view()["flip_vertical"] is True
        assert page.locator("dialog").count() == 0
        workstation.press("?")
        page.get_by_role("button", name="Press the new keys for Invert").click()
        page.keyboard.press("Shift+Q")
        workstation.wait("hounsfield.commands.shortcut('view.invert') === 'Shift+Q'")
        page.keyboard.press("Escape")
        workstation.wait("hounsfield.room.dialog.value === 'none' && !document.querySelector('dialog')")
        workstation.press("Shift+Q")
        assert workstation.view()["invert"] is True
        page.reload()
        workstation.wait("globalThis.hounsfield?.store.active.value.phase.value === 'ready'")
        assert workstation.ask("hounsfield.commands.shortcut('view.invert')") == "Shift+Q"


def test_words_say_what_is_shown_and_hide_who_it_is(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", block, name="Hidden^Name")) as server:
        workstation.open(server.address)
        page = workstation.page
        pane = page.locator(".pane").first
        assert [pane.locator(f".letter.{side}").inner_text() for side in ("left", "right", "top", "bottom")] == [
            *"RLAP"
        ]
        page.mouse.move(*workstation.at((0, 0, 1)))
        workstation.settled()
        assert "1000 HU" in pane.locator(".bottom-right").inner_text()
        assert "C 500 W 1200" in pane.locator(".bottom-right").inner_text()
        assert "Slice 21 / 40" in pane.locator(".bottom-left").inner_text()
        bar = pane.locator(".scale").bounding_box()
        assert bar is not None
        number, unit = pane.locator(".scale").inner_text().split()
        length = float(number) * {"cm": 10, "mm": 1}[unit]
        assert abs(bar["width"] - abs(workstation.at((length, 0, 1))[0] - workstation.at((0, 0, 1))[0])) < 1.5
        assert "Hidden" in page.locator("body").inner_text()
        workstation.press("Shift+I")
        assert "Hidden" not in page.locator("body").inner_text()
        assert "patient hidden" in page.locator("body").inner_text()


def test_what_is_wrong_is_said(workstation: Workstation, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", gradient, shape=(3, 32, 32))
    with running(folder) as server:
        workstation.open(server.address)
        page = workstation.page
        workstation.ask(
            """() => {
              const { store } = hounsfield;
              const stack = store.active.value.stack.value;
              const error = (at) => (at === 1 ? "bytes are missing" : null);
              const other = (frame, at) => ({ ...frame, url: `${frame.url}?${at}`, error: error(at) });
              const frames = stack.frames.map(other);
              store.open("pane-1", { ...stack, id: "broken", frames }, { frame: 2 });
            }"""
        )
        workstation.settled()
        tile = page.get_by_role("alert")
        assert "bytes are missing" in tile.inner_text()
        workstation.press("ArrowDown")
        assert tile.count() == 0
    workstation.wait("hounsfield.store.server.value === 'lost'")
    assert "does not answer" in page.get_by_role("alert").inner_text()
