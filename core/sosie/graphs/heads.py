"""Renders invented heads to learn from (landmark_bias.py, shown_fit.py, skin_fit.py). Build time only, in a Python that has `bpy`.

    PYTHONPATH=core PEOPLE_ROOT=WORK python -m sosie.graphs.heads GENERATOR FIRST LAST

GENERATOR is the folder of scripts that made the test people; their `get_assets.py` has put the assets into WORK. Nobody
here is one of those people: 96 skins and colours of hair, then every number of every head, are drawn from seeds of their own, so
that a run can be stopped and gone on with. Into WORK/heads, from number `HANDS` on, with a hand before the face (hands.py),
into WORK/hands, and from `ACCESSORIES` on, with one of them (accessories.py), into WORK/accessories, go `<number>.png`,
`<number>.part.png` (what each pixel shows, as in the people's maps) and `<number>.lm468.npz` (`xy`, and how far each point
faces us). All CC0.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from sosie.graphs.accessories import add_accessory
from sosie.graphs.hands import add_hand

SIDE, SAMPLES = 256, 4
DETAILS = ("head", "chin", "nose", "eyes", "mouth", "cheek", "ears", "forehead", "eyebrows", "asym", "neck")
SIGNS = (("decr", "incr"), ("down", "up"), ("in", "out"), ("backward", "forward"))
WORLDS = ("city", "courtyard", "forest", "interior", "night", "studio", "sunrise", "sunset")
CLOTHES = (
    "male_casualsuit02",
    "male_casualsuit03",
    "male_casualsuit05",
    "male_elegantsuit01",
    "female_sportsuit01",
)
SKINS = 96
#: The first number of a head with a hand before it, and with an accessory.
HANDS, ACCESSORIES = 22_000, 46_000
FAIR = (
    *("middleage_lightskinned_female_diffuse2", "middleage_lightskinned_male_diffuse"),
    *("middleage_lightskinned_male_diffuse2", "young_lightskinned_female_diffuse2"),
    *("young_lightskinned_female_diffuse3", "young_lightskinned_male_diffuse"),
    *("young_lightskinned_male_diffuse2", "young_lightskinned_male_diffuse3"),
)
DEEP = (
    "middleage_darkskinned_male_diffuse",
    "old_darkskinned_male_diffuse",
    "young_darkskinned_male_diffuse",
)
LONG = ("bob02", "braid01", "long01", "ponytail01", "short01", "short03", None)
SHORT = ("short01", "short02", "short03", "short04", "long01", None)
HAIR = ((0.02, 0.016, 0.013), (0.1, 0.055, 0.03), (0.2, 0.075, 0.028), (0.35, 0.22, 0.1), (0.27, 0.26, 0.25))
EYES = (
    "core/eyes/materials/brown_eye.png",
    *(
        f"base/eyes/materials/{colour}_eye.png"
        for colour in ("blue", "bluegreen", "brownlight", "green", "grey")
    ),
)
LUMA = np.array([0.2126, 0.7152, 0.0722])
Random = np.random.Generator
#: Puts something into the scene of render_lib's with somebody posed.
Add = Callable[[Any, Any, Random], None]


def main(generator: Path, first: int, last: int) -> None:
    """Render the heads `first` to `last` that are not there yet."""
    sys.path.insert(0, str(generator))
    people: Any = importlib.import_module("people")
    people.PEOPLE.clear()
    people.PEOPLE.update({f"q{number:03d}": colours(number) for number in range(SKINS)})
    skins: Any = importlib.import_module("skins")
    made_by: Any = importlib.import_module("render_lib")
    work = Path(made_by.ROOT)
    if not (work / "build" / f"q{SKINS - 1:03d}_skin.png").exists():
        skins.main()
    points = json.loads((generator / "landmark_vertices.json").read_text("utf-8"))["mediapipe468"]
    kinds: tuple[tuple[str, Add], ...] = (
        *(("heads", nothing), ("hands", add_hand)),
        ("accessories", add_accessory),
    )
    for number in range(first, last):
        folder, add = kinds[(number >= HANDS) + (number >= ACCESSORIES)]
        stem = work / folder / f"{number:05d}"
        stem.parent.mkdir(exist_ok=True)
        if not Path(f"{stem}.lm468.npz").exists():
            render(made_by, points, stem, np.random.default_rng(77000 + number), add)


def colours(number: int) -> dict[str, Any]:
    """Skin from very deep to very fair, on the locus of human skin and beside it; hair, brows, eyes."""
    random = np.random.default_rng(1000 + number)
    luminance = float(np.exp2(random.uniform(-4.4, -1.05)))
    deep = luminance < 0.12 and random.random() < 0.6
    stops = np.log2(luminance + 0.03) + 1.75
    tone = 2.0 ** np.array(
        [0.83 - 0.06 * stops + random.normal(0, 0.1), 0, -0.61 - 0.04 * stops + random.normal(0, 0.12)]
    )
    tone = np.clip(tone * luminance / (tone @ LUMA), 0.01, 0.9)
    woman = bool(random.random() < 0.5)
    hair = np.array(HAIR[random.integers(len(HAIR))]) * random.uniform(0.7, 1.4)
    texture = (DEEP if deep else FAIR)[random.integers(3 if deep else len(FAIR))]
    skin: dict[str, Any] = {"tex": f"base/skins/textures/{texture}.png", "tone": tone.tolist()}
    skin |= {"tone_keep": random.uniform(0.4, 1), "contrast": random.uniform(0.85, 1.2)}
    skin |= {"scalp": tuple(hair * random.uniform(0.8, 1.6))}
    if random.random() < 0.3:
        skin["freckles"] = random.uniform(0.2, 0.6)
    if woman and random.random() < 0.6:
        skin["lips"] = tuple(random.uniform((0.7, 0.5, 0.5), (1, 0.9, 0.9)))
    if not woman and random.random() < 0.7:
        skin |= {"beard": random.uniform(0.2, 1), "beard_rgb": tuple(np.clip(hair * 1.2, 0.015, 0.5))}
    style = (LONG if woman else SHORT)[random.integers(len(LONG if woman else SHORT))]
    return {
        "skin": skin,
        "eye": EYES[random.integers(len(EYES))],
        "brow": f"eyebrow{random.integers(1, 13):03d}",
        "brow_tint": tuple(hair * 0.6),
        "lash": f"eyelashes0{random.integers(1, 5)}",
        "hair": style,
        "hair_rgb": tuple(hair),
        "fringe_lift": style == "bob02" and random.random() < 0.8,
        "hair_mirror": bool(random.random() < 0.4),
    }


def render(made_by: Any, points: list[int], stem: Path, random: Random, add: Add) -> None:
    """One head, its parts and its points, with what is to `add` to the scene."""
    bpy = made_by.bpy
    name = list(made_by.PEOPLE)[random.integers(len(made_by.PEOPLE))]
    made_by.PEOPLE[name] |= shape_of(made_by, random)
    made_by.reset()
    made_by._mats.clear()  # noqa: SLF001 - the scripts keep materials from scene to scene
    light(made_by, random)
    yaw = float(random.normal(0, 20) if random.random() < 0.35 else random.uniform(-66, 66))
    body = yaw * random.uniform(0.2, 0.5)
    head = (yaw - body, float(np.clip(random.normal(0, 9), -24, 24)), float(random.normal(0, 7)))
    gaze = (float(random.normal(0, 0.2)), float(random.normal(0, 0.1)))
    posed = made_by.Posed(name, expression(made_by, random), head, body, gaze)
    tint = tuple(random.uniform(0.2, 1.3, 3))
    hair = "own" if random.random() < 0.8 else None
    objects = made_by.add_person(posed, CLOTHES[random.integers(len(CLOTHES))], hair, garment_tint=tint)
    add(made_by, posed, random)
    distance, width = float(random.uniform(1, 2.2)), float(random.uniform(0.25, 0.36))
    camera = made_by.add_camera(
        loc=(float(random.normal(0, 0.05)), -distance, float(random.normal(0, 0.06))),
        target=(float(random.normal(0, 0.012)), 0, -0.035 + float(random.normal(0, 0.012))),
        focal=36 * distance / width,
        res=SIDE,
    )
    linear, part = shoot(bpy, stem.with_suffix(".exr"), int(random.integers(1 << 30)))
    used, surface = made_by.surface_vertices(objects)
    place = {int(vertex): row for row, vertex in enumerate(used)}
    matrix, pose = made_by.camera_matrices(camera, SIDE)
    xy, depth = made_by.project(matrix, pose, surface[[place[point] for point in points]])
    box = (
        slice(*np.clip((xy[:, 1].min(), xy[:, 1].max()), 0, SIDE).astype(int)),
        slice(*np.clip((xy[:, 0].min(), xy[:, 0].max()), 0, SIDE).astype(int)),
    )
    lit = float(np.quantile(linear[box] @ [0.2126, 0.7152, 0.0722], 0.85))
    exposed = np.clip(linear * 2 ** random.normal(-1.6, 0.7) / max(lit, 1e-4), 0, 1)
    coded = np.where(exposed < 0.0031308, exposed * 12.92, 1.055 * exposed ** (1 / 2.4) - 0.055)
    cv2.imwrite(f"{stem}.png", np.rint(coded * 255).astype(np.uint8)[..., ::-1])
    cv2.imwrite(f"{stem}.part.png", part)
    facing = towards_us(np.column_stack([xy, depth * matrix[0][0] / depth.mean()]))
    visible = np.clip(0.35 + 1.5 * facing, 0.03, 1).astype(np.float32)
    np.savez_compressed(f"{stem}.lm468", xy=xy.astype(np.float32), visible=visible)


def shape_of(made_by: Any, random: Random) -> dict[str, Any]:
    """Sliders of somebody new: sex, age, descent, and some of the details of the face."""
    descent = random.dirichlet((0.7, 0.7, 0.7))
    drawn = {"gender": random.uniform(0, 1), "age": random.uniform(0.42, 0.85), "height": 0.5}
    drawn |= {"muscle": random.uniform(0.3, 0.75), "weight": random.uniform(0.3, 0.75)}
    drawn |= dict(zip(("african", "asian", "caucasian"), descent.tolist(), strict=True))
    details: dict[str, float] = {}
    for slider, both_ways in sliders(Path(made_by.MPFB) / "targets"):
        if slider.split("/")[1].startswith("r-"):
            continue  # it follows the left one
        if random.random() < (0.25 if both_ways else 0.12):
            by = random.normal(0, 0.35)
            details[slider] = float(np.clip(by, -0.8, 0.8) if both_ways else abs(by))
            if "/l-" in slider:
                details[slider.replace("/l-", "/r-")] = details[slider]
    return {"macro": drawn, "details": details}


def sliders(targets: Path) -> list[tuple[str, bool]]:
    """Every slider of the face, and whether it goes both ways."""
    found = []
    for group in DETAILS:
        names = {path.name.removesuffix(".target.gz") for path in (targets / group).glob("*.target.gz")}
        for name in sorted(names):
            stem, _, end = name.rpartition("-")
            pairs = [
                (low, high)
                for low, high in SIGNS
                if end in (low, high) and {f"{stem}-{low}", f"{stem}-{high}"} <= names
            ]
            if not pairs:
                found.append((f"{group}/{name}", False))
            elif end == pairs[0][0]:
                found.append((f"{group}/{stem}-{end}|{pairs[0][1]}", True))
    return found


def expression(made_by: Any, random: Random) -> dict[str, float]:
    """One of the known expressions, more or less of it, or none."""
    names = [name for name in made_by.EXPRESSIONS if name != "neutral"]
    if random.random() < 0.28:
        return {}
    chosen = made_by.EXPRESSIONS[names[random.integers(len(names))]]
    share = random.uniform(0.2, 1.1)
    return {unit: float(min(weight * share, 1)) for unit, weight in chosen.items()}


def light(made_by: Any, random: Random) -> None:
    """A world and up to three lamps, anywhere before or beside the head."""
    if random.random() < 0.45:
        made_by.world_hdri(WORLDS[random.integers(8)], random.uniform(0.5, 1.3), random.uniform(0, 360))
    else:
        made_by.world_color(tuple(random.uniform((0.6, 0.65, 0.7), (1, 1, 1))), random.uniform(0.03, 0.6))
    if random.random() < 0.55:
        made_by.backdrop(tuple(random.uniform(0.03, 0.7, 3)), dist=random.uniform(0.9, 1.4))
    for lamp in range(random.integers(1, 4)):
        around, up, far = random.uniform(-1.9, 1.9), random.uniform(-0.35, 1.15), random.uniform(1, 1.8)
        at = np.array([np.sin(around) * np.cos(up), -np.cos(around) * np.cos(up), np.sin(up)]) * far
        size, watt = np.exp(random.uniform(-2.1, 0.2)), 10 * np.exp(random.normal(0, 0.6)) * far**2
        colour = tuple(random.uniform((0.6, 0.65, 0.4), (1, 1, 1)))
        made_by.area(f"lamp{lamp}", tuple(at), (0, 0, 0), float(size), float(watt), colour)


def shoot(bpy: Any, path: Path, seed: int) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """(H, W, 3) linear, and (H, W) what each pixel shows."""
    import OpenEXR

    scene = bpy.context.scene
    layer, cycles, stored = scene.view_layers[0], scene.cycles, scene.render.image_settings
    layer.use_pass_object_index, layer.pass_alpha_threshold = True, 0.5
    stored.file_format, stored.color_depth = "OPEN_EXR_MULTILAYER", "16"
    cycles.samples, cycles.seed, cycles.use_denoising, cycles.max_bounces = SAMPLES, seed, True, 2
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    with OpenEXR.File(str(path), separate_channels=True) as file:
        read = {name.split(".", 1)[1]: channel.pixels for name, channel in file.channels().items()}
    path.unlink()
    linear = np.stack([read[f"Combined.{channel}"] for channel in "RGB"], -1)
    return linear.astype(np.float32), read["IndexOB.X"].astype(np.uint8)


def towards_us(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(468,): the cosine of each point's normal to the viewer, from its neighbours in the picture."""
    near = np.argsort(np.linalg.norm(points[:, None] - points[None], axis=-1), 1)[:, 1:9]
    normals = np.linalg.svd(points[near] - points[:, None])[2][:, 2]
    within = points.mean(0) + np.array([0, 0, np.ptp(points[:, 1]) / 2])
    outwards = np.sign((normals * (points - within)).sum(1))
    return np.asarray(-outwards * normals[:, 2])


def nothing(*_: Any) -> None:
    """Nothing is added to the scene."""


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
