"""Which of a twin's licences the agent speaks of."""

from __future__ import annotations

import pytest

from sosie.agent.standing import foremost
from sosie.licence.exchange import LicenceRecord


@pytest.mark.parametrize(
    ("states", "told"),
    [
        (("revoked", "active", "suspended", "active"), 1),
        (("suspended", "suspended", "expired", "requested"), 1),
        (("expired", "revoked"), 1),
    ],
)
def test_the_first_active_else_the_last_suspended_else_the_newest(states: tuple[str, ...], told: int) -> None:
    licences = [LicenceRecord.model_construct(state=state) for state in states]
    assert foremost(licences) is licences[told]
