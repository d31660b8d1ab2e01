"""The four extension points. Plugins can tighten and observe; they can never grant.

An outside package registers under the entry-point group `sosie` and marks its functions with
`sosie.hookspecs.hookimpl`. Verification is no hook: transport is pluggable, trust is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from sosie.messages import Grant, RenderRequest, RenderResult

if TYPE_CHECKING:
    from sosie.remote.transport import RegistryConfig, Transport
    from sosie.render.kernel import Kernel

hookspec = pluggy.HookspecMarker("sosie")
hookimpl = pluggy.HookimplMarker("sosie")


@hookspec(firstresult=True)
def sosie_registry(config: RegistryConfig) -> Transport | None:
    """Return the transport to a registry, or None to let the next plugin answer."""


@hookspec
def sosie_kernels(avoid: frozenset[str]) -> Sequence[Kernel]:  # noqa: ARG001 - a specification
    """Return render kernels; the available one with the highest priority renders.

    `avoid` names execution providers that broke: do not touch them, a device can spoil the process.
    """
    return ()


@hookspec
def sosie_refuse(request: RenderRequest, grant: Grant) -> str | None:
    """Return a reason to refuse this render, or None. A reason, or any exception, stops the render."""


@hookspec
def sosie_rendered(request: RenderRequest, grant: Grant, result: RenderResult) -> None:
    """Called after a render, for audit and extra provenance. The result cannot be changed."""
