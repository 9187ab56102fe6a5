"""Who works by keys or hears the page: roles, names, contrast; and names that are meant to do harm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.phantom import block, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from tests.browser.workstation import Workstation

AXE = Path(__file__).parents[2] / "viewer" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]


def faults(workstation: Workstation) -> list[Any]:
    """Give what axe-core finds wrong by the rules of WCAG 2.1 AA."""
    found: list[Any] = workstation.ask(
        """async (rules) => {
          const { violations } = await axe.run(document, { runOnly: { type: "tag", values: rules } });
          return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]);
        }""",
        RULES,
    )
    return found


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(workstation: Workstation, tmp_path: Path, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in viewer/")
    write_ct(tmp_path / "one", block, shape=(4, 32, 32), name="Adams^Ann")
    write_ct(tmp_path / "two", block, shape=(4, 32, 32), name="Brown^Bea")
    # Scripts of the test itself do not pass through the page's policy.
    workstation.page.add_init_script(path=str(AXE))
    with running(tmp_path) as server:
        workstation.open(server.address)
        workstation.ask(f"() => {{ hounsfield.room.theme.value = '{theme}'; }}")
        workstation.run("panel.tags")
        assert faults(workstation) == []
        workstation.run("panel.findings")
        workstation.run("key.toggle")
        assert faults(workstation) == []
        for dialog in ("studies", "palette", "help", "problems", "about"):
            workstation.run(f"open.{dialog}")
            workstation.wait("document.querySelector('dialog[open]')")
            assert faults(workstation) == [], dialog
            workstation.page.keyboard.press("Escape")
            workstation.wait("hounsfield.room.dialog.value === 'none'")


def test_hostile_names_are_text(workstation: Workstation, tmp_path: Path) -> None:
    script = "<script>window.harmed = 1</script><img src=x onerror=window.harmed=1>"
    write_ct(tmp_path / "one", block, shape=(2, 16, 16), name=script)
    write_ct(tmp_path / "two", block, shape=(2, 16, 16), name="\u202egnp.exe")
    write_ct(tmp_path / "three", block, shape=(2, 16, 16), name="long " * 2000)
    with running(tmp_path) as server:
        workstation.open(server.address)
        workstation.run("open.studies")
        text = workstation.page.locator("dialog").inner_text()
        assert "<script>" in text
        assert "\u202e" not in text
        assert max(map(len, text.splitlines())) < 400
        assert workstation.ask("window.harmed === undefined") is True


def test_files_that_cannot_be_used_say_why(workstation: Workstation, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", block, shape=(3, 16, 16))
    whole = next(path for path in sorted(folder.rglob("*")) if path.is_file()).read_bytes()
    (tmp_path / "broken.dcm").write_bytes(whole[:140])
    with running(tmp_path) as server:
        workstation.open(server.address)
        page = workstation.page
        page.get_by_role("button", name="1 file cannot be used").click()
        tile = page.locator("dialog .broken")
        assert "broken.dcm" in tile.inner_text()
        assert len(tile.locator("span").inner_text()) > 10
        page.keyboard.press("Escape")
        workstation.press("Shift+O")
        assert "can be cut in all directions" in page.locator("dialog").inner_text()


def test_what_is_taken_along_arrives(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", block, shape=(4, 32, 32))) as server:
        workstation.open(server.address)
        starts = {"png": b"\x89PNG", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "zip": b"PK"}
        for name, start in starts.items():
            with workstation.page.expect_download() as download:
                workstation.run(f"export.{name}")
            assert download.value.path().read_bytes().startswith(start), name
