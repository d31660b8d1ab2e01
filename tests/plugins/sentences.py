"""What the tests of every host's words ask: each sentence is translated, keeps its gaps, and none goes past the tables."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

GAP = re.compile(r"\{\w*\}")


def translations(package: Path, language: str) -> dict[str, str]:
    """The table of one language, in which every sentence has the gaps of its original."""
    told: dict[str, str] = json.loads((package / "translations" / f"{language}.json").read_text("utf-8"))
    for sentence, translated in told.items():
        assert sorted(GAP.findall(sentence)) == sorted(GAP.findall(translated)), sentence
    return told


def require_all(said: Collection[str], told: Collection[str]) -> None:
    """That all that is said is told in the other language, and nothing else."""
    assert sorted(set(said) - set(told)) == []
    assert sorted(set(told) - set(said)) == []


def errors_past_the_tables(sources: Iterable[Path], kinds: str) -> list[tuple[str, int]]:
    """File and line of each error (a call of a name like `kinds`) with words that do not go through `tr`."""
    return [
        (path.name, node.lineno)
        for path in sources
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and re.fullmatch(kinds, ast.unparse(node.func))
        if any(re.search("[a-z] ", text) for value in [*node.args, *node.keywords] for text in _untold(value))
    ]


def _untold(value: ast.AST) -> Iterator[str]:
    """Strings within `value` that do not go through `tr`."""
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "tr":
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    for part in ast.iter_child_nodes(value):
        yield from _untold(part)
