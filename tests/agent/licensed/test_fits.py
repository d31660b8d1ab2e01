"""What the agent takes for the same fit: another slider is, another plate, face or twin is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import sosie.render
from sosie.agent.canvas import Canvas
from sosie.codec import encode
from sosie.messages import FaceChoice, RenderOptions, RenderRequest, Use
from sosie.render.layers import Layers

FRANCE = Use(territory=("FR",))


@pytest.fixture
def understood(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every fit that was made, by a stand-in render that asks for one as the real one does."""
    made: list[Any] = []

    def make() -> Any:
        made.append(SimpleNamespace(nbytes=1))
        return made[-1]

    def render(plate: Any, twin: Any, *, keep: Any, **_: Any) -> Any:
        keep(make)
        return Layers(
            plate=plate.pixels,
            parts={"composite": 255 - plate.pixels},
            box=(0, 0, 4, 4),
            confidence=1.0,
            reasons=(),
            provider="none",
        )

    monkeypatch.setattr(sosie.render, "render", render)
    return made


def ask(office: Any, twin: str, first: int = 0, last: int = 47, **more: Any) -> None:
    pixels = np.arange(first, first + 48, dtype=np.uint8)
    pixels[-1] = first + last
    plate = office.pixels.put(pixels.tobytes(), width=4, height=4, depth="u8", channels="RGB")
    request = RenderRequest(plate=plate, twin=twin, use=FRANCE, layers=("composite",), **more)
    office.ask("render", encode(request))


def test_a_turned_slider_keeps_the_fit(office: Any, scene: Any, understood: list[Any]) -> None:
    ask(office, scene.twin)
    ask(office, scene.twin, options=RenderOptions(strength=0.5, detail=1.5))
    assert len(understood) == 1


def test_another_plate_or_face_is_another_fit(office: Any, scene: Any, understood: list[Any]) -> None:
    ask(office, scene.twin)
    ask(office, scene.twin, first=1)
    ask(office, scene.twin, face=FaceChoice(index=0))
    assert len(understood) == 3
    ask(office, scene.twin)
    assert len(understood) == 3


def test_the_hash_is_waited_for_only_where_a_plate_looks_the_same(
    office: Any, scene: Any, understood: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of these plates the first pixel is looked at; a fit is made before the hash is known, or after it."""
    fits: list[int] = []

    def plate_sha256(canvas: Canvas, check: Any) -> str:
        fits.append(len(understood))
        return known(canvas, check)

    known = Canvas.plate_sha256
    monkeypatch.setattr(Canvas, "plate_sha256", plate_sha256)
    ask(office, scene.twin)
    fits.clear()
    ask(office, scene.twin, first=1)
    assert fits[0] == 2
    fits.clear()
    ask(office, scene.twin, last=7)
    assert fits[0] == 2
    assert len(understood) == 3
