"""Every attack of the table is made, or has its test elsewhere; the page says the same."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.attack import Attack, refusal
from tests.attacks.elsewhere import TESTED, Elsewhere
from tests.attacks.page import PAGE, RUN, page

from sosie.licence import chain

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("one", RUN, ids=lambda one: one.name)
def test_it_is_refused(papers: Any, make: Any, one: Attack) -> None:
    assert refusal(one, papers, make) == one.code


def test_what_is_not_attacked_is_not_refused(papers: Any) -> None:
    assert chain.verify(papers.bundle, root=papers.root, device_key=papers.device_key).lease == papers.lease


@pytest.mark.parametrize("one", TESTED, ids=lambda one: one.name)
def test_its_test_is_there_and_sees_the_code(one: Elsewhere) -> None:
    file, name = one.test.split("::")
    source = (TESTS / file).read_text(encoding="utf-8")
    defined = {node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)}
    assert name in defined
    if "_" in one.code:
        assert f'"{one.code}"' in source


def test_the_table_is_long_enough_and_names_each_once() -> None:
    names = [one.name for one in (*RUN, *TESTED)]
    assert len(names) == len(set(names)) >= 40


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make pages`"
