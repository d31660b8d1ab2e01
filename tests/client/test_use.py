"""What hosts offer in their menus is the licence's own vocabulary, and a use survives a host's document."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import TypeAdapter

from sosie.client.use import CATEGORIES, MEDIA, OPERATIONS, PURPOSES, listed, use_from
from sosie.licence import vocabulary
from sosie.messages import Use


def test_the_words_are_the_licences() -> None:
    assert set(PURPOSES) == vocabulary.PURPOSES
    assert set(MEDIA) == vocabulary.MEDIA
    assert set(OPERATIONS) == vocabulary.OPERATIONS
    named = TypeAdapter(vocabulary.Category)
    assert all(named.validate_python(word) for word in CATEGORIES)
    assert set(vocabulary.DEFAULT_PROHIBITED) <= set(CATEGORIES)


def test_a_list_is_read_as_people_write_it() -> None:
    assert listed(" FR, be;DE\nIT ") == ("FR", "be", "DE", "IT")
    assert listed(" ,") == ()


def test_a_use_comes_back_out_of_a_document() -> None:
    use = Use(territory=("FR", "BE"), media=("print",), categories=("swimwear",))
    kept = {name: list(item) if isinstance(item, tuple) else item for name, item in asdict(use).items()}
    assert use_from(kept | {"of a later version": 1}) == use
