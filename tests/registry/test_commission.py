"""What an agency may take: at most a fifth of what talent and agency get together, wherever a split is agreed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.people import INTENDED_USE

from sosie.errors import VerificationError
from sosie.licence.documents import Terms


@pytest.mark.parametrize(
    ("talent", "agency", "expected"),
    [(7_200, 1_800, None), (7_199, 1_801, 422), (0, 9_000, 422), (9_000, 0, None)],
)
def test_no_agency_is_given_more_than_a_fifth(
    scene: Any, talent: int, agency: int, expected: int | None
) -> None:
    ask = {
        "twin": scene.twin,
        "advertiser": "Maison Example",
        "product_lines": ["coats"],
        "intended_use": INTENDED_USE,
        "territory": ["FR"],
        "not_before": scene.world.clock.now,
        "not_after": scene.world.clock.now + 86_400,
        "split": {"talent": talent, "agency": agency, "platform": 1_000},
    }
    # as another program would ask: our own models refuse to say it
    answer = scene.brand._transport.request(
        "POST", "/v1/licences", json=ask, headers={"Idempotency-Key": f"split-{agency}"}
    )
    if expected is None:
        assert answer.status == 201
        return
    assert answer.status == expected
    told = answer.content.decode()
    assert '"code":"commission_too_high"' in told
    assert f"{agency * 100 / (talent + agency):.4g} %" in told
    assert "Give the talent more" in told
    assert scene.brand.licences() == []


def test_no_signed_terms_say_more(scene: Any) -> None:
    terms = scene.request().terms | {"split": {"talent": 7_000, "agency": 2_000, "platform": 1_000}}
    with pytest.raises(VerificationError, match=r"22\.22 %") as caught:
        Terms.of(terms)
    assert caught.value.code == "commission_too_high"
