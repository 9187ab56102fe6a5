"""What a person does by keys alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browser.phantom import gradient, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation

STORE = "hounsfield.store"
VIEW = "hounsfield.store.active.value.view.value"


def test_thirty_commands_have_keys_that_work(workstation: Workstation, tmp_path: Path) -> None:
    """Each key changes what it says, and what can be taken back is taken back."""
    steps: list[tuple[str, str, Any]] = [
        ("Home", f"{STORE}.active.value.slice.value", 0),
        ("ArrowDown", f"{STORE}.active.value.slice.value", 1),
        ("PageDown", f"{STORE}.active.value.slice.value", 11),
        ("ArrowUp", f"{STORE}.active.value.slice.value", 10),
        ("PageUp", f"{STORE}.active.value.slice.value", 0),
        ("End", f"{STORE}.active.value.slice.value", 19),
        ("i", f"{VIEW}.invert", True),
        ("r", f"{VIEW}.rotate", 90),
        ("Shift+R", f"{VIEW}.rotate", 0),
        ("h", f"{VIEW}.flip_horizontal", True),
        ("v", f"{VIEW}.flip_vertical", True),
        ("+", f"{VIEW}.zoom", 1.25),
        ("-", f"{VIEW}.zoom", 1),
        ("n", f"{VIEW}.interpolation", "nearest"),
        ("2", f"Array.isArray({VIEW}.window)", True),
        ("0", f"{VIEW}.window === undefined", True),
        ("x", f"Array.isArray({VIEW}.window)", True),
        ("y", f"{VIEW}.colors", "hot-iron"),
        ("u", f"{VIEW}.overlays", True),
        ("Shift+Z", f"JSON.stringify({VIEW})", '{"frame":20}'),
        ("Alt+2", f"{VIEW}.plane", "coronal"),
        ("]", f"{VIEW}.slab", 5),
        ("\\", f"{VIEW}.blend", "minip"),
        ("[", f"{VIEW}.slab", 0),
        ("Alt+0", f"{VIEW}.plane", "acquisition"),
        ("l", f"{STORE}.tool.value", "length"),
        ("e", f"{STORE}.tool.value", "ellipse"),
        ("w", f"{STORE}.tool.value", "window"),
        ("k", f"{STORE}.linked.value", False),
        ("Shift+I", f"{STORE}.showIdentity.value", False),
        ("j", f"{STORE}.keyImages.value.length", 1),
        ("m", f"{STORE}.panes.value.length", 4),
    ]
    with running(write_ct(tmp_path / "ct", gradient, shape=(20, 32, 32))) as server:
        workstation.open(server.address)
        for key, expression, expected in steps:
            workstation.press(key)
            assert workstation.ask(expression) == expected, key


def test_keys_can_be_changed_and_do_not_type_into_fields(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient, shape=(4, 32, 32))) as server:
        workstation.open(server.address)
        workstation.ask("hounsfield.commands.setShortcut('view.invert', 'Q')")
        workstation.press("q")
        assert workstation.ask(f"{VIEW}.invert") is True
        workstation.press("i")
        assert workstation.ask(f"{VIEW}.invert") is True
        workstation.ask(
            "() => { const field = document.createElement('input'); field.id = 'field';"
            " document.body.append(field); field.focus(); }"
        )
        workstation.press("q")
        assert workstation.ask("document.getElementById('field').value") == "q"
        assert workstation.ask(f"{VIEW}.invert") is True


def test_commands_that_cannot_be_done_are_off(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", gradient, shape=(1, 32, 32))) as server:
        workstation.open(server.address)
        off = workstation.ask(
            "hounsfield.commands.list().filter((each) => each.enabled?.() === false).map((each) => each.id)"
        )
        assert {"plane.three", "slice.next", "cine.play", "edit.undo", "measure.delete"} <= set(off)
        workstation.press("m")
        assert workstation.ask(f"{STORE}.panes.value.length") == 1
        reason = workstation.ask(f"{STORE}.active.value.stack.value.no_volume")
        assert "1 slice" in reason
