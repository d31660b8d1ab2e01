"""Last of all: Krita quits while a render is under way. The harness sees whether it hangs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pixels import plate

from conftest import make_new


def test_a_render_is_under_way(
    docker: Any,
    world: dict[str, Any],
    krita: Any,
    wait: Callable[..., bool],
) -> None:
    desk = docker.desk
    document = krita.openDocument(str(plate(world, "u16")))
    krita.windows()[0].addView(document)
    assert wait(lambda: document.activeNode() is not None)
    assert wait(lambda: desk.looking.seen is not None)
    make_new(document, 70)
    desk.render()
    assert wait(lambda: desk.renders.current is not None and desk.renders.current.fraction > 0.15, 60)
