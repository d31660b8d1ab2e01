"""The panel's routes in the real server: the account and the twins for its own page, nothing for strangers."""

from __future__ import annotations

from typing import Any

import requests
from server import Server

OWN = {"X-Sosie": "panel"}


def test_the_own_page_sees_seat_and_twin(server: Server, world: dict[str, Any]) -> None:
    told = requests.post(f"{server.url}/sosie/refresh", headers=OWN, timeout=60)
    assert told.status_code == 200, told.text
    assert told.json()["signed_in"]
    (card,) = [card for card in told.json()["twins"] if card["twin"] == world["twin"]]
    assert card["refusal"] == ""
    assert card["renders_left"] > 0
    again = requests.get(f"{server.url}/sosie/state", headers=OWN, timeout=60).json()
    (kept,) = [card for card in again["twins"] if card["twin"] == world["twin"]]
    assert kept["thumbnail"].startswith("data:image/jpeg;base64,")


def test_strangers_see_nothing(server: Server) -> None:
    for headers in ({}, {**OWN, "Origin": "https://evil.example"}, {**OWN, "Host": "evil.example"}):
        told = requests.get(f"{server.url}/sosie/state", headers=headers, timeout=60)
        assert told.status_code == 403
        assert "twins" not in told.text


def test_an_address_that_is_none_is_refused_in_words(server: Server) -> None:
    told = requests.post(f"{server.url}/sosie/sign-in", headers=OWN, json={"url": "file:///x"}, timeout=60)
    assert told.status_code == 409
    assert told.json()["code"] == "registry_address"
