"""Long lists in the console: turned by plain links, each list alone, and nobody is left out."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page
from tests.registry.console.conftest import SIZES
from tests.registry.console.looking import grave_issues, photograph, press, shown
from tests.registry.console.stage import Stage
from tests.registry.people import INTENDED_USE

from sosie.licence import exchange
from sosie.licence.billing import PaymentReceived
from sosie.registry.console.parts import SIZE


def test_everybody_is_found_in_one_of_the_parts(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    made = {f"House {n:02}" for n in range(SIZE)}
    for name in sorted(made):
        stage.world.operator.create_party(exchange.NewParty(role="brand", name=name))
    page = stage.enter("operator")
    page.goto("/console/people?language=en")
    shown(page, "Page 1 of 2")
    first = rows(page)
    photograph(page, "people-parts")
    if page.viewport_size == SIZES["desk"]:  # axe needs scripts, and the phone has none
        assert grave_issues(page) == []
    assert page.get_by_role("link", name="Previous page").count() == 0
    press(page.get_by_role("link", name="Next page"))
    shown(page, "Page 2 of 2")
    assert "language=en" in page.url, "what else the address says is kept"
    assert page.get_by_role("link", name="Next page").count() == 0
    second = rows(page)
    assert len(first) == SIZE
    assert len(second) == 4
    assert made < {*first, *second}
    assert "Atelier Nord" in page.locator("#agency").inner_text(), "on whichever page she stands"
    press(page.get_by_role("link", name="Previous page"))
    assert rows(page) == first
    for odd, said in (
        ("99", "Page 2 of 2"),
        ("0", "Page 1 of 2"),
        ("-1", "Page 1 of 2"),
        ("²", "Page 1 of 2"),
    ):
        page.goto(f"/console/people?people={odd}")
        shown(page, said)


def test_each_list_of_a_page_is_turned_alone(make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    scene = stage.people
    licence = scene.licence(intended_use=INTENDED_USE)
    for _ in range(SIZE):
        scene.request(product_lines=("bags",))
        stage.world.operator.record_payment(licence.id, PaymentReceived(minor=1))
    page = stage.enter("brand")
    shown(page, "Page 1 of 2", "bags")
    assert "coats" not in page.locator("main").inner_text(), "the newest are first"
    press(page.get_by_role("link", name="Next page"))
    shown(page, "Page 2 of 2", "coats")
    page.goto("/console/money")
    assert page.locator("#entries tbody tr").count() == SIZE
    press(page.get_by_role("link", name="Next page"))
    shown(page, "Page 2 of 2", "Usage fee")
    assert page.locator("#entries tbody tr").count() == 1

    page = stage.enter("talent")
    page.goto("/console/money?entries=2")
    shown(page, "400.00\u00a0EUR", "Usage fee", "Page 2 of 2")
    photograph(page, "money-parts")


def rows(page: Page) -> list[str]:
    return page.locator("#people tbody td:first-child").all_inner_texts()
