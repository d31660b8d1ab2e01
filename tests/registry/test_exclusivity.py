"""Who has a category alone: asked for in vain, bound by the talent's word, free again when it is taken back."""

from __future__ import annotations

from typing import Any

from tests.registry.people import code

from sosie.licence import exchange


def alone(scene: Any, **changes: Any) -> dict[str, Any]:
    until = scene.world.clock.now + 200 * 86_400
    return {"category": "coats", "territory": ("FR",), "until": until, "fee": 70_000} | changes


def rival(scene: Any) -> Any:
    """The same talent, asked by another brand."""
    brand, brand_id, _ = scene.world.party("brand", credit=True)
    return type(scene)(**{**vars(scene), "brand": brand, "brand_id": brand_id})


def test_a_category_is_kept_for_one_brand(scene: Any) -> None:
    other = rival(scene)
    earlier = other.request()
    held = scene.licence(exclusivity=alone(scene))
    assert code(other.request) == "exclusivity_conflict"
    assert code(other.request, territory=("DE", "FR")) == "exclusivity_conflict"
    assert other.request(territory=("DE",)).state == "requested"
    assert other.request(product_lines=("shoes",)).state == "requested"
    assert scene.request().state == "requested"  # not in its own way
    # what was asked for before stands, but she cannot say yes to it any more
    scene.agency.approve_licence(earlier.id)
    assert (
        code(scene.talent.approve_licence, earlier.id, scene.countersign(earlier)) == "exclusivity_conflict"
    )
    lines = [line for line in scene.talent.statement().lines if line.kind == "exclusivity_fee"]
    assert sum(line.minor for line in lines) == 0
    assert {line.account: line.minor for line in lines} == {
        "brand_receivable": -70_000,
        "talent_payable": 56_000,
        "agency_payable": 7_000,
        "platform_revenue": 7_000,
    }
    scene.revoke(licence=held.id)
    scene.talent.approve_licence(earlier.id, scene.countersign(earlier))
    assert other.brand.pay_licence(earlier.id, exchange.Payment(method="credit")).state == "active"


def test_nobody_is_exclusive_who_works_for_others(scene: Any) -> None:
    other = rival(scene)
    done = other.licence()
    assert code(scene.request, exclusivity=alone(scene)) == "exclusivity_conflict"
    assert scene.request(exclusivity=alone(scene, territory=("IT",))).state == "requested"
    other.brand.change_licence(done.id, "complete")
    held = scene.licence(exclusivity=alone(scene))
    scene.brand.change_licence(held.id, "complete")
    assert code(other.request) == "exclusivity_conflict"  # paid for until its end


def test_the_first_yes_counts(scene: Any) -> None:
    other = rival(scene)
    one, two = scene.request(exclusivity=alone(scene)), other.request()
    for record in (one, two):
        scene.agency.approve_licence(record.id)
    scene.talent.approve_licence(two.id, scene.countersign(two))
    assert code(scene.talent.approve_licence, one.id, scene.countersign(one)) == "exclusivity_conflict"
    scene.talent.decline_licence(two.id)
    scene.talent.approve_licence(one.id, scene.countersign(one))
