"""Delivery from the docker: the receipt, a licence that is not there any more, and nothing to deliver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pixels import plate

Wait = Callable[..., bool]


def test_a_picture_without_a_likeness_is_not_delivered(
    desk: Any, world: dict[str, Any], open_document: Callable[[Path], Any], tmp_path: Path
) -> None:
    open_document(plate(world, "u8"))
    desk.deliver(tmp_path / "nothing.jpg")
    assert desk.notice.code == "nothing_to_deliver"
    assert not desk.deliveries.busy


def test_a_licence_that_ended_greys_the_twin_and_refuses_delivery_and_then_it_works(
    desk: Any,
    docker: Any,
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    rendered: Callable[[], Any],
    outside: Callable[..., Any],
    wait: Wait,
    tmp_path: Path,
) -> None:
    document = open_document(plate(world, "u16"))
    rendered()
    outside("suspend")
    desk.account.refresh()
    assert wait(lambda: desk.account.twin.state == "suspended", 60)
    panel = docker.panel
    assert "suspended" in panel.twins.terms.text()
    assert not panel.work.render_button.isEnabled()
    assert panel.work.render_button.toolTip()
    panel.deliver.deliver(tmp_path / "refused.jpg")
    assert wait(lambda: not desk.deliveries.busy, 60)
    assert desk.notice.kind == "refusal", desk.notice
    assert not (tmp_path / "refused.jpg").exists()
    assert len(document.topLevelNodes()) == 2  # the artist's work stays

    outside("resume")
    desk.account.refresh()
    assert wait(lambda: desk.account.twin.state == "active", 60)
    panel.deliver.deliver(tmp_path / "delivered")
    assert wait(lambda: not desk.deliveries.busy, 60)
    assert desk.notice is None, desk.notice
    receipt = desk.deliveries.receipt
    assert receipt.path == tmp_path / "delivered.jpg"
    assert receipt.path.read_bytes().startswith(b"\xff\xd8")
    assert receipt.delivery.twin == world["twin"]
    assert receipt.delivery.receipt in panel.deliver.receipt.text()
