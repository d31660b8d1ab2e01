"""Every sentence of the ComfyUI nodes is there in French and Spanish, with the same gaps to fill."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "plugins" / "comfyui" / "sosie_comfyui"
TREES = {path.name: ast.parse(path.read_text("utf-8")) for path in PACKAGE.glob("*.py")}
GAP = re.compile(r"\{\w*\}")


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
    told = json.loads((PACKAGE / "translations" / f"{language}.json").read_text("utf-8"))
    assert len(said()) > 30
    assert sorted(said() - set(told)) == []
    assert sorted(set(told) - said()) == []
    for sentence, translated in told.items():
        assert sorted(GAP.findall(sentence)) == sorted(GAP.findall(translated)), sentence


def test_no_error_is_written_past_the_tables() -> None:
    errors = [
        (name, node.lineno)
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error")
        if any(re.search("[a-z] ", text) for value in [*node.args, *node.keywords] for text in _untold(value))
    ]
    assert errors == []


def _untold(value: ast.AST) -> Iterator[str]:
    """Strings within `value` that do not go through `tr`."""
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "tr":
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    for part in ast.iter_child_nodes(value):
        yield from _untold(part)
