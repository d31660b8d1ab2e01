"""Finding a talent by what she allows and what she declares; people and what is nobody's apart."""

from __future__ import annotations

import secrets
from typing import Any

from tests.registry.people import code

from sosie.licence import jws
from sosie.licence.documents import Consent
from sosie.licence.talents import Attributes

SAID = Attributes(skin_tone=7, age_from=25, age_to=35, height_cm=178, waist_cm=62, shoe_eu=40)


def found(who: Any, **wanted: Any) -> list[str]:
    return [record.talent for record in who.find_talents(**wanted)]


def test_a_talent_is_found_by_what_she_says_of_herself(scene: Any) -> None:
    brand, her = scene.brand, scene.talent_id
    assert found(brand) == [her]
    assert found(brand, height_cm_min=150) == []  # she has not said
    assert scene.talent.declare_attributes(SAID) == scene.talent.attributes() == SAID
    assert found(brand, height_cm_min=178, height_cm_max=178, skin_tone_min=6, age=25) == [her]
    record = brand.find_talents(age=35)[0]
    assert (record.attributes, record.twin, record.likeness) == (SAID, scene.twin, "person")
    for wanted in ({"age": 36}, {"height_cm_min": 179}, {"skin_tone_max": 6}, {"hips_cm_max": 90}):
        assert found(brand, **wanted) == []
    scene.talent.declare_attributes(Attributes())
    assert found(brand, age=30) == []
    assert code(scene.agency.declare_attributes, SAID) == "role_refused"
    assert code(scene.talent.find_talents) == "role_refused"
    assert code(brand.find_talents, height=3) == "request_invalid"


def test_a_talent_is_found_only_for_what_she_allows(make_cast: Any) -> None:
    scene = make_cast(territory_max=("FR", "IT"), media_max=("web_owned",), operations=("relight",))
    brand, her = scene.brand, scene.talent_id
    assert found(brand, territory=["FR", "IT"], media="web_owned", operation="relight") == [her]
    assert found(brand, territory=["FR", "US"]) == []
    assert found(brand, media="tv") == []
    assert found(brand, operation="age_shift") == []
    assert found(brand, category="swimwear") == [her]
    assert found(brand, category=["swimwear", "tobacco"]) == []
    scene.revoke()
    assert found(brand) == []


def test_nobody_living_is_never_listed_among_people(scene: Any) -> None:
    world = scene.world
    account, name, key = world.party("talent", likeness="synthetic")
    consent = Consent.of(
        {
            "id": f"con_{secrets.token_hex(8)}",
            "talent": name,
            "approval": "per_campaign",
            "representation": "none",
            "signed_at": world.clock.now,
        }
    )
    account.record_consent(jws.sign(consent, key))
    path, twin, digest = world.pack(name, consent.sha256())
    world.upload(account, path, twin, digest, consent.sha256())
    account.declare_attributes(SAID)
    assert found(scene.brand) == [scene.talent_id]
    assert found(scene.brand, age=30) == []
    assert found(scene.brand, likeness="synthetic", age=30) == [name]
