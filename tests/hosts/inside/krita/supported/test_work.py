"""Work that takes its time: queue, cancel, live, history, faces; an agent that dies and a document that closes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixels import plate

from conftest import krita_picture, make_new

Wait = Callable[..., bool]


@pytest.fixture
def document(world: dict[str, Any], open_document: Callable[[Path], Any], desk: Any, wait: Wait) -> Any:
    document = open_document(plate(world, "u8"))
    key = krita_picture(document).key
    assert wait(lambda: desk.looking.seen is not None and desk.looking.seen.picture == key)
    return document


def test_a_face_is_found_and_chosen_by_a_click(
    document: Any, desk: Any, docker: Any, krita: Any, wait: Wait
) -> None:
    krita.action("sosie_find_faces").trigger()  # as a shortcut does
    assert wait(lambda: desk.looking.seen.looked, 60)
    (face,) = desk.looking.seen.faces
    assert 0 <= face[0] < face[2] <= document.width()
    desk.looking.choose(None)
    assert desk.looking.seen.choice().point is None
    view = docker.panel.picture
    view.show_entry(None)
    target = view._fitted(desk.looking.seen.image)
    scale = target.width() / document.width()
    click(view, target.x() + (face[0] + face[2]) / 2 * scale, target.y() + (face[1] + face[3]) / 2 * scale)
    assert desk.looking.seen.chosen == 0
    click(view, target.x() + 1, target.y() + 1)
    assert desk.looking.seen.chosen is None


def test_a_queue_is_worked_through_and_a_cancelled_render_leaves_nothing(
    document: Any, desk: Any, docker: Any, krita: Any, wait: Wait
) -> None:
    for _ in range(3):
        krita.action("sosie_render").trigger()
    assert wait(lambda: desk.renders.current is not None)
    assert len(desk.renders.waiting) == 2
    assert "2 waiting" in docker.panel.work.stage.text()
    assert wait(lambda: desk.renders.current.stage not in {"", "Reading the layer"}, 60)
    krita.action("sosie_cancel").trigger()
    assert wait(lambda: desk.renders.current is None and not desk.renders.waiting, 120)
    assert desk.notice is None
    assert len(document.topLevelNodes()) == 3  # the plate, and two of three


def test_a_preview_is_seen_before_the_result(document: Any, desk: Any, docker: Any, wait: Wait) -> None:
    """Of a plate that no test before has rendered: where a fit is kept there is none."""
    document.activeNode().setPixelData(bytes([7, 8, 9, 255]), 0, 0, 1, 1)
    desk.render()
    assert wait(lambda: desk.renders.current is None or desk.renders.current.preview is not None, 60)
    job = desk.renders.current
    assert job.preview.width == document.width() // 2
    assert desk.results.of(job.key) == []
    docker.panel.picture.grab()  # paints at once
    assert docker.panel.picture._made[0] is job.preview
    assert wait(lambda: desk.renders.current is None, 120)
    assert len(desk.results.of(job.key)) == 1


def test_live_renders_again_and_places_nothing_by_itself(document: Any, desk: Any, wait: Wait) -> None:
    desk.set_live(True)
    for strength in (0.9, 0.8, 0.5):
        desk.turn(strength=strength)
    key = krita_picture(document).key
    assert wait(lambda: len(desk.results.of(key)) == 1 and desk.renders.current is None, 120)
    desk.turn(strength=0.4)
    assert wait(lambda: desk.renders.current is not None, 10)
    assert wait(lambda: desk.renders.current is None, 120)
    (entry,) = desk.results.of(key)  # the latest only
    assert entry.live
    assert len(document.topLevelNodes()) == 1
    desk.place(entry.number)
    desk.place(entry.number)  # a double click more: it is being placed already
    assert wait(lambda: desk.results.get(entry.number).placed)
    assert len(document.topLevelNodes()) == 2


def test_the_history_shows_before_and_after_and_discards(
    document: Any, desk: Any, docker: Any, rendered: Callable[[], Any]
) -> None:
    first, second = rendered(), rendered()
    history, view = docker.panel.history, docker.panel.picture
    assert [entry.number for entry in history.entries()] == [second.number, first.number]
    assert view.entry.number == second.number
    after = view.grab().toImage()
    view.show_before(True)
    assert view.grab().toImage() != after
    third = rendered()
    history.discard_others.click()
    assert [entry.number for entry in history.entries()] == [third.number]
    history.discard.click()
    assert not history.entries()
    assert len(document.topLevelNodes()) == 4  # what was placed stays: it is the artist's


def test_an_agent_that_dies_is_a_message_and_the_next_render_works(
    document: Any, desk: Any, wait: Wait, rendered: Callable[[], Any], outside: Callable[..., Any]
) -> None:
    make_new(document, 50)
    desk.render()
    assert wait(lambda: desk.renders.current is not None and desk.renders.current.fraction > 0.15, 60)
    outside("kill")
    assert wait(lambda: desk.renders.current is None, 60)
    assert desk.notice.code == "agent_gone"
    assert desk.notice.remedy
    assert len(document.topLevelNodes()) == 1
    outside("start")
    desk.dismiss()
    rendered()


def test_a_document_that_closes_loses_nothing(
    document: Any, desk: Any, wait: Wait, rendered: Callable[[], Any]
) -> None:
    make_new(document, 60)
    key = krita_picture(document).key
    desk.render()
    assert wait(lambda: desk.renders.current is not None and desk.renders.current.fraction > 0.15, 60)
    document.setModified(False)
    document.close()
    assert wait(lambda: desk.renders.current is None, 120)
    assert desk.notice is None
    (entry,) = desk.results.of(key)
    assert not entry.placed


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_a_document_that_closes_while_layers_are_placed_takes_nothing_along(
    steps: int,
    document: Any,
    krita: Any,
    wait: Wait,
    rendered: Callable[[], Any],
    choose_settings: Callable[..., None],
) -> None:
    choose_settings(place=False)
    entry = rendered()
    placing = krita_picture(document).place(entry.source, entry.stack, entry.record)
    for _ in range(steps):
        next(placing)
    document.setModified(False)
    document.close()
    wait(lambda: False, 0.2)
    placing.close()
    assert wait(lambda: krita.documents() == [])  # the bench has gone, too


def click(widget: Any, x: float, y: float) -> None:
    """A press and a release of the left button."""
    from conftest import module

    qt = module("ui.qt")
    for kind in (qt.QtCore.QEvent.Type.MouseButtonPress, qt.QtCore.QEvent.Type.MouseButtonRelease):
        event = qt.QtGui.QMouseEvent(
            kind,
            qt.QtCore.QPointF(x, y),
            qt.QtCore.QPointF(x, y),
            qt.QtCore.Qt.MouseButton.LeftButton,
            qt.QtCore.Qt.MouseButton.LeftButton,
            qt.QtCore.Qt.KeyboardModifier.NoModifier,
        )
        qt.QtWidgets.QApplication.sendEvent(widget, event)
