"""The one who consents is the one in the captures: a real twin, real pictures of invented people, the real embedder."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.registry.people import PACK_KEY, Cast, Clock, World, cast, code
from tests.registry.servers import fresh, running

from sosie.enrolment import matcher
from sosie.faces import Faces
from sosie.registry.matching import Seen
from sosie.registry.proving import judge
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig
from sosie.twin.header import TwinHeader
from sosie.twin.pack_write import write_pack
from sosie.twin.twin import Twin

VIEW = {"turn_left": "yaw_p30.jpg", "turn_right": "yaw_m30.jpg", "look_up": "up.jpg"}


@pytest.fixture
def scene(
    tmp_path: Path, clock: Clock, database_url: str | None, faces: Faces, anouk: Twin
) -> Iterator[Cast]:
    """The usual cast at a registry that looks at faces; the twin is Anouk's."""
    url = fresh(database_url)
    settings = Settings(data=tmp_path / "registry", database_url=url, clock=clock, matcher=matcher(faces))
    with running(settings) as address:
        token = (settings.data / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=address, token=token)))
        made = cast(World(address, settings.data, clock, tmp_path, operator))
        twin = hand_in(made, anouk, f"twn_{secrets.token_hex(8)}", 1)
        yield Cast(**{**vars(made), "twin": twin})


def hand_in(scene: Any, made: Twin, name: str, revision: int) -> str:
    header = TwinHeader(
        twin=name,
        talent=scene.talent_id,
        revision=revision,
        consent_sha256=scene.consent.sha256(),
        created_at=scene.world.clock.now,
        texture_px=made.texture_px,
    )
    path = scene.world.tmp / f"{name}-{revision}.pack"
    digest = write_pack(
        path, header, made.to_sections(), key=PACK_KEY, thumbnail=b"", nonce_source=secrets.token_bytes
    )
    scene.world.upload(scene.talent, path, name, digest, scene.consent.sha256())
    return name


def posed(people: Path, who: str, pose: str) -> Path:
    return people / "captures" / who / VIEW[pose]


def test_a_twin_is_licensed_after_its_talent_has_proved_to_be_in_it(
    scene: Any, people: Path, anouk: Twin, tmp_path: Path
) -> None:
    operator, talent = scene.world.operator, scene.talent
    assert code(scene.request) == "twin_unproven"
    assert scene.brand.find_talents() == []

    # somebody else before the camera
    first = talent.challenge(scene.twin)
    assert (first.state, len(first.code), first.twin_revision) == ("open", 6, 1)
    refused = talent.answer_challenge(first.id, posed(people, "p04", first.pose))
    assert refused.state == "refused"
    assert "not the person in the captures" in refused.reason
    assert code(talent.answer_challenge, first.id, posed(people, "p01", first.pose)) == "challenge_state"

    # she herself; a machine alone lets nobody pass
    second = talent.challenge(scene.twin)
    seen = talent.answer_challenge(second.id, posed(people, "p01", second.pose))
    assert (seen.state, seen.likeness_distance < 0.45) == ("review", True)
    assert code(scene.request) == "twin_unproven"
    assert code(talent.review_challenge, second.id, passed=True) == "role_refused"
    assert code(scene.agency.review_challenge, second.id, passed=True) == "role_refused"
    operator.challenge_picture(second.id, tmp_path / "seen")
    assert (tmp_path / "seen").read_bytes() == posed(people, "p01", second.pose).read_bytes()
    assert code(talent.challenge_picture, second.id, tmp_path / "x") == "role_refused"
    assert code(operator.review_challenge, second.id, passed=False) == "reason_missing"
    assert operator.review_challenge(second.id, passed=True).state == "passed"
    assert code(operator.review_challenge, second.id, passed=True) == "challenge_state"
    assert not list((scene.world.data / "challenges").iterdir())
    assert scene.request().state == "requested"
    assert [record.twin for record in scene.brand.find_talents()] == [scene.twin]
    assert sorted(item.state for item in talent.challenges()) == ["passed", "refused"]

    # a new revision is proved anew
    hand_in(scene, anouk, scene.twin, 2)
    assert code(scene.request) == "twin_unproven"
    assert talent.challenge(scene.twin).twin_revision == 2


def test_what_is_no_proof(scene: Any, people: Path, tmp_path: Path) -> None:
    talent = scene.talent
    other, _, _ = scene.world.party("talent")
    asked = talent.challenge(scene.twin)
    assert code(other.challenge, scene.twin) == "twin_unknown"
    assert code(other.answer_challenge, asked.id, posed(people, "p01", asked.pose)) == "challenge_unknown"
    noise = tmp_path / "noise.jpg"
    noise.write_bytes(b"no picture")
    assert code(talent.answer_challenge, asked.id, noise) == "picture_unreadable"
    empty = tmp_path / "empty.png"
    Image.fromarray(np.full((400, 400, 3), 128, np.uint8)).save(empty)
    assert "shows 0 faces" in talent.answer_challenge(asked.id, empty).reason
    straight = talent.answer_challenge(
        talent.challenge(scene.twin).id, people / "captures" / "p01" / "frontal.jpg"
    )
    assert (straight.state, "Asked was" in straight.reason) == ("refused", True)
    late = talent.challenge(scene.twin)
    scene.world.clock.now += 900
    assert code(talent.answer_challenge, late.id, posed(people, "p01", late.pose)) == "challenge_expired"
    told = talent.challenge(scene.twin)
    assert talent.answer_challenge(told.id, posed(people, "p01", told.pose)).state == "review"
    no = scene.world.operator.review_challenge(told.id, passed=False, reason="No code can be read.")
    assert (no.state, no.reason) == ("refused", "No code can be read.")


def test_a_registry_that_sees_no_faces_says_so(world: World) -> None:
    blind = cast(world)
    assert code(blind.talent.challenge, blind.twin) == "proof_unavailable"
    assert blind.request().state == "requested"


@pytest.mark.parametrize(
    ("seen", "state", "words"),
    [
        (Seen(1, 0.3, 30.0, 0.0), "review", "Face and pose fit"),
        (Seen(1, 0.5, 30.0, 0.0), "review", "hard to tell"),
        (Seen(1, 0.56, 30.0, 0.0), "refused", "not the person"),
        (Seen(1, 2.0, 30.0, 0.0), "refused", "not the person"),
        (Seen(1, float("nan"), 30.0, 0.0), "refused", "not the person"),
        (Seen(1, 0.3, -30.0, 0.0), "refused", "Asked was another pose"),
        (Seen(2), "refused", "2 faces"),
    ],
)
def test_a_machine_refuses_and_never_lets_pass(seen: Seen, state: str, words: str) -> None:
    found = judge(seen, "turn_left")
    assert found[0] == state
    assert words in found[1]
