"""The docker's own things: settings, help, languages, the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pixels import plate

from conftest import krita_picture, module


@pytest.fixture
def spoken() -> Iterator[Callable[[str], None]]:
    speak = module("model.texts").speak
    yield speak
    speak("en")


@pytest.mark.parametrize(
    ("language", "render", "detail"), [("fr_FR", "Rendre", "Détail"), ("es", "Procesar", "Detalle")]
)
def test_it_speaks_the_artists_language(
    language: str, render: str, detail: str, docker: Any, spoken: Callable[[str], None]
) -> None:
    spoken(language)
    desk = module("model.desk").Desk(docker.desk.host)
    panel = module("ui.panel").Panel(desk, docker)
    try:
        assert panel.work.render_button.text() == render
        labels = {label.text() for label in panel.findChildren(module("ui.qt").QtWidgets.QLabel)}
        assert {detail, module("model.texts").tr("Strength")} <= labels
        assert "Strength" not in labels
        page = module("model.texts").manual(language)
        assert page.name == f"manual.{language[:2]}.html"
        assert module("model.texts").manual("de").name == "manual.html"
    finally:
        desk.close()
        panel.deleteLater()


def test_a_windows_actions_speak_it_too_and_a_window_may_go(
    krita: Any, spoken: Callable[[str], None], wait: Callable[..., bool]
) -> None:
    """The `.action` file knows English alone. The second window's docker is still asking the agent when it goes."""
    spoken("fr")
    krita.openWindow()
    assert wait(lambda: len(krita.windows()) == 2)
    first, second = (
        {
            action.objectName(): (action.text(), action.toolTip())
            for menu in window.qwindow().findChildren(module("ui.qt").QtWidgets.QMenu)
            for action in menu.actions()
            if action.objectName().startswith("sosie_")
        }
        for window in krita.windows()
    )
    assert first["sosie_cancel"] == ("Cancel likeness render", "Stop the render under way")
    assert second["sosie_cancel"] == ("Annuler le rendu de la ressemblance", "Arrêter le rendu en cours")
    assert first.keys() == second.keys()
    krita.windows()[1].qwindow().close()
    assert wait(lambda: len(krita.windows()) == 1)


def test_twins_are_found_by_their_words(docker: Any, desk: Any, wait: Callable[..., bool]) -> None:
    """The field comes with the fifth twin."""
    twins, known = docker.panel.twins, desk.account.twins
    assert not twins.search.isVisibleTo(docker.panel)
    names = ("Ada", "Béa", "Cleo", "Dana", "Dara")
    desk.account.twins = [replace(known[0], twin=name, display_name=name) for name in names]
    try:
        desk.watch.tell("twins")
        assert twins.search.isVisibleTo(docker.panel)
        twins.search.setText("da FR")
        shown = [twins.list.item(row).text().split("\n")[0] for row in range(twins.list.count())]
        assert shown == ["Ada", "Dana", "Dara"]
        twins.list.setCurrentRow(1)
        assert wait(lambda: desk.account.chosen == "Dana")
    finally:
        twins.search.clear()
        desk.account.twins = known
        desk.account.choose(known[0].twin)


def test_each_option_is_what_its_widget_says(docker: Any, desk: Any) -> None:
    widgets, before = module("ui.qt").QtWidgets, desk.options
    for name in ("brows", "lips", "tone", "skin", "grain"):
        box = docker.panel.findChild(widgets.QCheckBox, f"sosie_{name}")
        box.toggle()
        assert getattr(desk.options, name) is box.isChecked() is not getattr(before, name)
        box.toggle()
    for name, value in (("strength", 40), ("detail", 140), ("exposure", -35)):
        slider = docker.panel.findChild(widgets.QSlider, f"sosie_{name}")
        slider.setValue(value)
        assert getattr(desk.options, name) == value / 100
        slider.setValue(round(100 * getattr(before, name)))
    assert desk.options == before


def test_it_follows_the_theme(docker: Any, krita: Any, wait: Callable[..., bool]) -> None:
    qt = module("ui.qt")
    kind = getattr(qt.QtGui, "QAction", None) or qt.QtWidgets.QAction
    themes = {
        action.text().replace("&", "").lower(): action
        for action in krita.activeWindow().qwindow().findChildren(kind)
    }

    def light() -> float:
        shot = docker.panel.grab().toImage().scaled(1, 1)
        return float(qt.QtGui.QColor(shot.pixel(0, 0)).lightnessF())

    try:
        themes["krita bright"].trigger()
        assert wait(lambda: light() > 0.6), light()
    finally:
        themes["krita dark"].trigger()
    assert wait(lambda: light() < 0.45), light()


def test_settings_are_kept(docker: Any, desk: Any, krita: Any) -> None:
    kept = desk.settings
    dialog = docker.panel.open_settings()
    dialog.history.setValue(512)
    dialog.language.setCurrentIndex(dialog.language.findData("es"))
    dialog.place.setChecked(False)
    dialog.accept()
    try:
        again = module("model.desk").Desk(desk.host)
        assert (again.settings.history_mb, again.settings.language, again.settings.place) == (
            512,
            "es",
            False,
        )
        assert desk.results.limit == 512 << 20
    finally:
        desk.keep(kept)


def test_help_opens_the_manual(docker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    qt = module("ui.qt")
    opened: list[str] = []
    monkeypatch.setattr(
        module("ui.panel").QtGui, "QDesktopServices", type("Opened", (), {"openUrl": opened.append})
    )
    (button,) = [
        button
        for button in docker.panel.findChildren(qt.QtWidgets.QToolButton)
        if button.accessibleName() == module("model.texts").tr("Help")
    ]
    button.click()
    assert Path(opened[0].toLocalFile()).read_text("utf-8").startswith("<!DOCTYPE html>")


def test_everything_is_reached_and_worked_with_the_keyboard(
    docker: Any,
    desk: Any,
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    wait: Callable[..., bool],
    rendered: Callable[[], Any],
    choose_settings: Callable[..., None],
) -> None:
    document = open_document(plate(world, "u8"))
    key = krita_picture(document).key
    assert wait(lambda: desk.looking.seen and desk.looking.seen.picture == key)
    choose_settings(place=False)
    entry = rendered()
    qt, panel = module("ui.qt"), docker.panel
    widgets = qt.QtWidgets
    worked = (
        widgets.QAbstractButton,
        widgets.QLineEdit,
        widgets.QListWidget,
        widgets.QSlider,
        widgets.QComboBox,
    )
    for widget in [one for kind in worked for one in panel.findChildren(kind)] + [panel.picture]:
        inner = widget.objectName().startswith("qt_") or isinstance(
            widget.parent(), widgets.QLineEdit
        )  # Qt's own
        assert inner or widget.focusPolicy() & qt.QtCore.Qt.FocusPolicy.TabFocus, widget
    strip = panel.history.list
    strip.itemActivated.emit(strip.currentItem())  # a click, on desktops where one is enough for Qt
    wait(lambda: False, 0.2)
    assert not desk.results.get(entry.number).placed
    press(strip, qt.QtCore.Qt.Key.Key_Return)
    assert wait(lambda: desk.results.get(entry.number).placed)
    assert len(document.topLevelNodes()) == 2
    press(panel.picture, qt.QtCore.Qt.Key.Key_Space)
    assert panel.picture._before


def press(widget: Any, key: Any) -> None:
    """A key goes down in `widget`."""
    qt = module("ui.qt")
    none = qt.QtCore.Qt.KeyboardModifier.NoModifier
    qt.QtWidgets.QApplication.sendEvent(widget, qt.QtGui.QKeyEvent(qt.QtCore.QEvent.Type.KeyPress, key, none))
