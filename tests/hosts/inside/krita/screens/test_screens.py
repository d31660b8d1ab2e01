"""Pictures of the docker in each of its states, for docs/krita.md: `make test-hosts HOST=krita SOSIE_TEST_ONLY=krita/screens`.

They are made in the real Krita, with the world's people and agent, and looked at by people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pixels import plate

from conftest import module

SIZE = (370, 1080)
THEMES = {"dark": "KritaDark", "light": "KritaBright"}


@pytest.fixture(params=THEMES)
def theme(request: pytest.FixtureRequest, krita: Any, wait: Callable[..., bool]) -> Iterator[str]:
    qt = module("ui.qt")
    menu = (
        krita.activeWindow()
        .qwindow()
        .findChildren(qt.QtGui.QAction if hasattr(qt.QtGui, "QAction") else qt.QtWidgets.QAction)
    )
    words = {"dark": "Krita dark", "light": "Krita bright"}[request.param]
    chosen = [action for action in menu if action.text().replace("&", "").lower() == words.lower()]
    if chosen:
        chosen[0].trigger()
    wait(lambda: False, 1)
    return request.param


@pytest.fixture
def shoot(docker: Any, out: Path, theme: str, wait: Callable[..., bool]) -> Callable[[str], None]:
    """`shoot(name)` saves the docker as NAME-THEME.png."""
    docker.setFloating(True)
    docker.resize(*SIZE)

    def shoot(name: str, after: float = 0.4) -> None:
        wait(lambda: False, after)
        (out / "screens").mkdir(exist_ok=True)
        assert docker.grab().save(str(out / "screens" / f"{name}-{theme}.png"))

    return shoot


def test_working(
    desk: Any,
    docker: Any,
    shoot: Callable[[str], None],
    rendered: Callable[[], Any],
    world: dict[str, Any],
    wait: Callable[..., bool],
    open_document: Callable[[Path], Any],
    krita: Any,
    out: Path,
    tmp_path: Path,
    theme: str,
    outside: Callable[..., dict[str, Any]],
) -> None:
    document = open_document(plate(world, "u16"))
    mark = 8 * bytes([len(theme)])  # a plate that was not rendered before: only such a one has a preview
    document.activeNode().setPixelData(mark, 0, 0, 1, 1)
    wait(lambda: desk.looking.seen is not None)
    desk.find_faces()
    assert wait(lambda: desk.looking.seen.looked, 60)
    shoot("list")
    desk.render()
    desk.render()
    assert wait(lambda: desk.renders.current is not None and desk.renders.current.preview is not None, 60)
    shoot("progress", 0.05)
    assert wait(lambda: desk.renders.current is None, 60)
    strength = docker.panel.findChild(module("ui.qt").QtWidgets.QSlider, "sosie_strength")
    strength.setValue(80)
    rendered()
    shoot("history")
    window = krita.activeWindow().qwindow()
    window.screen().grabWindow(0).save(str(out / "screens" / f"window-{theme}.png"))
    docker.panel.deliver.deliver(tmp_path / "final.jpg")
    assert wait(lambda: not desk.deliveries.busy, 60)
    shoot("delivered")
    desk.deliveries.receipt = None
    desk.state(territory="JP")
    desk.render()
    assert wait(lambda: desk.notice is not None, 60)
    shoot("refusal")
    desk.dismiss()
    outside("suspend")
    desk.account.refresh()
    assert wait(lambda: desk.account.twin is None or desk.account.twin.state != "active", 60)
    shoot("suspended")
    outside("resume")
    strength.setValue(100)


def test_signing_in(
    docker: Any,
    shoot: Callable[[str], None],
    outside: Callable[..., dict[str, Any]],
    wait: Callable[..., bool],
) -> None:
    told = outside("newcomer")
    session, home = module("_sosie.client").Session, Path(told["home"])
    desk = module("model.desk").Desk(
        docker.desk.host, lambda: session.connect("host tests", start=False, home=home)
    )
    panel = module("ui.panel").Panel(desk, docker)
    docker.setWidget(panel)
    try:
        desk.account.refresh()
        assert wait(lambda: desk.account.standing.state == "out", 30)
        shoot("signed-out")
        desk.account.sign_in(told["registry"])
        assert wait(lambda: desk.account.standing.state == "waiting", 30)
        shoot("code")
    finally:
        desk.close()
        docker.setWidget(docker.panel)
