"""A head leaves the pack only with the gate's word, and counts as a render."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.agent.packs import Packs
from sosie.codec import decode, encode
from sosie.errors import RefusedError
from sosie.messages import Head, HeadRequest, Use
from sosie.twin import Figures, Twin
from sosie.twin.basis import load_basis

FRANCE = Use(territory=("FR",))


@pytest.fixture(autouse=True)
def average(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = Twin(
        shape=load_basis().mean,
        albedo=np.full((64, 64, 3), 0.5, np.float16),
        valid=np.full((64, 64), 255, np.uint8),
        expressions=np.zeros((0, 52), np.float32),
        deltas=np.zeros((0, 468, 3), np.float32),
        resting=np.zeros(52, np.float32),
        tone=np.full(3, 0.5, np.float32),
        iris=np.full(3, 0.125, np.float32),
        identity=np.zeros(128, np.float32),
        thumbnail=b"",
        figures=Figures(("frontal",), 0.0, 1.0, 200.0),
    )
    monkeypatch.setattr(Packs, "twin", lambda self, verified: twin)


def test_a_head_is_files_a_journal_entry_and_one_render_less(office: Any, scene: Any) -> None:
    head = decode(Head, office.ask("head", encode(HeadRequest(scene.twin, FRANCE))))
    assert office.journal == ["render head"]
    assert (head.twin, head.licence, head.revision) == (scene.twin, scene.licence.id, 1)
    assert head.iris == (0.125, 0.125, 0.125)
    with np.load(head.mesh, allow_pickle=False) as mesh:
        assert mesh["vertices"].shape == (468, 3)  # a pack without a surround
        assert mesh["uv"].shape == (*mesh["polygons"].shape, 2)
        assert "jawOpen" in mesh["names"]
    for path in head.maps.values():
        assert Path(path).parent == office.pixels.folder
        assert Path(path).read_bytes().startswith(b"\x89PNG")
    assert office.ask("status", {})["leases"][0]["renders_left"] == 24


@pytest.mark.parametrize(
    ("use", "code"),
    [
        (Use(territory=("JP",)), "territory_not_licensed"),
        (Use(territory=("FR",), categories=("tobacco",)), "category_prohibited"),
    ],
)
def test_out_of_scope_gives_no_head(office: Any, scene: Any, use: Use, code: str, code_of: Any) -> None:
    assert code_of(lambda: office.ask("head", encode(HeadRequest(scene.twin, use))), RefusedError) == code
    assert office.journal == [f"refused {code}"]
    assert not list(office.pixels.folder.iterdir())


def test_whatever_a_host_calls_it_a_head_is_restaging(
    office: Any, scene: Any, monkeypatch: pytest.MonkeyPatch, code_of: Any
) -> None:
    """A licence to relight alone gives no head, and saying "relight" does not change that."""
    monkeypatch.setattr("sosie.agent.heads.OPERATION", "train")  # as if restaging were not licensed
    request = HeadRequest(scene.twin, Use(territory=("FR",), operation="relight"))
    assert code_of(lambda: office.ask("head", encode(request)), RefusedError) == "operation_not_licensed"


def test_a_revocation_is_heard_at_once(office: Any, scene: Any, code_of: Any) -> None:
    """A render may be a minute behind the registry; a head, which nobody can call back, may not."""
    request = encode(HeadRequest(scene.twin, FRANCE))
    office.ask("head", request)
    talent = scene.world.people.registry(scene.world.people.get("talent"))
    talent.change_licence(scene.licence.id, "suspend")
    assert code_of(lambda: office.ask("head", request), RefusedError) == "licence_not_active"
