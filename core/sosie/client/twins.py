"""Which of a twin's licences a host shows: a twin that several licences allow stands in a list once."""

from __future__ import annotations

from collections.abc import Iterable

from sosie.messages import TwinInfo


def usable(twin: TwinInfo) -> bool:
    """Whether the licence can be used now."""
    return twin.state == "active" and not twin.reason


def one_each(twins: Iterable[TwinInfo]) -> list[TwinInfo]:
    """One entry for each of `twins` (oldest licence first), sorted by name.

    Of several licences the first that can be used now; else the newest that is active, that is suspended (it can
    come back), or of all.
    """
    best: dict[str, TwinInfo] = {}
    for twin in twins:
        shown = best.get(twin.twin)
        if shown is None or (not usable(shown) and _nearness(twin) >= _nearness(shown)):
            best[twin.twin] = twin
    return sorted(best.values(), key=lambda twin: (twin.display_name.lower(), twin.twin))


def _nearness(twin: TwinInfo) -> int:
    """How near the licence is to being usable."""
    return 3 if usable(twin) else {"active": 2, "suspended": 1}.get(twin.state, 0)
