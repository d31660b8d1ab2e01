"""The plugin manager: one typed method for each hook, so that no caller touches pluggy.

Built-in plugins are registered like anybody's. The licence gate is no plugin at all: it stands in the
agent, before `refuse` is asked, and cannot be unregistered.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pluggy

from sosie import hookspecs
from sosie.errors import RefusedError, SetupError
from sosie.messages import Grant, RenderRequest, RenderResult

if TYPE_CHECKING:
    from sosie.remote.transport import RegistryConfig, Transport
    from sosie.render.kernel import Kernel

ENTRY_POINT_GROUP = "sosie"


class Plugins:
    """Every extension point as a method."""

    def __init__(self, plugins: Iterable[object], *, entry_points: bool = True) -> None:
        self._manager = pluggy.PluginManager("sosie")
        self._manager.add_hookspecs(hookspecs)
        for plugin in plugins:
            self._manager.register(plugin)
        if entry_points:
            self._manager.load_setuptools_entrypoints(ENTRY_POINT_GROUP)
        # A misspelt hook is an error, not silence.
        self._manager.check_pending()

    def registry(self, config: RegistryConfig) -> Transport:
        """The transport of the first plugin that knows how to reach this registry.

        Raises:
            SetupError: no plugin answers for it.
        """
        transport: Transport | None = self._manager.hook.sosie_registry(config=config)
        if transport is None:
            raise SetupError(
                f"No plugin can reach the registry at {config.url}.",
                remedy="Use an http or https address, or install the plugin for this registry.",
            )
        return transport

    def kernels(self, avoid: frozenset[str] = frozenset()) -> list[Kernel]:
        """All kernels but those of the providers to `avoid`, the preferred first."""
        answers = self._manager.hook.sosie_kernels(avoid=avoid)
        found = [kernel for kernels in answers for kernel in kernels if kernel.provider not in avoid]
        return sorted(found, key=lambda kernel: kernel.priority, reverse=True)

    def refuse(self, request: RenderRequest, grant: Grant) -> None:
        """Ask every plugin; any reason and any exception stops the render.

        Raises:
            RefusedError: a plugin refused (`refused_by_plugin`) or broke (`plugin_failed`).
        """
        try:
            reasons = self._manager.hook.sosie_refuse(request=request, grant=grant)
        except Exception as error:
            raise RefusedError(
                f"A plugin failed while checking this render: {error}",
                remedy="A check that cannot be made counts as a no: mend or remove the plugin.",
                code="plugin_failed",
            ) from error
        if reasons:
            raise RefusedError(
                f"Refused by a plugin: {'; '.join(reasons)}",
                remedy="Ask whoever runs this studio's Sosie plugins.",
                code="refused_by_plugin",
            )

    def rendered(self, request: RenderRequest, grant: Grant, result: RenderResult) -> None:
        """Tell every plugin about a finished render."""
        self._manager.hook.sosie_rendered(request=request, grant=grant, result=result)
