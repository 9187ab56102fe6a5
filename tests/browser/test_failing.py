"""Bad files, hostile words, a server that goes away, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.phantom import block, gradient, write_ct
from tests.browser.workstation import running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.workstation import Workstation


def test_a_corrupt_frame_says_why_and_leaves_the_others(workstation: Workstation, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", gradient, shape=(10, 32, 32))
    bad = folder / "IM0004"
    bad.write_bytes(bad.read_bytes()[:-700])
    with running(folder) as server:
        workstation.open(server.address)
        reasons = []
        for number in range(workstation.slice()[1]):
            workstation.ask("(number) => hounsfield.engine.goTo('pane-1', number)", number)
            workstation.settled()
            reasons.append(workstation.ask("hounsfield.store.active.value.reason.value"))
        assert [bool(reason) for reason in reasons].count(True) <= 1
        assert workstation.slice()[1] in (9, 10)
        if workstation.slice()[1] == 10:
            assert any("pixel" in reason.lower() or "byte" in reason.lower() for reason in reasons if reason)
        assert workstation.ask("hounsfield.store.active.value.phase.value") == "ready"


def test_hostile_words_are_text(workstation: Workstation, tmp_path: Path) -> None:
    name = "<script>window.bad(1)</script><img src onerror>"
    with running(write_ct(tmp_path / "ct", block, shape=(4, 32, 32), name=name)) as server:
        workstation.page.add_init_script("window.bad = () => { window.wrong = true; };")
        workstation.open(server.address)
        workstation.settled()
        assert workstation.ask("window.wrong") is None
        assert name in workstation.ask("hounsfield.store.studies.value[0].patient_name")
        assert workstation.page.locator("script:not([src]), img[onerror]").count() == 0


def test_a_lost_server_is_waited_for(workstation: Workstation, tmp_path: Path) -> None:
    folder = write_ct(tmp_path / "ct", gradient, shape=(60, 64, 64))
    with running(folder) as server:
        port = server.port
        workstation.open(server.address)
        cookies = workstation.page.context.cookies()
        session = server.session
    workstation.wait("hounsfield.store.server.value === 'lost'")
    with running(folder, port=port) as again:
        vars(again.session).update(vars(session))
        assert cookies
        workstation.wait("hounsfield.store.server.value === 'here'")
        workstation.press("End")
        assert workstation.slice() == (59, 60)
        assert workstation.ask("hounsfield.store.active.value.phase.value") == "ready"


def test_memory_does_not_grow_over_studies(workstation: Workstation, tmp_path: Path) -> None:
    for number in range(6):
        write_ct(tmp_path / f"ct{number}", gradient, shape=(30, 256, 256))
    with running(tmp_path) as server:
        workstation.open(server.address)
        assert workstation.ask("hounsfield.store.studies.value.length") == 6
        sizes = workstation.ask(
            """async () => {
              const { store, session, engine } = hounsfield;
              const sizes = [];
              for (let turn = 0; turn < 50; turn += 1) {
                const study = store.studies.value[turn % 6];
                await session.openStudy(study.study_instance_uid);
                while (store.active.value.phase.value !== "ready") await new Promise((next) => setTimeout(next, 10));
                await new Promise((next) => setTimeout(next, 20));
                sizes.push(engine.memory().bytes);
              }
              return sizes;
            }"""
        )
        one = 30 * 256 * 256 * 2
        assert max(sizes) <= 6 * one
        workstation.wait(f"hounsfield.engine.memory().bytes <= {6 * one}")


def test_views_that_mean_nothing_are_left_out(workstation: Workstation, tmp_path: Path) -> None:
    with running(write_ct(tmp_path / "ct", block, shape=(4, 32, 32))) as server:
        workstation.open(server.address)
        workstation.wait("hounsfield.session.written")
        base = workstation.page.url.split("#")[0]
        study = workstation.ask("hounsfield.store.study.value")
        workstation.page.goto(f'{base}#study={study}&grid=9x9&p1=["x","{study}",{{"zoom":-5}}]')
        workstation.page.reload()
        workstation.wait("globalThis.hounsfield?.store.active.value.phase.value === 'ready'")
        assert workstation.view().get("zoom") in (None, 1)
