"""Looking at a page: what it says, that it fits its window, that it keeps nobody out, and how it looks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

#: What axe-core calls an issue that keeps people out (WCAG 2.2, levels A and AA, and its own best practices).
GRAVE = frozenset({"serious", "critical"})


def press(target: Locator) -> None:
    """Clicks what leads to another page, and waits until that page is there: the next line sees no other."""
    with target.page.expect_navigation():
        target.click()


def shown(page: Page, *texts: str) -> None:
    """That the page says all of `texts`, needs no scrolling sideways, and cuts nothing off in a card."""
    page.wait_for_load_state()
    body = page.locator("body").inner_text()
    missing = [text for text in texts if text not in body]
    assert not missing, f"{missing} in:\n{body}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px too wide"
    cut = page.evaluate(
        "[...document.querySelectorAll('.card')].filter(card => card.scrollWidth > card.clientWidth)"
        ".map(card => card.innerText)"
    )
    assert cut == [], f"{page.url} cuts off {cut}"


def grave_issues(page: Page) -> list[str]:
    """What axe-core finds on the page, a line for each grave issue."""
    axe = _axe()
    if axe is None:
        return []
    found = axe.run(page).response["violations"]
    return [
        f"{issue['id']} ({issue['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for issue in found
        if issue["impact"] in GRAVE
        for node in issue["nodes"][:3]
    ]


def photograph(page: Page, name: str) -> None:
    """For eyes: kept where `SOSIE_SCREENSHOTS` says."""
    folder = os.environ.get("SOSIE_SCREENSHOTS")
    if folder and page.viewport_size:
        size = "phone" if page.viewport_size["width"] < 600 else "desk"
        with _in_place(page):
            page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=True)


@contextmanager
def _in_place(page: Page) -> Iterator[None]:
    """What stays in sight stands where it belongs: it would lie across the middle of a whole page."""
    moved = page.locator(".follows")
    moved.evaluate_all("all => all.forEach(one => one.style.position = 'static')")
    yield
    moved.evaluate_all("all => all.forEach(one => one.style.position = '')")


@cache
def _axe() -> Any:
    """axe-core, as its package brings it; a loud gap without it, a failure in CI."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        if os.environ.get("CI"):
            pytest.fail("CI needs axe-playwright-python")
        print("\nNOT TESTED: axe-playwright-python is not installed; pages are not checked for access")  # noqa: T201  # loud
        return None
    return Axe()
