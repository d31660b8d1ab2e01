"""Every sentence in every language, with the same gaps to fill."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from tests.words.heard import trees

from sosie.registry import console
from sosie.registry.console.words import LANGUAGES, words_in

TEMPLATES = Path(console.__file__).parent / "templates"


def test_each_sentence_has_the_same_gaps_in_each_language() -> None:
    english = words_in("en")
    for language in LANGUAGES:
        for name, said in words_in(language).items():
            assert said.strip(), (language, name)
            assert set(re.findall(r"{\w+}", said)) == set(re.findall(r"{\w+}", english[name])), (
                language,
                name,
            )


def test_what_only_the_console_is_told_it_says_in_each_language() -> None:
    """Where `tests/words` does not look, because no host hears it, the console has words of its own."""
    made = (
        f"registry/{name}"
        for name in ("changes.py", "consents.py", "delegations.py", "drafting.py", "proving.py")
    )
    files = {*made, *(name for name in trees() if name.startswith("registry/console/"))}
    codes = {
        node.args[1].value
        for name in files
        for node in ast.walk(trees()[name])
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "problem"
        if isinstance(node.args[1], ast.Constant)
    }
    assert len(codes) > 20
    assert {code for code in codes if f"error_{code}" not in words_in("en")} == set()


def test_each_sentence_of_a_template_is_there_and_each_one_there_is_used() -> None:
    html = "".join(file.read_text(encoding="utf-8") for file in TEMPLATES.glob("*.html"))
    rooms = set(re.findall(r'"(nav_\w+|verify)"\)', html))  # the links of each role
    asked = set(re.findall(r"\bw\.(\w+)", html)) | rooms
    families = (*re.findall(r'w\["(\w+_)" ~', html), *re.findall(r'\("(?:\w+", ")?(\w+_)", ', html), "error_")
    assert asked <= set(words_in("en"))
    unused = {name for name in words_in("en") if name not in asked and not name.startswith(families)}
    assert unused == set()
