"""Licences and consents in other standards' words, as the command line prints them for whoever is part of them."""

from __future__ import annotations

from typing import Any


def test_a_licence_for_a_rights_system_and_for_a_picture_desk(scene: Any, command: Any) -> None:
    policy = command("licence", "export", scene.licence.id, "--to", "odrl", "--as", "brand")
    assert (policy["@type"], policy["uid"]) == ("Agreement", f"urn:sosie:{scene.licence.id}")
    fields = command("licence", "export", scene.licence.id, "--to", "plus", "--as", "talent")
    assert fields["plus:LicenseID"] == scene.licence.id
    assert fields["plus:ModelReleaseID"] == [scene.licence.consent_sha256]


def test_a_talents_consent_for_machines_that_ask(scene: Any, command: Any) -> None:
    assert command("consent", "export", "--to", "odrl")["@type"] == "Offer"
    assert "<permits" in command("consent", "export", "--to", "rsl")["rsl"]
