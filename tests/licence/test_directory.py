"""What a registry tells of those who are there: read as it was written, and nothing beside it lost on the way."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.directory import DeviceInfo, PartyInfo, SeatDevices

PARTY = {
    "id": "tal_1",
    "role": "talent",
    "name": "Inès",
    "agency": None,
    "likeness": "person",
    "enrolled": True,
    "usable": False,
    "credit": False,
    "since": 1_800_000_000,
}


def test_a_party_is_read_as_it_was_written() -> None:
    assert PartyInfo.model_validate(PARTY).model_dump(mode="json") == PARTY


def test_a_role_that_nobody_has_is_refused() -> None:
    with pytest.raises(ValidationError, match="role"):
        PartyInfo.model_validate(PARTY | {"role": "witch"})


def test_a_seat_names_its_machines() -> None:
    machine = DeviceInfo(id="dev_1", name="Linux", state="active", since=1)
    seat = SeatDevices(id="seat_1", name="Retouch", devices=(machine,))
    assert SeatDevices.model_validate_json(seat.model_dump_json()) == seat
