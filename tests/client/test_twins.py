"""A twin that several licences allow stands in a host's list once, with the licence that counts."""

from __future__ import annotations

from sosie.client.twins import one_each, usable
from sosie.messages import TwinInfo


def twin(licence: str, state: str = "active", *, of: str = "twn_a", reason: str = "") -> TwinInfo:
    return TwinInfo(
        twin=of,
        licence=licence,
        display_name=of,
        revision=1,
        state=state,
        territory=("FR",),
        media=("print",),
        not_after=2**31,
        renders_left=1,
        delivered_left=1,
        reason=reason,
    )


def shown(*twins: TwinInfo) -> list[str]:
    return [one.licence for one in one_each(twins)]


def test_the_first_that_can_be_used_is_shown() -> None:
    assert shown(twin("old", "revoked"), twin("good"), twin("newer"), twin("ended", "expired")) == ["good"]
    assert not usable(twin("full", reason="No pictures are left."))


def test_else_the_one_that_is_nearest_to_it_else_the_newest() -> None:
    assert shown(twin("full", reason="None left."), twin("paused", "suspended")) == ["full"]
    assert shown(twin("paused", "suspended"), twin("ended", "expired")) == ["paused"]
    assert shown(twin("one", "suspended"), twin("two", "suspended"), twin("asked", "requested")) == ["two"]
    assert shown(twin("first", "revoked"), twin("last", "expired")) == ["last"]


def test_every_twin_has_one_entry_by_name() -> None:
    assert shown(twin("b", of="twn_b"), twin("a", of="twn_a")) == ["a", "b"]
