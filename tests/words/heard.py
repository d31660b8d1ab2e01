"""Every sentence with which the core can answer a host: read from the sources, where they are written."""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from sosie import errors

CORE = Path(__file__).parents[2] / "core" / "sosie"
#: Said on a command line, in the console, by the parts of the registry that only these two ask, or while something is
#: built: never to a host.
ELSEWHERE = (
    "accounts.py",
    "bench/",
    "cli/",
    "demo/",
    "enrolment.py",
    "graphs/",
    "licence/exclusivity.py",
    "licence/states.py",
    "models/build.py",
    "models/convert/",
    "models/fetch.py",
    "pictures/writing.py",
    *(
        f"registry/{name}"
        for name in (
            "api.py",
            "backup.py",
            "blends.py",
            "ceremony.py",
            "changes.py",
            "consents.py",
            "console/",
            "database.py",
            "delegations.py",
            "directory",
            "dossier.py",
            "drafting.py",
            "idempotency.py",
            "keystore.py",
            "log.py",
            "paging.py",
            "payouts.py",
            "proofs.py",
            "proving",
            "serve.py",
            "twins.py",
        )
    ),
    "twin/capture.py",
    "twin/checks.py",
    "twin/pack_write.py",
)
KINDS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, errors.SosieError)
}
#: What carries a message and a remedy besides the errors themselves.
CARRIERS = KINDS | {"Refusal", "problem", "answer"}
#: A code, a status, a name: no sentence.
WORD = re.compile(r"[a-z0-9_/-]*")
GAP = re.compile(r"\{\d+\}")


#: Definitions whose strings reach a host in another way than by an error: reasons for doubt or for a
#: grey twin, a warning, a count of faces.
BESIDES = {
    "agent/twins.py": ("_why_not", "REMEDIES", "WAITING"),
    "agent/work.py": ("IN_FILES",),
    "faces/choice.py": ("_count",),
    "registry/proving.py": ("judge",),
    "render/confidence.py": ("confidence_of",),
}
#: The value of an option that no slider of a host can give; too few words of its own to be known again.
VAGUE = {"The {0} is {1}."}


def sentences() -> dict[str, str]:
    """Sentence, its gaps numbered as `{0}`, to the file that says it."""
    found: dict[str, str] = {}
    for name, tree in trees().items():
        said = [] if name.startswith(ELSEWHERE) else [*_in_errors(tree)]
        said += [text for defined in BESIDES.get(name, ()) for text in _within(tree, defined)]
        for sentence in said:
            if sentence not in VAGUE and not WORD.fullmatch(GAP.sub("", sentence)):
                found.setdefault(sentence, name)
    return found


def strings() -> set[str]:
    """Every string of the core, also those that are no sentence."""
    return {text for tree in trees().values() for node in ast.walk(tree) for text in written(node)}


@functools.cache
def trees() -> dict[str, ast.Module]:
    """The core's files by name."""
    return {
        path.relative_to(CORE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(CORE.rglob("*.py"))
    }


def written(value: ast.AST) -> Iterator[str]:
    """The sentences an expression can be."""
    if isinstance(value, ast.IfExp):
        yield from written(value.body)
        yield from written(value.orelse)
    elif isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.JoinedStr):
        gaps = itertools.count()
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{next(gaps)}}}"
            for part in value.values
        )


def _in_errors(tree: ast.Module) -> Iterator[str]:
    """What errors, and what makes them, are given as message, remedy or reason."""
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    carriers = CARRIERS | {
        node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _makes_an_error(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in carriers:
            for value in [*node.args, *(word.value for word in node.keywords if word.arg == "remedy")]:
                yield from written(named.get(value.id, value) if isinstance(value, ast.Name) else value)


def _makes_an_error(node: ast.FunctionDef) -> bool:
    made = set(re.findall(r"\w+", ast.unparse(node.returns))) if node.returns else set()
    return bool(made & (KINDS | {"Refusal"}))


def _within(tree: ast.Module, name: str) -> list[str]:
    """The strings of one definition, its docstring left out."""
    (found,) = [
        node
        for node in tree.body
        if getattr(node, "name", "") == name
        or (isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name)
    ]
    body = found.body[1:] if isinstance(found, ast.FunctionDef) else [found]
    return [text for line in body for text in _strings(line)]


def _strings(node: ast.AST) -> Iterator[str]:
    """Those below `node`; not the parts that a string itself is put together from."""
    yield from written(node)
    if not isinstance(node, ast.JoinedStr | ast.IfExp):
        for child in ast.iter_child_nodes(node):
            yield from _strings(child)
