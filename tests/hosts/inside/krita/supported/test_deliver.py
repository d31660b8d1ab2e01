"""Delivery from the docker: the receipt, a licence that is not there any more, and nothing to deliver."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pixels import plate

from conftest import module

Wait = Callable[..., bool]


def test_a_picture_without_a_likeness_is_not_delivered(
    desk: Any, world: dict[str, Any], open_document: Callable[[Path], Any], tmp_path: Path
) -> None:
    open_document(plate(world, "u8"))
    desk.deliver(tmp_path / "nothing.jpg")
    assert desk.notice.code == "nothing_to_deliver"
    assert not desk.deliveries.busy


def test_a_suspended_licence_greys_the_twin_and_refuses_delivery_and_then_it_works(
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
    ask(panel.deliver, tmp_path / "delivered", "JPEG")
    assert wait(lambda: desk.deliveries.busy)
    assert wait(lambda: not desk.deliveries.busy, 60)
    assert desk.notice is None, desk.notice
    receipt = desk.deliveries.receipt
    assert receipt.path == tmp_path / "delivered.jpg"
    assert receipt.path.read_bytes().startswith(b"\xff\xd8")
    assert receipt.delivery.twin == world["twin"]
    assert receipt.delivery.receipt in panel.deliver.receipt.text()
    # the label as it stands in the file: white letters on black, where the picture has neither
    assert panel.deliver.foot.isVisibleTo(panel)
    assert receipt.foot.data.count(b"\xff\xff\xff\xff") > 500
    without = module("ui.images").image_of(document.projection(0, 0, document.width(), document.height()))
    assert without.data.count(b"\xff\xff\xff\xff") == 0
    assert outside("verify", str(receipt.path))["status"] == 0

    ask(panel.deliver, tmp_path / "deep", "PNG")
    assert wait(lambda: desk.deliveries.busy)
    assert wait(lambda: not desk.deliveries.busy, 60)
    assert desk.notice is None, desk.notice
    written = (tmp_path / "deep.png").read_bytes()
    assert (written[1:4], written[24]) == (b"PNG", 16)  # bits of a sample


@pytest.mark.parametrize(
    ("state", "code", "reason", "told"),
    [
        ("revoked", "licence_revoked", "La licence est révoquée.", "Le mannequin a révoqué cette licence."),
        ("expired", "licence_expired", "La licence est expirée.", "La licence a pris fin il y a "),
    ],
)
def test_a_licence_that_has_ended_for_good_leaves_the_layers_and_refuses_delivery(
    state: str,
    code: str,
    reason: str,
    told: str,
    desk: Any,
    docker: Any,
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    rendered: Callable[[], Any],
    outside: Callable[..., Any],
    wait: Wait,
    tmp_path: Path,
) -> None:
    """Told in French: reason and refusal are the agent's and the registry's own sentences.

    While a suspended licence can come back it is the one that is told of.
    """
    texts = module("model.texts")
    paused = desk.account.twin.licence
    outside("suspend")
    outside("restart")  # without a lease under it
    document = open_document(plate(world, "u16"))
    texts.speak("fr")
    try:
        licence = outside("license", {"revoked": "86400", "expired": "25"}[state])["licence"]
        assert wait(lambda: _read_again(desk).licence == licence, 60), desk.account.twin
        desk.dismiss()  # the agent was away
        assert rendered().record["licence"] == licence
        if state == "revoked":
            outside("revoke", licence)
        assert wait(lambda: _read_again(desk).licence == paused, 60), desk.account.twin
        assert docker.panel.twins.terms.text().startswith("La licence est suspendue.")
        outside("revoke", paused)
        assert wait(lambda: _read_again(desk).state == state, 60), desk.account.twin
        assert docker.panel.twins.terms.text().startswith(reason)
        assert not docker.panel.work.render_button.isEnabled()
        likeness = document.topLevelNodes()[1]
        assert [node.name() for node in likeness.childNodes()][:1] == ["Relief"]
        docker.panel.deliver.deliver(tmp_path / "refused.jpg")
        assert wait(lambda: not desk.deliveries.busy, 60)
        assert (desk.notice.kind, desk.notice.code) == ("refusal", code), desk.notice
        assert desk.notice.text.startswith(told)
        assert not (tmp_path / "refused.jpg").exists()
        assert document.topLevelNodes()[1] == likeness  # the artist's work stays
        assert likeness.visible()
    finally:
        texts.speak("en")
        outside("license", str(90 * 86_400))  # for the other tests
    assert wait(lambda: _read_again(desk).state == "active", 60), desk.account.twin


def ask(bar: Any, name: Path, kind: str) -> None:
    """What an artist does in the dialog."""
    bar.button.click()
    dialog = bar._dialog
    (chosen,) = (words for words in dialog.nameFilters() if kind in words)
    dialog.selectNameFilter(chosen)
    dialog.filterSelected.emit(chosen)
    dialog.selectFile(str(name))
    dialog.accept()


def _read_again(desk: Any) -> Any:
    """The twin as the agent knows it now."""
    desk.account.refresh()
    return desk.account.twin
