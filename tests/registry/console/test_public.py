"""Everybody in the console: a file is verified, by its bytes or its receipt; the log's checkpoint is read and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page
from tests.registry.console.looking import photograph, press, shown
from tests.registry.console.stage import Stage

from sosie.licence import checkpoint


def test_a_file_is_verified(make_stage: Callable[..., Stage], tmp_path: Path) -> None:
    stage = make_stage()
    scene, page = stage.people, stage.page
    done = scene.deliver(scene.licence().id)
    page.goto("/console/verify")
    page.get_by_label("The picture").set_input_files(done.path)
    press(page.get_by_role("button", name="Check"))
    shown(page, "Licensed and delivered here", "genuine", "signed by this registry and intact")
    photograph(page, "verify")

    changed = bytearray(done.path.read_bytes())
    changed[len(changed) // 2] ^= 1
    (tmp_path / "changed.jpg").write_bytes(changed)
    page.get_by_label("The picture").set_input_files(tmp_path / "changed.jpg")
    press(page.get_by_role("button", name="Check"))
    shown(page, "The receipt is real, the file is another", "look closely")

    (tmp_path / "other.jpg").write_bytes((scene.world.tmp / "final.jpg").read_bytes())
    page.get_by_label("The picture").set_input_files(tmp_path / "other.jpg")
    press(page.get_by_role("button", name="Check"))
    shown(page, "Not known here", "no Content Credentials")

    page.get_by_label("Receipt, or SHA-256").fill(done.record.receipt)
    press(page.get_by_role("button", name="Look up"))
    shown(page, "Licensed and delivered here", "leaf")


def test_the_log_is_there_to_keep(house: object, page: Page, make_stage: Callable[..., Stage]) -> None:
    stage = make_stage()
    page.goto("/console/log?language=es")
    shown(page, "Registro público", "sosie-registry", "Clave del registro")
    photograph(page, "log")
    note = page.request.get("/console/log/checkpoint.txt").text()
    root = stage.world.root()
    kept = checkpoint.verify(note, origin=root.registry, key=root.checkpoint_key)
    assert kept.size > 0
    assert "def main" in page.request.get("/console/proofs/verify_proof.py").text()
    missing = page.goto("/console/nothing-here")
    assert missing is not None
    assert missing.status == 404
    shown(page, "Esto no ha funcionado")
