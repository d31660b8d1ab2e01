"""A likeness as layers: its pixels are the agent's, one undo step takes it out and one redo brings it back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixels import STEP, furthest, plate, reference, samples


@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_likeness_arrives_as_a_group_and_equals_the_agents_render(
    depth: str,
    desk: Any,
    krita: Any,
    rendered: Callable[[], Any],
    world: dict[str, Any],
    wait: Callable[..., bool],
    open_document: Callable[[Path], Any],
) -> None:
    document = open_document(plate(world, depth))
    before = document.activeNode()
    untouched = bytes(before.pixelData(0, 0, document.width(), document.height()))
    entry = rendered()
    document.waitForDone()

    below, group = document.topLevelNodes()
    assert below == before
    assert group.type() == "grouplayer"
    assert group.name() == entry.title
    (layer,) = group.childNodes()
    assert layer.type() == "paintlayer"
    (mask,) = layer.childNodes()
    assert mask.type() == "transparencymask"
    assert wait(lambda: document.activeNode() == before)

    width, height = document.width(), document.height()
    flat = bytes(document.pixelData(0, 0, width, height))
    assert furthest(samples(flat, depth, "BGRA"), reference(world, depth), depth) <= STEP[depth]
    assert bytes(before.pixelData(0, 0, width, height)) == untouched

    krita.action("edit_undo").trigger()
    assert wait(lambda: document.topLevelNodes() == [before])
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == untouched
    krita.action("edit_redo").trigger()
    assert wait(lambda: len(document.topLevelNodes()) == 2)
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == flat
