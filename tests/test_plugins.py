"""The extension points: each documented with its arguments, each tested by name, none able to grant."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

import pluggy
import pytest

from sosie import hookspecs
from sosie.errors import RefusedError, SetupError
from sosie.hookspecs import hookimpl
from sosie.messages import Grant, Pixels, RenderRequest, RenderResult, Use
from sosie.plugins import Plugins
from sosie.remote.transport import RegistryConfig

DOCS = Path(__file__).parents[1] / "docs" / "extending.md"
HOOKS = {name: hook for name, hook in vars(hookspecs).items() if name.startswith("sosie_")}

REQUEST = RenderRequest(plate=Pixels("plate", 4, 4, "u8", "RGB"), twin="twn_1", use=Use(territory=("FR",)))
GRANT = Grant("lic_1", "lea_1", "twn_1", 1, "sea_1", "dev_1", renders_left=9, not_after=0)
RESULT = RenderResult("job_1", "twn_1", "lic_1", {}, (0, 0, 4, 4), 1.0, (), "CPUExecutionProvider", 0.1)


def plugins(*modules: object) -> Plugins:
    return Plugins(modules, entry_points=False)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_exact_arguments(name: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[name]).parameters)
    assert f"## `{name}({arguments})`" in DOCS.read_text(encoding="utf-8")


def test_nothing_else_is_documented_as_a_hook() -> None:
    assert set(re.findall(r"^## `(\w+)\(", DOCS.read_text(encoding="utf-8"), re.MULTILINE)) == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_a_test_of_its_name(name: str) -> None:
    tests = [test for test in vars(sys.modules[__name__]) if test.startswith(f"test_{name}")]
    assert tests, f"write test_{name}_..."


def test_sosie_registry_takes_the_first_transport() -> None:
    transport = object()

    class Silent:
        @hookimpl
        def sosie_registry(self, config: Any) -> None:
            return None

    class Simulator:
        @hookimpl
        def sosie_registry(self, config: Any) -> object:
            return transport

    assert plugins(Silent(), Simulator()).registry(RegistryConfig(url="sim://one")) is transport


def test_sosie_registry_without_an_answer_says_what_to_do() -> None:
    with pytest.raises(SetupError) as caught:
        plugins().registry(RegistryConfig(url="gopher://old"))
    assert "gopher://old" in caught.value.message
    assert caught.value.remedy


def test_sosie_kernels_are_sorted_by_priority() -> None:
    class Kernel:
        def __init__(self, priority: int, provider: str = "numpy") -> None:
            self.priority, self.provider = priority, provider

    class Studio:
        @hookimpl
        def sosie_kernels(self) -> list[Kernel]:
            return [Kernel(1), Kernel(30), Kernel(40, "broke")]

    class BuiltIn:
        @hookimpl
        def sosie_kernels(self) -> list[Kernel]:
            return [Kernel(20)]

    found = plugins(Studio(), BuiltIn())
    assert [kernel.priority for kernel in found.kernels()] == [40, 30, 20, 1]
    assert [kernel.priority for kernel in found.kernels(frozenset({"broke"}))] == [30, 20, 1]


def test_sosie_refuse_with_a_reason_stops_the_render() -> None:
    class Studio:
        @hookimpl
        def sosie_refuse(self, request: RenderRequest, grant: Grant) -> str | None:
            return f"not {request.use.territory[0]} today"

    with pytest.raises(RefusedError, match="not FR today") as caught:
        plugins(Studio()).refuse(REQUEST, GRANT)
    assert caught.value.code == "refused_by_plugin"


def test_sosie_refuse_that_breaks_counts_as_a_no() -> None:
    class Broken:
        @hookimpl
        def sosie_refuse(self, request: RenderRequest, grant: Grant) -> str | None:
            raise ZeroDivisionError

    with pytest.raises(RefusedError) as caught:
        plugins(Broken()).refuse(REQUEST, GRANT)
    assert caught.value.code == "plugin_failed"


def test_sosie_refuse_asks_every_plugin_and_cannot_be_outvoted() -> None:
    class Yes:
        @hookimpl(tryfirst=True)
        def sosie_refuse(self, request: RenderRequest, grant: Grant) -> str | None:
            return None

    class No:
        @hookimpl(trylast=True)
        def sosie_refuse(self, request: RenderRequest, grant: Grant) -> str | None:
            return "no"

    plugins(Yes()).refuse(REQUEST, GRANT)
    with pytest.raises(RefusedError):
        plugins(Yes(), No()).refuse(REQUEST, GRANT)


def test_sosie_rendered_sees_request_grant_and_result() -> None:
    seen: list[object] = []

    class Audit:
        @hookimpl
        def sosie_rendered(self, request: RenderRequest, grant: Grant, result: RenderResult) -> None:
            seen.extend([request, grant, result])

    plugins(Audit()).rendered(REQUEST, GRANT, RESULT)
    assert seen == [REQUEST, GRANT, RESULT]


def test_a_misspelt_hook_is_an_error() -> None:
    class Typo:
        @hookimpl
        def sosie_refuze(self, request: RenderRequest) -> None: ...

    with pytest.raises(pluggy.PluginValidationError, match="sosie_refuze"):
        plugins(Typo())
