"""A machine nobody has signed in yet: the code in the docker, the brand's yes, the twins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import module


def test_a_code_is_shown_and_approved(
    docker: Any, outside: Callable[..., Any], wait: Callable[..., bool]
) -> None:
    told = outside("newcomer")
    session, home = module("_sosie.client").Session, Path(told["home"])
    desk = module("model.desk").Desk(
        docker.desk.host, lambda: session.connect("host tests", start=False, home=home)
    )
    page = module("ui.sign_in").SignInPage(desk, docker.panel)
    try:
        desk.account.refresh()
        assert wait(lambda: desk.account.standing.state == "out", 30)
        page.address.setText(told["registry"])
        page.begin.click()
        assert wait(lambda: desk.account.standing.state == "waiting", 30), desk.notice
        assert page.code.text() == desk.account.standing.asked.code
        outside("approve", page.code.text())
        assert wait(lambda: desk.account.standing.state == "in" and desk.account.twins, 60), desk.notice
        assert desk.account.standing.seat == "Newcomer"
        desk.account.sign_out()
        assert wait(lambda: desk.account.standing.state == "out", 30)
    finally:
        desk.close()
        page.deleteLater()
