"""The ComfyUI panel's rules, without ComfyUI: who may ask, what may come in, how an error leaves."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
OWN = {"Host": "127.0.0.1:8188", "X-Sosie": "panel"}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """The panel's module out of a package with the client vendored, as users have it."""
    spec = importlib.util.spec_from_file_location("sosie_plugins_build", ROOT / "plugins" / "build.py")
    assert spec is not None
    assert spec.loader is not None
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    folder = tmp_path_factory.mktemp("packs")
    package = folder / "sosie_comfyui_panel"
    shutil.copytree(
        ROOT / "plugins" / "comfyui" / "sosie_comfyui", package, ignore=shutil.ignore_patterns("_sosie")
    )
    build.vendor(package)
    sys.path.insert(0, str(folder))
    try:
        yield importlib.import_module("sosie_comfyui_panel.panel")
    finally:
        sys.path.remove(str(folder))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"Host": "localhost:8188", "Origin": "http://localhost:8188"},
        {"Host": "[::1]:8188"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8188"},
    ],
)
def test_the_own_page_passes(panel: ModuleType, more: dict[str, str]) -> None:
    panel.guard({**OWN, **more}, "127.0.0.1")


@pytest.mark.parametrize(
    ("more", "remote"),
    [
        ({"X-Sosie": ""}, "127.0.0.1"),
        ({"Origin": "https://evil.example"}, "127.0.0.1"),
        ({"Origin": "http://127.0.0.1:9999"}, "127.0.0.1"),
        ({"Origin": "null"}, "127.0.0.1"),
        ({"Sec-Fetch-Site": "cross-site"}, "127.0.0.1"),
        ({"Sec-Fetch-Site": "same-site"}, "127.0.0.1"),
        ({"Host": "evil.example:8188"}, "127.0.0.1"),
        ({}, "192.168.1.7"),
        ({}, None),
    ],
)
def test_strangers_do_not(panel: ModuleType, more: dict[str, str], remote: str | None) -> None:
    with pytest.raises(Exception, match="Only the Sosie panel") as caught:
        panel.guard({**OWN, **more}, remote)
    assert panel.told(caught.value)["code"] == "panel_foreign"


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"url": 7},
        {"url": "file:///etc/passwd"},
        {"url": "https://me:word@registry.example"},
        {"url": "https://" + "a" * 400},
    ],
)
def test_only_an_address_begins_a_sign_in(panel: ModuleType, body: object) -> None:
    with pytest.raises(Exception, match="not the address") as caught:
        panel.sign_in(lambda start: pytest.fail("connected"), body)
    assert panel.told(caught.value)["code"] == "registry_address"


def test_an_agent_that_is_not_there_is_told_with_how_to_start_it(panel: ModuleType) -> None:
    def connect(start: bool) -> object:
        raise panel.errors.AgentError("No agent.", remedy="Start it.", code="agent_not_running")

    with pytest.raises(panel.errors.AgentError) as caught:
        panel.state(connect, refresh=False, now=0.0)
    assert panel.told(caught.value) == {
        "message": "No agent.",
        "remedy": f"Start it. {panel.errors.START}",
        "code": "agent_not_running",
    }


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "L'agent a raccroché.\nEssayez. Le panneau Sosie"),
        ("es", "El agente ha colgado.\nEssayez. El panel Sosie"),
        ("en-GB", "The agent hung up.\nEssayez. The Sosie panel"),
        ("../fr", "The agent hung up.\nEssayez. The Sosie panel"),
    ],
)
def test_an_error_is_told_in_the_language_of_the_page(panel: ModuleType, language: str, told: str) -> None:
    error = panel.errors.AgentError("The agent hung up.", remedy="Essayez.", code="agent_gone")
    texts = importlib.import_module("sosie_comfyui_panel.texts")
    texts.speak(language)
    try:
        assert panel.errors.explain(error).startswith(told)
    finally:
        texts.speak("en")


def test_a_thumbnail_stays_in_its_folder(panel: ModuleType, tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "secret.jpg"
    inside.mkdir()
    (inside / "a.jpg").write_bytes(b"abc")
    outside.write_bytes(b"secret")
    assert panel._picture("a.jpg", inside) == "data:image/jpeg;base64,YWJj"
    assert panel._picture("../secret.jpg", inside) == ""
    assert panel._picture(str(outside), inside) == ""
    assert panel._picture("", inside) == ""
