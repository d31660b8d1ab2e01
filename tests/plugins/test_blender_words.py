"""Every sentence of the Blender add-on is there in French and Spanish, with the same gaps to fill."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.plugins.sentences import translations

from sosie.client.use import CATEGORIES, MEDIA, PURPOSES

PACKAGE = Path(__file__).parents[2] / "plugins" / "blender" / "sosie_blender"


def said() -> set[str]:
    """What Blender shows: labels, tooltips, names, choices, errors of our own, and what goes through `tr`."""
    trees = [
        ast.parse(path.read_text("utf-8"))
        for folder in ("host", "model")
        for path in (PACKAGE / folder).glob("*.py")
    ]
    found = {text for tree in trees for node in ast.walk(tree) for text in _of(node) if text}
    return found | {word.replace("_", " ").capitalize() for word in (*PURPOSES, *MEDIA, *CATEGORIES)}


def _of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        if node.name.startswith("SOSIE_OT_"):
            yield ast.get_docstring(node) or ""
        for line in node.body:
            if isinstance(line, ast.Assign):
                yield from _label(line)
    elif isinstance(node, ast.Assign):
        yield from _names(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)


def _label(line: ast.Assign) -> Iterator[str]:
    target, value = line.targets[0], line.value
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        target, value = target.elts[0], value.elts[0]
    if isinstance(target, ast.Name) and target.id == "bl_label":
        yield from _text(value)


def _names(line: ast.Assign) -> Iterator[str]:
    """Of nodes, and of the dials with their tooltips."""
    targets, values = _each(line.targets[0]), _each(line.value)
    names = [target.id for target in targets if isinstance(target, ast.Name)]
    if names == ["DIALS"]:
        yield from (text for dial in values for part in _each(dial) for text in _text(part))
    elif set(names) & {"MATTE", "METRES"}:
        yield from (text for value in values for text in _text(value))


def _each(value: ast.AST) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.Tuple) else [value]  # type: ignore[list-item]


def _call(node: ast.Call) -> Iterator[str]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if (name in {"tr", "begin", "named"} or name.endswith("Error")) and node.args:
        yield from _text(node.args[0])
    for keyword in node.keywords:
        if keyword.arg in {"text", "remedy"} or (
            name.endswith("Property") and keyword.arg in {"name", "description"}
        ):
            yield from _text(keyword.value)
        elif name.endswith("Property") and keyword.arg == "items" and isinstance(keyword.value, ast.List):
            for item in keyword.value.elts:
                yield from (text for part in getattr(item, "elts", [])[1:3] for text in _text(part))


def _text(value: ast.AST) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


@pytest.mark.parametrize("language", ["fr", "es"])
def test_nothing_is_left_in_english(language: str) -> None:
    assert len(said()) > 100
    assert sorted(said() - set(translations(PACKAGE, language))) == []
