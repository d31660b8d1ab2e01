"""The world the hosts meet: a registry, an agent, a licensed twin, plates, and the renders to compare with.

Everything is real and made once for all hosts, by the same code as the demo's. Hosts learn of it from one JSON
file (`World.file`), because their Pythons have nothing of ours.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from sosie.client import Session
from sosie.licence.clauses import Quota
from sosie.messages import Depth, RenderRequest, Use
from sosie.pictures import Picture, read_picture, write_picture

PEOPLE = Path(__file__).parents[1] / "people"
PLATE = PEOPLE / "plates" / "s01" / "plate_p01.webp"
PHOTOGRAPHS = PEOPLE / "captures" / "p04"
#: What the licence of the demo's world covers, and a country it does not.
USE, FORBIDDEN = Use(territory=("FR",)), "JP"
#: Enough for all hosts one after another, and for large pictures.
QUOTA = Quota(renders=2_000, delivered=2_000, max_px=50_000_000)


@dataclass(frozen=True)
class World:
    """Where it is."""

    home: Path  # the agent's, for SOSIE_HOME
    file: Path  # what the tests read


@contextlib.contextmanager
def world() -> Iterator[World]:
    """Make the world; registry and agent end with the block, and the folder goes."""
    from sosie.demo.world import World as Demo
    from sosie.faces import Faces
    from sosie.models import ModelStore

    with tempfile.TemporaryDirectory(prefix="sosie-world-") as folder, Demo(Path(folder)) as demo:
        demo.start_registry()
        demo.enrol_people()
        demo.sign_consent()
        _say("a twin from nine photographs")
        photographs = sorted(PHOTOGRAPHS.glob("*.jpg"))
        packed = demo.make_twin(photographs, faces=Faces(ModelStore.default()), progress=lambda *_: None)
        demo.upload(packed)
        demo.license(packed.header.twin, quota=QUOTA)
        with demo.enrol_machine() as session:
            _say("the renders to compare with")
            told = _describe(session, packed.header.twin, Path(folder))
        told["people"] = folder  # their accounts: the talent suspends, the brand asks
        file = Path(folder) / "world.json"
        file.write_text(json.dumps(told, indent=1), "utf-8")
        yield World(demo.home, file)


def _describe(session: Session, twin: str, folder: Path) -> dict[str, object]:
    """Plates as files, renders of them as raw R, G, B samples, and the facts the tests hold against."""
    rgb = read_picture(PLATE).pixels
    # 257 and 255 make every depth hold the very same colours: a host that converts differently is found out
    plates: dict[Depth, NDArray[np.generic]] = {
        "u8": rgb,
        "u16": rgb.astype(np.uint16) * 257,
        "f32": (rgb / np.float32(255)).astype(np.float32),
    }
    height, width = rgb.shape[:2]
    files = {}
    depths: tuple[Depth, ...] = ("u8", "u16")
    for depth in depths:
        files[depth] = str(folder / f"plate-{depth}.png")
        write_picture(Path(files[depth]), Picture(plates[depth], "srgb"))
    references = {}
    for depth, plate in plates.items():
        references[depth] = str(folder / f"composite-{depth}.raw")
        Path(references[depth]).write_bytes(_render(session, twin, plate, depth))
    return {
        "version": session.agent_version,
        "twin": twin,
        "use": asdict(USE),
        "forbidden_territory": FORBIDDEN,
        "width": width,
        "height": height,
        "plates": files,
        "references": references,
    }


def _render(session: Session, twin: str, plate: NDArray[np.generic], depth: Depth) -> bytes:
    height, width = plate.shape[:2]
    sent = session.pixels.put(
        np.ascontiguousarray(plate).data, width=width, height=height, depth=depth, channels="RGB"
    )
    result = session.render(RenderRequest(plate=sent, twin=twin, use=USE, layers=("composite",)))
    composite = result.layers["composite"]
    if (composite.channels, composite.depth) != ("RGB", depth):
        raise click.ClickException(
            f"An RGB {depth} plate came back as {composite.channels} {composite.depth}."
        )
    data = session.pixels.read(composite)
    if data == plate.tobytes():
        raise click.ClickException("The render changed nothing: there is nothing to compare with.")
    return data


def _say(what: str) -> None:
    click.echo(f"  {what} ...", err=True)
