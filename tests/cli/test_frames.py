"""`sosie render` over frames and several people, with a real registry and agent: a farm's view of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sosie.cli.frames import frames_of, part_of
from sosie.demo.world import World
from sosie.errors import OptionError
from sosie.faces import Faces
from sosie.messages import FaceChoice
from sosie.pictures import Picture, read_picture, to_linear, write_picture

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def licensed(
    people: Path, faces: Faces, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Run]]:
    """A twin's id, and the command on a machine that may use it."""
    with World(tmp_path_factory.mktemp("world")) as world:
        world.start_registry()
        world.enrol_people()
        world.sign_consent()
        photographs = sorted((people / "captures" / "p04").glob("*.jpg"))
        packed = world.make_twin(photographs, faces=faces, progress=lambda *_: None)
        world.upload(packed)
        world.license(packed.header.twin)
        with world.enrol_machine():
            pass

        def run(*arguments: str | Path, territory: str = "FR") -> tuple[int, dict[str, Any]]:
            done = subprocess.run(
                [sys.executable, "-m", "sosie", "render", *map(str, arguments), "-t", territory, "--json"],
                env={**os.environ, "SOSIE_HOME": str(world.home)},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            return done.returncode, json.loads(done.stdout)

        yield packed.header.twin, run


@pytest.fixture(scope="module")
def shot(plate: Picture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frames: a face, nobody, the face two pixels on."""
    folder = tmp_path_factory.mktemp("shot")
    nobody = np.full_like(plate.pixels, 90)
    for number, pixels in ((8, plate.pixels), (9, nobody), (10, np.roll(plate.pixels, 2, axis=1))):
        write_picture(folder / f"shot.{number:04d}.png", Picture(pixels))
    return folder


@pytest.fixture(scope="module")
def plate(people: Path) -> Picture:
    return read_picture(people / "plates" / "s01" / "plate_p01.webp")


def test_a_farm_step_renders_resumes_and_passes_frames_through(
    licensed: tuple[str, Run], shot: Path, tmp_path: Path
) -> None:
    twin, run = licensed
    code, done = run(shot / "shot.%04d.png", "--twin", twin, "--out", tmp_path)
    assert code == 0
    assert (done["rendered"], done["passed"], done["skipped"]) == (2, 1, 0)
    assert "shot.0009.png" in done["notes"][0]
    frames = sorted(shot.iterdir())
    made = [tmp_path / frame.name for frame in frames]
    same = [a.read_bytes() == b.read_bytes() for a, b in zip(frames, made, strict=True)]
    assert same == [False, True, False]
    made[2].unlink()
    before = made[0].stat().st_mtime_ns
    code, done = run(shot, "--twin", twin, "--out", tmp_path)
    assert (code, done["rendered"], done["skipped"]) == (0, 1, 2)
    assert made[2].is_file()
    assert made[0].stat().st_mtime_ns == before


def test_frames_of_light_stay_light(licensed: tuple[str, Run], plate: Picture, tmp_path: Path) -> None:
    twin, run = licensed
    light = to_linear(plate.pixels, "srgb").astype(np.float16)
    write_picture(tmp_path / "shot.0001.exr", Picture(light, "linear-srgb"))
    code, done = run(tmp_path / "shot.%04d.exr", "--twin", twin, "--out", tmp_path / "out")
    assert (code, done["rendered"]) == (0, 1)
    made = read_picture(tmp_path / "out" / "shot.0001.exr")
    assert (made.colour, made.pixels.dtype) == ("linear-srgb", np.float16)
    changed = (made.pixels != light).any(-1)
    assert 0.02 < changed.mean() < 0.5  # the face and her skin, nothing else


def test_a_refusal_stops_the_job(licensed: tuple[str, Run], shot: Path, tmp_path: Path) -> None:
    twin, run = licensed
    code, said = run(shot, "--twin", twin, "--out", tmp_path / "out", territory="JP")
    assert code == 4
    assert said["error"]["code"] == "territory_not_licensed"
    assert not (tmp_path / "out").exists()


def test_several_people_each_take_their_face(
    licensed: tuple[str, Run], plate: Picture, tmp_path: Path
) -> None:
    twin, run = licensed
    half = plate.width
    write_picture(tmp_path / "two.png", Picture(np.concatenate([plate.pixels, plate.pixels], 1)))
    one, both = tmp_path / "one.png", tmp_path / "both.png"
    assert run(tmp_path / "two.png", "--twin", f"{twin}@1", "--out", one)[0] == 0
    code, done = run(
        tmp_path / "two.png", "--twin", f"{twin}@0", "--twin", f"{twin}@{half + 280},320", "--out", both
    )
    assert code == 0
    assert len({render["job"] for render in done["renders"]}) == 2, "two entries in the journal"
    two, first, second = (read_picture(path).pixels for path in (tmp_path / "two.png", one, both))
    np.testing.assert_array_equal(first[:, : half // 2], two[:, : half // 2])
    assert (first[:, half:] != two[:, half:]).any()
    assert (second[:, :half] != two[:, :half]).any()
    assert (second[:, half:] != two[:, half:]).any()
    assert run(tmp_path / "two.png", "--twin", f"{twin}@5", "--out", tmp_path / "no.png")[0] == 2
    assert not (tmp_path / "no.png").exists()


def test_a_twin_s_face_is_said_behind_an_at() -> None:
    given = FaceChoice(point=(1, 2), order="large-small")
    assert part_of("twn_1", given).face == given
    assert part_of("twn_1@2", given).face == FaceChoice(index=2, order="large-small")
    assert part_of("twn_1@30,40.5", given).face == FaceChoice(point=(30, 40.5), order="large-small")
    assert part_of("twn_1@1,2,3,4", given).face == FaceChoice(box=(1, 2, 3, 4), order="large-small")
    for wrong in ("twn_1@left", "twn_1@1,2,3", "twn_1@0.5"):
        with pytest.raises(OptionError) as caught:
            part_of(wrong, given)
        assert "TWIN@X,Y" in caught.value.remedy


def test_frames_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for name in ("a.2.png", "a.10.png", "a.1.png", "b.3.png", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in frames_of([str(tmp_path / "a.%d.png")])] == [
        "a.1.png",
        "a.2.png",
        "a.10.png",
    ]
    assert [path.name for path in frames_of([str(tmp_path)])] == [
        "a.1.png",
        "a.10.png",
        "a.2.png",
        "b.3.png",
    ]
    for nothing in ("c.%04d.png", "gone.png"):
        with pytest.raises(OptionError):
            frames_of([str(tmp_path / nothing)])


def test_frames_are_never_written_over(licensed: tuple[str, Run], shot: Path) -> None:
    twin, run = licensed
    code, said = run(shot, "--twin", twin, "--out", shot, "--overwrite")
    assert code == 2
    assert "never written over" in said["error"]["remedy"]
