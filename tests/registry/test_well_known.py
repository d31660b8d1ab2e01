"""What machines find at a registry without an account: the standing posture of every consent in force."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import requests

from sosie.licence.export.rsl import NAMESPACE


def subjects(scene: Any) -> list[str]:
    answer = requests.get(scene.world.url + "/.well-known/rsl-media.xml", timeout=60)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/rsl+xml"
    root = ET.fromstring(answer.content)
    assert all(item.attrib["server"].startswith(scene.world.url) for item in root)
    return [item.attrib["url"] for item in root.findall(f"{{{NAMESPACE}}}content")]


def test_a_revoked_consent_is_no_longer_there(scene: Any) -> None:
    assert f"urn:sosie:{scene.talent_id}" in subjects(scene)
    scene.revoke()
    assert f"urn:sosie:{scene.talent_id}" not in subjects(scene)
