"""The workstation as a person uses it: a page in Chromium, driven by mouse and keys."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from hounsfield.server.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

__all__ = ["Workstation", "running"]

# Milliseconds that the page may take for anything.
PATIENCE = 20_000

_SHOWN = """(pane) => {
  const shown = hounsfield.engine.shown(pane);
  return shown && { ...shown, values: Array.from(shown.values) };
}"""
_READY = "hounsfield.store.panes.value.every((pane) => !pane.stack.value || !pane.behind.value)"


@contextmanager
def running(*paths: Any, port: int = 0, **options: Any) -> Iterator[Running]:
    """Serve paths in a thread."""
    server = Running([str(path) for path in paths], port=port, **options)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: server.run(ready.set), daemon=True)
    thread.start()
    try:
        assert ready.wait(30)
        assert server.library.wait(60)
        yield server
    finally:
        server.stop()
        thread.join(30)


class Workstation:
    """A page that shows what a server has open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, address: str) -> None:
        """Go to an address, and wait for a picture."""
        self.page.goto(address)
        self.wait("globalThis.hounsfield?.store.active.value.phase.value === 'ready'")

    def wait(self, condition: str) -> None:
        """Wait until an expression is true in the page."""
        # Playwright's own way of waiting makes code of text in the page, which the page's policy forbids.
        end = time.monotonic() + PATIENCE / 1000
        while not self.ask(f"Boolean({condition})"):
            assert time.monotonic() < end, f"not within {PATIENCE / 1000:g} s: {condition}"
            self.page.wait_for_timeout(30)

    def ask(self, expression: str, argument: Any = None) -> Any:
        """Evaluate in the page; given up by the timer of the test when the page hangs."""
        return self.page.evaluate(expression, argument)

    def settled(self) -> None:
        """Wait until all panes show what they should: two frames pass without a change."""
        self.wait(_READY)
        self.ask(
            """async () => {
              const seen = () => JSON.stringify(hounsfield.store.panes.value.map(
                (pane) => [pane.slice.value, pane.drawn.value, pane.phase.value, pane.behind.value]));
              const end = performance.now() + 10_000;
              for (let quiet = 0, before = seen(); quiet < 4 && performance.now() < end; ) {
                await new Promise((resolve) => setTimeout(resolve, 40));
                const now = seen();
                quiet = now === before ? quiet + 1 : 0;
                before = now;
              }
            }"""
        )

    def run(self, command: str) -> None:
        """Run a command."""
        assert self.ask("(id) => hounsfield.commands.run(id)", command) is True, command
        self.settled()

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)
        self.settled()

    def view(self, pane: str = "pane-1") -> dict[str, Any]:
        """Give what a pane shows."""
        found: dict[str, Any] = self.ask("(id) => hounsfield.store.pane(id).view.value", pane)
        return found

    def change(self, pane: str, view: dict[str, Any]) -> None:
        """Let a pane show something else."""
        self.ask("([id, view]) => hounsfield.store.change(id, view)", [pane, view])
        self.settled()

    def slice(self, pane: str = "pane-1") -> tuple[int, int]:
        """Give the shown slice, from 0, and the number of slices."""
        at, count = self.ask(
            "(id) => { const pane = hounsfield.store.pane(id); return [pane.slice.value, pane.slices.value]; }", pane
        )
        return at, count

    def values(self, pane: str = "pane-1") -> tuple[np.ndarray, np.ndarray]:
        """Give the shown values ``(row, column)``, and the point of each, LPS in mm ``(row, column, 3)``."""
        shown = self.ask(_SHOWN, pane)
        values = np.array(shown["values"]).reshape(shown["rows"], shown["columns"])
        right, down = (np.array(shown["orientation"][at : at + 3]) for at in (0, 3))
        rows, columns = np.indices(values.shape)
        step = shown["spacing"]
        points = np.array(shown["position"]) + columns[..., None] * step[1] * right + rows[..., None] * step[0] * down
        return values, points

    def at(self, point: tuple[float, ...], pane: str = "pane-1") -> tuple[float, float]:
        """Give where a point of the patient, or a column and row, is on the page."""
        box = self.page.locator(f'[data-viewport-uid="{pane}"]').bounding_box()
        assert box is not None
        x, y = self.ask("([pane, point]) => hounsfield.engine.locate(pane, point)", [pane, list(point)])
        return float(box["x"] + x), float(box["y"] + y)

    def drag(self, *places: tuple[float, float], button: Any = "left") -> None:
        """Press, move and release the mouse."""
        mouse = self.page.mouse
        places = tuple((float(x), float(y)) for x, y in places)
        mouse.move(*places[0])
        mouse.down(button=button)
        for place in places[1:]:
            mouse.move(*place, steps=5)
        mouse.up(button=button)
        self.settled()

    def measured(self) -> list[dict[str, Any]]:
        """Give the measurements."""
        found: list[dict[str, Any]] = self.ask("hounsfield.store.measurements.value")
        return found
