"""What renders and comparisons work with: the perception networks and the render kernel.

Each is loaded once, when it is first needed, and kept.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sosie.plugins import Plugins

if TYPE_CHECKING:
    from sosie.faces import Faces
    from sosie.render.kernel import Kernel


class Studio:
    """Perception networks and the render kernel. Thread-safe."""

    def __init__(self, plugins: Plugins) -> None:
        self._plugins = plugins
        self._lock = threading.Lock()
        self._faces: Faces | None = None
        self._kernel: Kernel | None = None

    @property
    def provider(self) -> str:
        """The active execution provider, "" before the first render."""
        return self._kernel.provider if self._kernel else ""

    def open(self) -> None:
        """Load what is not loaded yet.

        Raises:
            ModelError: the models are not built.
        """
        self.faces()
        self.kernel()

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
        """The preferred kernel of this machine."""
        with self._lock:
            if self._kernel is None:
                self._kernel = self._plugins.kernels()[0]
            return self._kernel
