"""What a talent may say of herself."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.talents import Attributes


def test_an_age_range_has_two_ends_in_order() -> None:
    assert Attributes(age_from=30, age_to=30).age_to == 30
    for ages in (
        {"age_from": 30},
        {"age_to": 30},
        {"age_from": 31, "age_to": 30},
        {"age_from": 17, "age_to": 20},
    ):
        with pytest.raises(ValidationError):
            Attributes(**ages)
