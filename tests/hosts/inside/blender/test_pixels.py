"""Blender's own pixels through the agent: float32, RGBA, bottom row first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from pixels import plate, reference


def test_an_image_is_rendered_as_the_agent_renders_it(
    sosie: SimpleNamespace, session: Any, world: dict[str, Any]
) -> None:
    image = bpy.data.images.load(str(plate(world, "u8")))
    width, height = image.size
    sent = session.pixels.put(
        read_pixels(image).data, width=width, height=height, depth="f32", channels="RGBA", bottom_up=True
    )
    use = sosie.codec.decode(sosie.messages.Use, world["use"])
    seen: list[float] = []
    request = sosie.messages.RenderRequest(plate=sent, twin=world["twin"], use=use)
    result = session.render(request, lambda fraction, _: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen
    assert 0 <= seen[0] <= seen[-1] <= 1

    composite = result.layers["composite"]
    assert (composite.width, composite.height, composite.depth) == (width, height, "f32")
    assert composite.bottom_up
    got = np.frombuffer(session.pixels.read(composite), np.float32).reshape(height, width, -1)
    top_down = np.ascontiguousarray(got[::-1])
    expected = np.frombuffer(reference(world, "f32"), np.float32).reshape(height, width, 3)
    # Blender's floats are a last bit off, and the silhouette's edge is a matter of last bits
    assert (np.abs(top_down[..., :3] - expected).max(2) > 1 / 255).mean() < 0.003

    kept = bpy.data.images.new("likeness", width, height, alpha=True, float_buffer=True)
    rgba = np.ones((height, width, 4), np.float32)
    rgba[..., : got.shape[2]] = got
    kept.pixels.foreach_set(rgba.ravel())
    np.testing.assert_array_equal(read_pixels(kept), rgba.ravel())


def read_pixels(image: Any) -> NDArray[np.float32]:
    """The image's flat RGBA floats as Blender holds them."""
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return pixels
