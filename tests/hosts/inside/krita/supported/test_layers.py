"""Which layer is the plate, and what is refused with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixels import plate

from conftest import krita_picture

Open = Callable[[Path], Any]


@pytest.fixture
def document(world: dict[str, Any], open_document: Open) -> Any:
    return open_document(plate(world, "u8"))


@pytest.fixture
def choose(document: Any, wait: Callable[..., bool]) -> Callable[[Any], None]:
    def choose(node: Any) -> None:
        # Krita forgets a choice made before its Layers docker knows the node
        assert wait(lambda: document.setActiveNode(node) or document.activeNode() == node)

    return choose


def grouped(document: Any, name: str = "Group") -> Any:
    """The plate moved into a group."""
    layer = document.topLevelNodes()[0]
    group = document.createGroupLayer(name)
    document.rootNode().addChildNode(group, layer)
    layer.remove()
    group.addChildNode(layer, None)
    document.waitForDone()
    return group


def refused(desk: Any, code: str) -> None:
    desk.dismiss()
    desk.render()
    assert desk.notice.code == code
    assert desk.notice.remedy
    assert desk.renders.current is None


def shown_whole(document: Any) -> None:
    """What the picture shows is what Krita composes of its layers, everywhere."""
    whole = 0, 0, document.width(), document.height()
    document.waitForDone()
    shown = bytes(document.pixelData(*whole))
    document.refreshProjection()
    document.waitForDone()
    assert bytes(document.pixelData(*whole)) == shown


def test_a_locked_layer_is_read_and_stays_locked(document: Any, rendered: Callable[[], Any]) -> None:
    layer = document.activeNode()
    layer.setLocked(True)
    rendered()
    assert layer.locked()
    assert len(document.topLevelNodes()) == 2


def test_a_hidden_layer_is_refused(document: Any, desk: Any) -> None:
    document.activeNode().setVisible(False)
    refused(desk, "layer_hidden")


def test_a_group_is_rendered_as_it_looks(
    document: Any, choose: Callable[[Any], None], rendered: Callable[[], Any], desk: Any
) -> None:
    group = grouped(document)
    choose(group)
    entry = rendered()
    assert entry.source.name == "Group"
    assert [node.name() for node in document.topLevelNodes()] == ["Group", entry.stack.title]
    group.setPassThroughMode(True)
    choose(group)
    refused(desk, "group_passes_through")


def test_a_layer_in_a_group_gets_its_likeness_there_unless_it_is_locked(
    document: Any, choose: Callable[[Any], None], rendered: Callable[[], Any], desk: Any
) -> None:
    group = grouped(document)
    layer = group.childNodes()[0]
    choose(layer)
    rendered()
    assert [node.type() for node in group.childNodes()] == ["paintlayer", "grouplayer"]
    shown_whole(document)
    rendered()
    shown_whole(document)
    group.setLocked(True)
    choose(layer)
    refused(desk, "group_locked")


def test_a_vector_layer_without_a_face_says_so(
    document: Any, choose: Callable[[Any], None], desk: Any, wait: Callable[..., bool]
) -> None:
    vector = document.createVectorLayer("Shapes")
    document.rootNode().addChildNode(vector, document.topLevelNodes()[0])
    document.waitForDone()
    choose(vector)
    desk.render()
    assert wait(lambda: desk.notice is not None, 60)
    assert desk.notice.code == "face_not_found"


def test_a_filter_layer_is_refused_and_a_mask_means_its_layer(
    krita: Any, document: Any, choose: Callable[[Any], None], rendered: Callable[[], Any], desk: Any
) -> None:
    from krita import Selection

    layer = document.topLevelNodes()[0]
    selection = Selection()
    selection.select(0, 0, document.width(), document.height(), 255)
    adjustment = document.createFilterLayer("Curves", krita.filter("invert"), selection)
    document.rootNode().addChildNode(adjustment, layer)
    document.waitForDone()
    choose(adjustment)
    refused(desk, "layer_without_pixels")
    adjustment.remove()
    mask = document.createTransparencyMask("Mask")
    size = document.width(), document.height()
    mask.setPixelData(b"\xff" * (size[0] * size[1]), 0, 0, *size)
    layer.addChildNode(mask, None)
    document.waitForDone()
    choose(mask)
    assert rendered().source.name == layer.name()


def test_rendering_with_a_likeness_active_uses_its_plate(
    document: Any, desk: Any, choose: Callable[[Any], None], rendered: Callable[[], Any]
) -> None:
    whole = 0, 0, document.width(), document.height()
    first = rendered()
    group = document.topLevelNodes()[1]
    choose(group.childNodes()[0])
    again = rendered()
    assert again.source == first.source
    one, other = (entry.stack.flat for entry in (first, again))
    assert one.box == other.box
    assert one.rows(0, one.box[3] - one.box[1]) == other.rows(0, one.box[3] - one.box[1])
    own = document.createNode("the artist's own", "paintlayer")
    document.rootNode().addChildNode(own, document.topLevelNodes()[-1])
    choose(group)
    document.waitForDone()
    seen = bytes(document.pixelData(*whole))
    desk.turn(strength=0.5)
    rendered()
    picture = krita_picture(document)
    # at once: it waits until Krita has composed what came
    delivered = b"".join(picture.flat(picture.source().format))
    newest = bytes(document.pixelData(*whole))
    assert newest != seen
    assert delivered == newest
    shown_whole(document)
    placed = [record["group"] for record in krita_picture(document).records()]  # oldest first
    assert len(placed) == 3
    # each above the one before, and none above what the artist has made since
    assert [node.uniqueId().toString() for node in document.topLevelNodes()[1:-1]] == placed
    assert document.topLevelNodes()[-1] == own
