"""Who a likeness is made of, and what she takes back: whole shares, people named once, every consent."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.exchange import ConsentInfo
from sosie.licence.people import Blend, to_revoke


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


def test_what_is_taken_back_with_everything() -> None:
    def consent(sha256: str, revoked_at: int | None) -> ConsentInfo:
        live = revoked_at is None
        return ConsentInfo(id="con", sha256=sha256, talent="tal", token="", live=live, revoked_at=revoked_at)

    hers = [consent("in force", None), consent("announced", 101), consent("ended", 100)]
    assert to_revoke(hers, "notice", now=100) == ("in force",)
    assert to_revoke(hers, "safety", now=100) == ("in force", "announced")
