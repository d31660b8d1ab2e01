"""Every sentence of the ComfyUI nodes is there in French and Spanish, with the same gaps to fill."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.plugins.sentences import errors_past_the_tables, require_all, translations

PACKAGE = Path(__file__).parents[2] / "plugins" / "comfyui" / "sosie_comfyui"
TREES = {path.name: ast.parse(path.read_text("utf-8")) for path in PACKAGE.glob("*.py")}


def said() -> set[str]:
    """What goes through `tr`; a name stands for the constant of its file."""
    found = set()
    for tree in TREES.values():
        named = {ast.unparse(n.targets[0]): n.value for n in tree.body if isinstance(n, ast.Assign)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                value = named.get(ast.unparse(node.args[0]), node.args[0])
                found |= {value.value} if isinstance(value, ast.Constant) else set()
    return found


@pytest.mark.parametrize("language", ["fr", "es"])
def test_nothing_is_left_in_english(language: str) -> None:
    assert len(said()) > 30
    require_all(said(), translations(PACKAGE, language))


def test_no_error_is_written_past_the_tables() -> None:
    assert errors_past_the_tables(PACKAGE.glob("*.py"), r".*Error") == []
