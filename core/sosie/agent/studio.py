"""What renders and comparisons work with: the perception networks and the render kernel.

Each is loaded once, when it is first needed, and kept. When the engine breaks in the middle of a render, everything is
loaded anew, off the accelerator that broke, and the render is tried once more; status says so from then on. An
accelerator that cannot even be loaded, whoever's plugin it comes with, is left for the processor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sosie.agent.log import Log
from sosie.agent.running import UNNAMED
from sosie.errors import AgentError, SosieError
from sosie.plugins import Plugins

if TYPE_CHECKING:
    from sosie.faces import Faces
    from sosie.render.kernel import Kernel

#: Where a kernel that failed is simply loaded again; anything else is an accelerator one can do without.
EVERYWHERE = frozenset({"OpenCV", "CPUExecutionProvider", "numpy"})
T = TypeVar("T")


class Studio:
    """Perception networks and the render kernel. Thread-safe.

    Args:
        plugins: who bring kernels.
        log: where a broken engine is noted.
        avoid: an execution provider to keep off, because it broke before.
    """

    def __init__(self, plugins: Plugins, log: Log, *, avoid: str = "") -> None:
        self._plugins, self._log = plugins, log
        self._lock = threading.Lock()
        self._faces: Faces | None = None
        self._kernel: Kernel | None = None
        self._broken: list[Kernel] = []
        self._avoid: set[str] = {avoid} - EVERYWHERE - {""}

    @property
    def provider(self) -> str:
        """The active execution provider, "" before the first render."""
        return self._kernel.provider if self._kernel else ""

    @property
    def warning(self) -> str:
        """Which accelerator is not used any more, in words; "" when all are."""
        if not self._avoid:
            return ""
        return f"{', '.join(sorted(self._avoid))} broke: renders go on without it. Update the driver, then run `sosie agent stop`."

    def faces(self) -> Faces:
        """The perception networks.

        Raises:
            ModelError: the models are not built.
        """
        with self._lock:
            if self._faces is None:
                from sosie.faces import Faces
                from sosie.models import ModelStore

                self._faces = Faces(ModelStore.default())
            return self._faces

    def kernel(self) -> Kernel:
        """The preferred kernel of this machine among those that did not break."""
        with self._lock:
            if self._kernel is None:
                self._kernel = self._preferred()
            return self._kernel

    def steadily(self, work: Callable[[Faces, Kernel], T]) -> T:
        """`work` with networks and kernel; when it breaks, once more with new ones.

        Raises:
            SosieError: what `work` raises on purpose, at once.
            AgentError: `engine_failed`, it broke twice.
        """
        try:
            return work(self.faces(), self.kernel())
        except SosieError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a runtime or a driver throws
            self._renew(error)
        try:
            return work(self.faces(), self.kernel())
        except SosieError:
            raise
        except Exception as error:
            self._renew(error)
            raise AgentError(
                f"The render engine failed twice: {type(error).__name__}: {error}",
                remedy="Try a smaller plate; if it stays so, run `sosie doctor`.",
                code="engine_failed",
            ) from error

    def _preferred(self) -> Kernel:
        from sosie.render.kernel_cpu import CpuKernel

        if UNNAMED in self._avoid:
            return CpuKernel()
        try:
            return self._plugins.kernels(frozenset(self._avoid))[0]
        except Exception as error:  # noqa: BLE001 - whatever a plugin, a runtime or a driver throws
            self._log.fault("kernels", error)
            self._avoid.add(UNNAMED)
            return CpuKernel()

    def _renew(self, error: Exception) -> None:
        self._log.fault("engine", error)
        with self._lock:
            if self._kernel is not None and self._kernel.provider not in EVERYWHERE:
                self._avoid.add(self._kernel.provider)
                self._broken.append(self._kernel)  # closing it on a spoiled device can end the process
            self._faces = self._kernel = None
