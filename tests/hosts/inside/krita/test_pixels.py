"""Krita's own pixels through the agent: a layer's B, G, R, A bytes in the document's depth."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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

    def render() -> tuple[Any, bytes]:
        with sosie.client.Session.connect("krita probe", start=False) as session:
            sent = session.pixels.put(pixels, width=width, height=height, depth=depth, channels="BGRA")
            use = sosie.codec.decode(sosie.messages.Use, world["use"])
            result = session.render(sosie.messages.RenderRequest(plate=sent, twin=world["twin"], use=use))
            layer = result.layers["composite"]
            return layer, session.pixels.read(layer)

    with ThreadPoolExecutor(1) as pool:  # Krita's canvas stays alive meanwhile
        rendering = pool.submit(render)
        assert wait(rendering.done, 120)
    layer, composite = rendering.result()
    assert (layer.width, layer.height, layer.depth, layer.channels) == (width, height, depth, "BGRA")
    assert furthest(samples(composite, depth, "BGRA"), reference(world, depth), depth) <= STEP[depth]

    node = document.createNode("likeness", "paintlayer")
    node.setPixelData(composite, 0, 0, width, height)
    document.rootNode().addChildNode(node, None)
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == composite
