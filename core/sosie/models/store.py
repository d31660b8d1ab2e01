"""Where the converted models lie, and that they are the ones in the manifest.

A file is hashed once per process, at first use; after that its path is handed out as it is.
"""

from __future__ import annotations

import hashlib
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sosie.errors import ModelError, SetupError
from sosie.models.manifest import MANIFEST, Manifest, Model

if TYPE_CHECKING:
    import onnxruntime

#: Folder of the converted files, below the store's root.
BUILT = "onnx"
REMEDY = "Run `sosie models build`."


class ModelStore:
    """The models below `root`, a folder with a `manifest.toml` and the built files in `onnx/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifest = Manifest.read(root)
        self._verified: set[str] = set()
        self._lock = threading.Lock()

    @classmethod
    def default(cls) -> ModelStore:
        """The store that came with this installation: `SOSIE_MODELS`, the wheel's own folder, or the checkout's."""
        return cls(default_root())

    def path(self, name: str) -> Path:
        """The verified file of model `name`.

        Raises:
            ModelError: models_missing when it was not built; model_corrupt when its bytes are others.
        """
        model = self.model(name)
        path = self.root / BUILT / model.file
        with self._lock:
            if name not in self._verified:
                _verify(path, model)
                self._verified.add(name)
        return path

    def model(self, name: str) -> Model:
        """What the manifest says of `name`."""
        try:
            return self.manifest.models[name]
        except KeyError:
            known = ", ".join(sorted(self.manifest.models))
            raise ModelError(f"There is no model {name}.", remedy=f"Known models: {known}.") from None

    def session(self, name: str, threads: int = 1) -> onnxruntime.InferenceSession:
        """A new ONNX Runtime session on the CPU for model `name`.

        Perception nets are small: more threads bring nothing, and a spinning thread pool takes the cores from the
        kernel, so both are off.

        Raises:
            SetupError: provider_missing, when no onnxruntime is installed.
        """
        path = self.path(name)
        try:
            import onnxruntime
        except ImportError:
            raise SetupError(
                "ONNX Runtime is not installed.",
                code="provider_missing",
                remedy="Install one of sosie[cpu], sosie[cuda12], sosie[cuda13] or sosie[directml].",
            ) from None
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def missing(self) -> list[str]:
        """Names of models that are not there or not as they should be; empty when all is well."""
        return [name for name in self.manifest.models if not self._is_well(name)]

    def _is_well(self, name: str) -> bool:
        try:
            self.path(name)
        except ModelError:
            return False
        return True


def default_root() -> Path:
    """The folder `ModelStore.default` uses."""
    if chosen := os.environ.get("SOSIE_MODELS"):
        return Path(chosen)
    package = Path(__file__).resolve().parents[1]
    in_wheel, in_checkout = package / "shared_models", package.parents[1] / "shared_models"
    return in_checkout if (in_checkout / MANIFEST).is_file() else in_wheel


def _verify(path: Path, model: Model) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise ModelError(f"The model {model.name} is not built ({path} is missing).", remedy=REMEDY) from None
    if found != model.sha256:
        raise ModelError(
            f"{path} is not the model {model.name}: its SHA-256 is {found[:12]}…, not {model.sha256[:12]}….",
            code="model_corrupt",
            remedy=REMEDY,
        )
