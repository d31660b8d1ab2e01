"""Krita's own pixels through the agent: a layer's B, G, R, A bytes in the document's depth."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pixels import STEP, furthest, plate, reference, samples


@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_layer_is_rendered_as_the_agent_renders_it(
    depth: str,
    sosie: SimpleNamespace,
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    wait: Callable[..., bool],
) -> None:
    document = open_document(plate(world, depth))
    assert document.colorDepth() == depth.upper()
    width, height = document.width(), document.height()
    pixels = bytes(document.activeNode().pixelData(0, 0, width, height))

    rendered = {}

    def render() -> None:
        with sosie.client.Session.connect("krita probe", start=False) as session:
            sent = session.pixels.put(pixels, width=width, height=height, depth=depth, channels="BGRA")
            use = sosie.messages.decode(sosie.messages.Use, world["use"])
            result = session.render(sosie.messages.RenderRequest(plate=sent, twin=world["twin"], use=use))
            layer = result.layers["composite"]
            rendered.update(layer=layer, data=session.pixels.read(layer))

    worker = threading.Thread(target=render)  # Krita's canvas stays alive meanwhile
    worker.start()
    assert wait(lambda: not worker.is_alive(), 120)

    layer = rendered["layer"]
    assert (layer.width, layer.height, layer.depth, layer.channels) == (width, height, depth, "BGRA")
    assert furthest(samples(rendered["data"], depth, "BGRA"), reference(world, depth), depth) <= STEP[depth]

    node = document.createNode("likeness", "paintlayer")
    node.setPixelData(rendered["data"], 0, 0, width, height)
    document.rootNode().addChildNode(node, None)
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == rendered["data"]
