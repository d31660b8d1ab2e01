"""Every sentence of the Krita docker is there in French and Spanish, with the same gaps to fill."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.plugins.sentences import errors_past_the_tables, require_all, translations

from sosie.licence.vocabulary import Media, Purpose
from sosie.messages import TwinInfo
from sosie.render.stack import NAMES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "plugins" / "krita" / "sosie_krita"
Load = Callable[[str], Any]
STATES = ("active", "suspended", "expired", "revoked")


def said() -> set[str]:
    """What goes through `tr`: sentences as they stand, and words out of tables and out of the agent's mouth."""
    sources = [path for folder in ("host", "model", "ui") for path in (PACKAGE / folder).glob("*.py")]
    found = {text for path in sources for text in _sentences(ast.parse(path.read_text("utf-8")))}
    found |= {word for row in _table("SWITCHES") for word in row[1:]} | {_table("LANGUAGES")[0][1]}
    found |= {name.capitalize() for name in NAMES} | {*STATES}
    found |= {word.replace("_", " ") for kind in (Purpose, Media) for word in get_args(kind)}
    agent = (ROOT / "core" / "sosie" / "agent" / "rendering.py").read_text("utf-8")
    return found | set(re.findall(r'"([A-Z][a-z]+(?: [a-z]+)+|Rendering)"', agent))


def _sentences(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
            for value in node.args:
                if isinstance(value, ast.Constant):
                    yield str(value.value)


def _table(name: str) -> tuple[tuple[str, ...], ...]:
    """The value of a table of words in `ui`."""
    for path in (PACKAGE / "ui").glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
                return tuple(ast.literal_eval(node.value))
    raise AssertionError(name)


@pytest.mark.parametrize("language", ["fr", "es"])
def test_nothing_is_left_in_english(language: str) -> None:
    assert len(said()) > 100
    require_all(said(), translations(PACKAGE, language))


def test_no_error_of_the_docker_is_written_past_the_tables() -> None:
    assert errors_past_the_tables(PACKAGE.rglob("*.py"), r"(?!Cancelled)\w+Error|Notice") == []


def test_a_result_that_cannot_be_kept_is_told_in_the_artists_language(load: Load, tmp_path: Path) -> None:
    texts, kept = load("model.texts"), load("model.keeping").Kept
    (tmp_path / "file").touch()
    texts.speak("es")
    try:
        with pytest.raises(
            load("_sosie.errors").SetupError, match="No se puede guardar el resultado: "
        ) as refused:
            kept(tmp_path / "file" / "cache")
        assert refused.value.remedy.startswith("Libere espacio en el disco")
    finally:
        texts.speak("en")


def test_what_the_agent_says_is_said_in_the_artists_language(load: Load) -> None:
    texts, errors, catalogue = (load(f"model.{name}") for name in ("texts", "errors", "catalogue"))
    twin = TwinInfo("tw_1", "li_1", "Ada", 1, "expired", ("FR",), ("print",), 0, 0, 0, reason="Update Sosie.")
    refused = load("_sosie.errors").RefusedError(
        "The territory JP is not licensed; licensed: FR.",
        remedy="Choose a licensed territory, or ask the talent for a licence that holds it.",
        code="territory_not_licensed",
    )
    texts.speak("fr_FR")
    try:
        notice = errors.notice_of(refused)
        assert notice.text == "Territoire hors licence : JP ; sous licence : FR."
        assert notice.remedy.startswith("Choisissez un territoire")
        assert (notice.kind, notice.code) == ("refusal", "territory_not_licensed")
        assert catalogue.refusal(twin).startswith("Mettez Sosie à jour. Choisissez un autre double")
    finally:
        texts.speak("en")
    assert errors.notice_of(refused).text == refused.message
