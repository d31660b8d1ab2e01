"""Long lists come in pages, nobody asks without end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, event
from tests.registry.people import Clock

from sosie.licence import exchange
from sosie.licence.billing import BankDetails, PaymentReceived
from sosie.licence.keys import b64encode
from sosie.registry.settings import Settings
from sosie.remote import answers


def ask(scene: Any, path: str) -> Any:
    header = {"Authorization": f"Bearer {scene.device.token}"}
    answer = requests.get(scene.world.url + path, headers=header, timeout=60)
    return answer.json()


def pages(scene: Any, path: str, limit: int) -> list[list[str]]:
    found, cursor = [], ""
    while True:
        answer = ask(scene, f"{path}?limit={limit}{cursor}")
        found.append([item["id"] for item in answer["items"]])
        if answer["next"] is None:
            return found
        cursor = f"&after={answer['next']}"


def test_a_list_in_pages_is_the_list(scene: Any) -> None:
    licences = [scene.request() for _ in range(5)]
    whole = [record.id for record in licences]
    assert [len(page) for page in pages(scene, "/v1/licences", 2)] == [2, 2, 1]
    assert [len(page) for page in pages(scene, "/v1/licences", 5)] == [5]
    assert [
        one for page in pages(scene, "/v1/licences", 1) for one in page
    ] == whole  # of one second: as they were made


def items(who: Any, path: str) -> list[dict[str, Any]]:
    """A list one by one."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        answer = answers.mapping(who._call("GET", f"{path}?limit=1{cursor}"))
        found += answer["items"]
        assert len(answer["items"]) == 1
        if answer["next"] is None:
            return found
        cursor = f"&after={answer['next']}"


def test_all_that_grows_comes_in_pages(make_cast: Any) -> None:
    scene, other = make_cast(), make_cast()
    operator, clock = scene.world.operator, scene.world.clock
    record = scene.licence(rate={"currency": "EUR", "usage_fee": 50_000, "per_asset": 10_001})
    for _ in range(3):
        scene.deliver(record.id)
    scene.world.machine(scene.brand)
    scene.talent.keep_bank_account(BankDetails(holder="A", account="DE89370400440532013000", country="DE"))
    for minor in (50_000, 10_001):
        clock.now += 1
        operator.record_payment(record.id, PaymentReceived(minor=minor))
        operator.pay_out()
    for who, path, whole in (
        (operator, "/v1/parties", operator.parties()),
        (scene.brand, "/v1/seats", scene.brand.seats()),
        (scene.brand, "/v1/talents", scene.brand.find_talents()),
        (scene.brand, "/v1/invoices", scene.brand.invoices()),
        (scene.talent, "/v1/payouts", scene.talent.payouts()),
        (operator, "/v1/payouts", operator.payouts()),
    ):
        assert items(who, path) == [item.model_dump(mode="json") for item in whole]
        assert len(whole) >= 2, path
    assert other.talent.payouts() == scene.brand.payouts() == other.brand.invoices() == []
    assert {record.talent for record in scene.brand.find_talents()} == {scene.talent_id, other.talent_id}


def test_a_statement_comes_entry_by_entry(scene: Any) -> None:
    record = scene.licence()
    for _ in range(3):
        scene.deliver(record.id)
    whole = scene.talent.statement()
    lines: list[Any] = []
    cursor = ""
    while True:
        part = scene.talent._get(f"/v1/statement?limit=2{cursor}", exchange.Statement)
        assert sum(line.minor for line in part.lines) == 0, "an entry is never cut in two"
        assert part.balance == whole.balance
        lines += part.lines
        if part.next is None:
            break
        cursor = f"&after={part.next}"
    assert (tuple(lines), whole.next) == (whole.lines, None)
    assert len({line.transaction for line in lines}) == 4


def test_a_list_says_of_each_licence_what_it_says_alone(scene: Any) -> None:
    kept, announced, ended = (scene.licence().id for _ in range(3))
    scene.revoke(licence=announced, reason="notice")
    scene.revoke(licence=ended)
    found = {record.id: record for record in scene.brand.licences()}
    assert found == {name: scene.brand.licence(name) for name in (kept, announced, ended)}
    assert [found[name].revoked_at is None for name in (kept, announced, ended)] == [True, False, False]
    assert [found[name].state for name in (kept, announced, ended)] == ["active", "active", "revoked"]
    scene.revoke()  # her whole consent, later than the licence
    assert {record.state for record in scene.brand.licences()} == {"revoked"}
    assert scene.brand.licences() == [scene.brand.licence(record.id) for record in scene.brand.licences()]


def test_a_longer_list_takes_no_more_statements(scene: Any) -> None:
    def statements() -> int:
        count = 0

        def note(*_: Any) -> None:
            nonlocal count
            count += 1

        event.listen(Engine, "before_cursor_execute", note)
        try:
            scene.brand.licences()
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        return count

    scene.request()
    one = statements()
    for _ in range(3):
        scene.request()
    assert 0 < statements() == one


def test_newest_first_and_what_comes_new_shifts_nothing(scene: Any) -> None:
    record = scene.licence()
    done = []
    for _ in range(3):
        done.append(scene.deliver(record.id).record.id)
        scene.world.clock.now += 1
    first = ask(scene, "/v1/deliveries?limit=2")
    assert [item["id"] for item in first["items"]] == done[:0:-1]
    scene.deliver(record.id)
    rest = ask(scene, f"/v1/deliveries?limit=2&after={first['next']}")
    assert ([item["id"] for item in rest["items"]], rest["next"]) == ([done[0]], None)


def test_the_client_gathers_all_pages(scene: Any) -> None:
    made = {scene.request().id for _ in range(101)}
    assert ask(scene, "/v1/licences")["next"]
    found = scene.brand.licences()
    assert {record.id for record in found} == made
    assert scene.brand.licences(found[0].twin) == found
    assert scene.brand.licences("twn_of_nobody") == []
    assert len(scene.talent.twins()) == len(scene.talent.consents()) == 1


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "e30",
        b64encode(b"[1]"),
        b64encode(b'["a", "b"]'),
        b64encode(b'[99999999999999999999, "b"]'),
        b64encode(b'[1, "\\u0000"]'),
        b64encode(b'[1, "\\ud800"]'),
    ],
)
def test_a_cursor_that_is_none(scene: Any, cursor: str) -> None:
    assert ask(scene, f"/v1/licences?after={cursor}")["code"] == "cursor_invalid"
    assert ask(scene, "/v1/licences?limit=501")["code"] == "request_invalid"
    assert ask(scene, "/v1/licences?limit=0")["code"] == "request_invalid"


def test_ids_sort_as_they_were_made(tmp_path: Path) -> None:
    clock = Clock()
    settings = Settings(data=tmp_path, clock=clock)
    made = []
    for step in (0, 0, 1, -3600, 0, 7200):
        clock.now += step
        made += [settings.new_id("led") for _ in range(300)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert {len(one) for one in made} == {len("led_") + 24}
