"""Lists and search with htmx, on both sizes: only a part of the page is exchanged, and nothing is lost by that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.registry.console.conftest import SIZES, opened
from tests.registry.console.looking import grave_issues, shown
from tests.registry.console.stage import Stage
from tests.registry.people import World

from sosie.licence import exchange
from sosie.models import ModelStore
from sosie.registry.console.parts import SIZE


@pytest.fixture
def house(tmp_path: Path) -> Iterator[World]:
    yield from opened(tmp_path, None, ModelStore.default().path("htmx"))


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, house: World, browser: Browser) -> Iterator[Page]:
    """With scripts on both sizes; at the end, the browser has complained of nothing (nor of a forbidden style)."""
    context = browser.new_context(base_url=house.url, viewport=SIZES[request.param], locale="en-GB")
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [line for line in said if "with a status of" not in line] == []  # refusals are meant, nothing else


def test_a_list_is_turned_in_its_place(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    for n in range(SIZE):
        stage.world.operator.create_party(exchange.NewParty(role="brand", name=f"House {n:02}"))
    page = stage.enter("operator")
    page.goto("/console/people?language=en")
    mark(page)
    page.get_by_role("link", name="Next page").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#people")).to_contain_text("Page 2 of 2")
    assert marked(page), "the page was not loaded anew"
    assert page.url.endswith("/console/people?language=en&people=2#people")
    assert page.evaluate("document.activeElement.id") == "people"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.rel") == "prev"
    assert page.locator("#people h2, #people table").count() == page.locator("#people > *").count() - 1
    shown(page, "Page 2 of 2")
    assert grave_issues(page) == []
    page.go_back()
    expect(page.locator("#people")).to_contain_text("Page 1 of 2")
    page.wait_for_load_state()
    page.go_forward()
    expect(page.locator("#people")).to_contain_text("Page 2 of 2")
    page.wait_for_load_state()
    page.context.clear_cookies()
    page.get_by_role("link", name="Previous page").click()
    page.wait_for_url("**/console/sign-in")


def test_the_search_answers_while_a_filter_changes(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page = stage.enter("brand")
    page.goto("/console/talents?language=en")
    expect(page.locator("#found-n")).to_contain_text("1")
    mark(page)
    page.get_by_label("Nobody living").check()
    expect(page.locator("#found-n")).to_contain_text("0")
    expect(page.locator("#found article")).to_have_count(0)
    assert marked(page), "the page was not loaded anew"
    assert "likeness=synthetic" in page.url
    assert page.evaluate("document.activeElement.value") == "synthetic", "where she was, she stays"
    assert page.locator("#found-n").get_attribute("aria-live") == "polite"
    assert grave_issues(page) == []
    page.go_back()
    expect(page.locator("#found article")).to_have_count(1)
    expect(page.locator("[value=person]")).to_be_checked()
    page.wait_for_load_state()
    page.locator("[value=blended]").evaluate("choice => choice.value = 'ghost'")
    page.locator("[value=ghost]").click()
    expect(page.get_by_role("alert")).to_contain_text("A field is empty")  # a refusal is a page of its own
    assert "likeness=ghost" in page.url


def test_scripts_run_only_where_nothing_is_decided(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page = stage.enter("talent")
    for path, scripts in (
        ("/console", False),
        ("/console/rules", False),
        ("/console/revoke", False),
        ("/console/money", True),
        ("/console/proofs", True),
    ):
        answer = page.request.get(path)
        assert answer.ok, path
        policy = answer.headers["content-security-policy"]
        assert ("script-src 'self'" in policy, "<script" in answer.text()) == (scripts, scripts), path
        assert "unsafe" not in policy


def mark(page: Page) -> None:
    page.evaluate("document.body.dataset.marked = 'yes'")


def marked(page: Page) -> bool:
    return page.evaluate("document.body.dataset.marked") == "yes"
