"""Fixtures: a registry, and a page in a real Chromium, on a phone without any script and on a desk with scripts."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from tests.registry.console.stage import Stage, stage
from tests.registry.people import Clock, World
from tests.registry.servers import running

from sosie.registry.matching import Matcher
from sosie.registry.settings import Settings
from sosie.remote.registry import Registry
from sosie.remote.transport import HttpsTransport, RegistryConfig

SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[World]:
    yield from opened(tmp_path, None)


def opened(tmp_path: Path, matcher: Matcher | None, htmx: Path | None = None) -> Iterator[World]:
    """A registry, whoever looks at enrolment proofs for it, and what its pages exchange parts with."""
    clock = Clock()
    settings = Settings(data=tmp_path / "registry", clock=clock, matcher=matcher, htmx=htmx)
    with running(settings) as url:
        token = (tmp_path / "registry" / "operator.token").read_text()
        operator = Registry(HttpsTransport(RegistryConfig(url=url, token=token)))
        yield World(url, tmp_path / "registry", clock, tmp_path, operator)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for each file of tests, and no longer: while Playwright runs, no other event loop can in this thread."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        say = pytest.fail if os.environ.get("CI") else pytest.skip
        say("NOT TESTED: there is no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, house: World, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        base_url=house.url,
        viewport=SIZES[request.param],
        java_script_enabled=request.param == "desk",
        locale="en-GB",
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def make_stage(house: World, page: Page) -> Callable[..., Stage]:
    def make(**consent: Any) -> Stage:
        return stage(house, page, **consent)

    return make
