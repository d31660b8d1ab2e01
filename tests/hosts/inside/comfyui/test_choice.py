"""Two people in one picture: the one who is meant changes, and nobody else; pictures of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from graphs import SWITCHES, kept, single
from numpy.typing import NDArray
from PIL import Image
from server import Server

PLATES = Path(__file__).parents[3] / "people" / "plates"
SIDE = 640


@pytest.fixture
def pair(server: Server) -> NDArray[np.float32]:
    """(640, 1280, 3): two people side by side, as Load Image gives them; also `pair.png` and `right.png`."""
    folder = server.base / "input"
    folder.mkdir(exist_ok=True)
    both = Image.new("RGB", (2 * SIDE, SIDE))
    for place, name in enumerate(("s01/plate_p01", "s02/plate_p02")):
        with Image.open(PLATES / f"{name}.webp") as plate:
            both.paste(plate.convert("RGB"), (place * SIDE, 0))
            plate.convert("RGB").save(folder / f"{('left', 'right')[place]}.png")
    both.save(folder / "pair.png")
    return np.asarray(both, np.float32) / 255


@pytest.fixture
def graph(server: Server, world: dict[str, Any], pair: NDArray[np.float32]) -> dict[str, Any]:
    """Apply Likeness to the picture of two."""
    made = single(server, world)
    made["1"]["inputs"]["image"] = "pair.png"
    return made


def changed(batch: NDArray[np.float32], before: NDArray[np.float32]) -> tuple[bool, bool]:
    """Whether the left half, and the right, differ from what came in."""
    assert batch.shape == (1, *before.shape)
    moved = np.abs(batch[0] - before).max(-1) > 1 / 512
    return bool(moved[:, :SIDE].any()), bool(moved[:, SIDE:].any())


@pytest.mark.parametrize(("order", "index"), [("left-right", 1), ("right-left", 0)])
def test_by_number(server: Server, graph: dict[str, Any], pair: Any, order: str, index: int) -> None:
    graph["3"]["inputs"] |= {"face_order": order, "face_index": index}
    assert changed(kept(server.run(graph)), pair) == (False, True)


def test_by_box(server: Server, graph: dict[str, Any], pair: Any) -> None:
    graph["7"] = {"class_type": "SosieDetectFaces", "inputs": {"image": ["1", 0]}}
    graph["3"]["inputs"] |= {"face_box": ["7", 0], "face_index": 1}
    assert changed(kept(server.run(graph)), pair) == (False, True)


def test_by_a_mask_of_another_size(server: Server, graph: dict[str, Any], pair: Any) -> None:
    mask = Image.new("RGB", (101, 37))
    mask.paste((255, 255, 255), (51, 0, 101, 37))
    mask.save(server.base / "input" / "mask.png")
    graph["7"] = {"class_type": "LoadImageMask", "inputs": {"image": "mask.png", "channel": "red"}}
    graph["3"]["inputs"] |= {"face_mask": ["7", 0]}
    assert changed(kept(server.run(graph)), pair) == (False, True)


@pytest.mark.parametrize(("name", "sides"), [("left", (True, False)), ("right", (False, True))])
def test_by_a_picture_of_the_person(
    server: Server, graph: dict[str, Any], pair: Any, name: str, sides: tuple[bool, bool]
) -> None:
    graph["7"] = {"class_type": "LoadImage", "inputs": {"image": f"{name}.png"}}
    graph["3"]["inputs"] |= {"face_reference": ["7", 0]}
    assert changed(kept(server.run(graph)), pair) == sides


def test_nothing_changes_where_it_is_not_allowed(server: Server, graph: dict[str, Any], pair: Any) -> None:
    mask = Image.new("RGB", (2 * SIDE, SIDE))
    mask.paste((255, 255, 255), (SIDE, 0, 2 * SIDE, SIDE))
    mask.save(server.base / "input" / "allowed.png")
    graph["7"] = {"class_type": "LoadImageMask", "inputs": {"image": "allowed.png", "channel": "red"}}
    graph["3"]["inputs"] |= {"allowed": ["7", 0], "face_order": "left-right", "face_index": 0}
    assert changed(kept(server.run(graph)), pair) == (False, False)


def test_several(server: Server, graph: dict[str, Any], pair: Any) -> None:
    twins = {"twin_1": ["2", 0], "face_1": 0, "twin_2": ["2", 0], "face_2": 1, "face_3": 2, "face_4": 3}
    graph["3"] = {"class_type": "SosieApplySeveral", "inputs": {"image": ["1", 0], **twins, **SWITCHES}}
    assert changed(kept(server.run(graph)), pair) == (True, True)


def test_alpha_stays_and_half_floats_are_taken(server: Server, graph: dict[str, Any], pair: Any) -> None:
    graph["7"] = {"class_type": "SosieProbeHalf", "inputs": {"image": ["1", 0]}}
    graph["8"] = {"class_type": "JoinImageWithAlpha", "inputs": {"image": ["7", 0], "alpha": ["1", 1]}}
    graph["3"]["inputs"]["image"] = ["8", 0]
    batch = kept(server.run(graph))
    assert batch.shape == (1, SIDE, 2 * SIDE, 4)
    assert (batch[..., 3] == 1).all()
    assert (np.abs(batch[0, ..., :3] - pair).max(-1) > 1 / 512).any()
