"""Who a blended likeness is made of: shares that are whole, people who are named once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.people import Blend


def blend(*shares: tuple[str, int]) -> Blend:
    return Blend.model_validate({"shares": [{"contributor": c, "share_bp": bp} for c, bp in shares]})


def test_shares_are_whole_and_nobody_is_named_twice() -> None:
    assert len(blend(("tal_aaaaaa", 6_000), ("tal_bbbbbb", 4_000)).shares) == 2
    for wrong in (
        (("tal_aaaaaa", 6_000), ("tal_bbbbbb", 3_999)),
        (("tal_aaaaaa", 5_000), ("tal_aaaaaa", 5_000)),
        (("tal_aaaaaa", 10_000),),
    ):
        with pytest.raises(ValidationError):
            blend(*wrong)
