"""Fits that are kept: the right one comes back, the hash is waited for only where it may, old ones go."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sosie.agent.fits import Fits


def fit(nbytes: int) -> Any:
    return SimpleNamespace(nbytes=nbytes)


def never() -> Any:
    raise AssertionError


def test_the_same_plate_and_choice_are_understood_once() -> None:
    fits = Fits()
    first = fits.of("twin a, any face", lambda: "plate 1", lambda: fit(10))
    assert fits.of("twin a, any face", lambda: "plate 1", never) is first


def test_another_plate_twin_or_choice_is_understood_anew() -> None:
    fits = Fits()
    first = fits.of("twin a", lambda: "plate 1", lambda: fit(10))
    assert fits.of("twin a", lambda: "plate 2", lambda: fit(10)) is not first
    assert fits.of("twin b", lambda: "plate 1", lambda: fit(10)) is not first
    assert fits.of("twin a", lambda: "plate 1", never) is first


def test_the_hash_is_not_waited_for_before_a_first_render() -> None:
    order: list[str] = []

    def hashed() -> str:
        order.append("hash")
        return "plate"

    def made() -> Any:
        order.append("make")
        return fit(10)

    Fits().of("twin", hashed, made)
    assert order[0] == "make"


def test_the_longest_unused_go_when_there_is_no_room() -> None:
    fits = Fits(most=100)
    kept = {name: fits.of(name, lambda: "p", lambda: fit(40)) for name in ("a", "b")}
    assert fits.of("a", lambda: "p", never) is kept["a"]
    fits.of("c", lambda: "p", lambda: fit(40))
    assert fits.of("a", lambda: "p", never) is kept["a"]
    assert fits.of("b", lambda: "p", lambda: fit(40)) is not kept["b"]
    large = fits.of("d", lambda: "p", lambda: fit(1000))
    assert fits.of("d", lambda: "p", never) is large  # one is always kept


def test_what_fails_is_not_kept() -> None:
    fits = Fits()
    with pytest.raises(AssertionError):
        fits.of("twin", lambda: "p", never)
    assert fits.of("twin", lambda: "p", lambda: fit(1)).nbytes == 1
