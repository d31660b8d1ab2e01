"""A throw-away pack: the vendored client inside ComfyUI's own process, reached through a graph.

V3 nodes. Each does one thing the tests ask for; the real nodes are another package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import folder_paths
import numpy as np
import torch
from comfy_api.latest import ComfyExtension, io

BEFORE = set(sys.modules)

from ._sosie.client import Session  # noqa: E402 - what this import brings is what the test asks
from ._sosie.errors import SosieError  # noqa: E402
from ._sosie.messages import RenderRequest, Use  # noqa: E402

BROUGHT = sorted({name.split(".")[0] for name in set(sys.modules) - BEFORE if not name.startswith(__name__)})


def connect() -> Session:
    """The world's agent, which runs already."""
    return Session.connect("comfyui probe", start=False)


class State(io.ComfyNode):
    """What the import brought, the agent's state and the twins, as JSON."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """No inputs."""
        return io.Schema(node_id="SosieProbeState", category="sosie/probe", is_output_node=True)

    @classmethod
    def execute(cls) -> io.NodeOutput:
        """Ask the agent."""
        with connect() as session:
            told = {
                "brought": BROUGHT,
                "version": session.status().version,
                "twins": {twin.twin: twin.state for twin in session.twins()},
            }
        return io.NodeOutput(ui={"text": [json.dumps(told)]})


class Render(io.ComfyNode):
    """One likeness onto each picture of a batch; a refusal is raised with its code and remedy."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """A batch, the twin and the place it is for; the composite and the matte."""
        return io.Schema(
            node_id="SosieProbeRender",
            category="sosie/probe",
            inputs=[io.Image.Input("image"), io.String.Input("twin"), io.String.Input("use")],
            outputs=[io.Image.Output(), io.Mask.Output()],
        )

    @classmethod
    def execute(cls, image: torch.Tensor, twin: str, use: str) -> io.NodeOutput:
        """Float tensors (B, H, W, C) in 0..1 go as they are, sRGB-encoded."""
        composites, mattes = [], []
        with connect() as session:
            for picture in image.detach().to("cpu", torch.float32).numpy():
                height, width, channels = picture.shape
                plate = session.pixels.put(
                    np.ascontiguousarray(picture).data,
                    width=width,
                    height=height,
                    depth="f32",
                    channels="RGBA" if channels == 4 else "RGB",
                )
                wanted = Use(
                    **{name: tuple(v) if isinstance(v, list) else v for name, v in json.loads(use).items()}
                )
                try:
                    result = session.render(RenderRequest(plate=plate, twin=twin, use=wanted))
                except SosieError as error:
                    raise RuntimeError(json.dumps(error.as_dict())) from error
                composites.append(_tensor(session, result.layers["composite"]))
                mattes.append(_tensor(session, result.layers["matte"])[..., 0])
        return io.NodeOutput(torch.stack(composites), torch.stack(mattes))


class Keep(io.ComfyNode):
    """A batch as a .npy in ComfyUI's output folder: its floats, unrounded."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """A batch and a file name."""
        return io.Schema(
            node_id="SosieProbeKeep",
            category="sosie/probe",
            inputs=[io.Image.Input("image"), io.String.Input("name")],
            is_output_node=True,
        )

    @classmethod
    def execute(cls, image: torch.Tensor, name: str) -> io.NodeOutput:
        """Write it."""
        path = Path(folder_paths.get_output_directory()) / name
        path.parent.mkdir(exist_ok=True)
        np.save(path, image.numpy())
        return io.NodeOutput(ui={"text": [str(path)]})


class Half(io.ComfyNode):
    """The same pictures in half floats, as ComfyUI hands them on with `--fp16-intermediates`."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        """A batch in, a batch out."""
        return io.Schema(
            node_id="SosieProbeHalf",
            category="sosie/probe",
            inputs=[io.Image.Input("image")],
            outputs=[io.Image.Output()],
        )

    @classmethod
    def execute(cls, image: torch.Tensor) -> io.NodeOutput:
        """Round."""
        return io.NodeOutput(image.half())


class Probe(ComfyExtension):
    """The pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """All of it."""
        return [State, Render, Keep, Half]


async def comfy_entrypoint() -> Probe:
    """ComfyUI calls this."""
    return Probe()


def _tensor(session: Session, pixels: object) -> torch.Tensor:
    samples = np.frombuffer(session.pixels.read(pixels), np.float32)
    return torch.from_numpy(samples.reshape(pixels.height, pixels.width, -1).copy())
