"""One table of codes: what the sources raise is in it, and nothing else is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sosie.licence import refusals

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "sosie"
RAISED = {"RefusedError": refusals.REFUSALS, "VerificationError": refusals.VERIFICATIONS}
#: Rooms whose VerificationErrors are not about licences: a demo that failed, findings in a delivered file.
ELSEWHERE = {"demo", "cli", "provenance"}


def raised(kind: str) -> Iterator[tuple[str, str]]:
    """(file, code) of every error of this kind, straight or through a helper that takes the code first."""
    for path in sorted(CORE.rglob("*.py")):
        room = path.relative_to(CORE).parts[0]
        if room in ELSEWHERE:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        returned = {kind, "Refusal"} if kind == "RefusedError" else {kind}
        helpers = returned - {kind} | {
            node.name
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef) and node.args.args[:1] and node.args.args[0].arg == "code"
            if node.returns is not None and ast.unparse(node.returns) in returned
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == kind:
                found = [word.value for word in node.keywords if word.arg == "code"]
            elif name in helpers:
                found = node.args[:1]
            else:
                continue
            for value in found:
                yield from ((path.name, text) for text in constants(value))


def constants(value: ast.expr) -> Iterator[str]:
    """The words an expression can be: a literal, or both ends of a condition."""
    if isinstance(value, ast.IfExp):
        yield from constants(value.body)
        yield from constants(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value


@pytest.mark.parametrize("kind", RAISED)
def test_every_code_that_is_raised_is_in_the_table(kind: str) -> None:
    found = list(raised(kind))
    assert len(found) > 15
    missing = [(file, code) for file, code in found if code not in RAISED[kind]]
    assert missing == [], "add them to core/sosie/licence/refusals.py and run `make pages`"


def test_every_code_in_the_table_is_raised() -> None:
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in CORE.rglob("*.py") if path.name != "refusals.py"
    )
    for code in {**refusals.REFUSALS, **refusals.VERIFICATIONS}:
        said = f'"{code}"' in sources or f'"{code.removesuffix("_not_licensed")}"' in sources
        assert said, f"nothing raises {code}"


def test_codes_and_words_are_fit_to_be_shown() -> None:
    assert not refusals.REFUSALS.keys() & refusals.VERIFICATIONS.keys()
    for code, reason in {**refusals.REFUSALS, **refusals.VERIFICATIONS}.items():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", code)
        for sentence in reason:
            assert sentence[0].isupper(), code
            assert sentence.endswith("."), code
            assert "|" not in sentence, code


def test_the_page_is_the_table() -> None:
    assert (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8") == refusals.page(), "run `make pages`"
