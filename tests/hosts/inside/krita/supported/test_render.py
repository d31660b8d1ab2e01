"""A likeness as layers: its pixels are the agent's, one undo step takes it out and one redo brings it back."""

from __future__ import annotations

import array
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pixels import STEP, furthest, plate, reference, samples

from conftest import krita_picture, module

ENCODED, LINEAR = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"
PARTS = [
    ("Relief", "normal"),
    ("Skin", "normal"),
    ("Likeness", "normal"),
    ("Shading", "multiply"),
    ("Detail", "grain_merge"),
]


@pytest.mark.parametrize("parts", [True, False], ids=["five", "one"])
@pytest.mark.parametrize("depth", ["u8", "u16"])
def test_a_likeness_arrives_as_a_group_and_equals_the_agents_render(
    depth: str,
    parts: bool,
    choose_settings: Callable[..., None],
    desk: Any,
    krita: Any,
    rendered: Callable[[], Any],
    world: dict[str, Any],
    wait: Callable[..., bool],
    open_document: Callable[[Path], Any],
) -> None:
    document = open_document(plate(world, depth))
    before = document.activeNode()
    untouched = bytes(before.pixelData(0, 0, document.width(), document.height()))
    choose_settings(parts=parts)
    entry = rendered()
    document.waitForDone()

    below, group = document.topLevelNodes()
    assert below == before
    assert group.type() == "grouplayer"
    assert group.name() == entry.stack.title
    *layers, mask = group.childNodes()
    assert [(layer.name(), layer.blendingMode()) for layer in layers] == (PARTS if parts else PARTS[2:3])
    assert {layer.type() for layer in layers} == {"paintlayer"}
    assert mask.type() == "transparencymask"
    x0, y0, x1, y1 = entry.stack.matte.box
    assert bytes(mask.pixelData(x0, y0, x1 - x0, y1 - y0)) == entry.stack.matte.rows(0, y1 - y0)
    assert wait(lambda: document.activeNode() == before)

    width, height = document.width(), document.height()
    flat = bytes(document.pixelData(0, 0, width, height))
    assert furthest(samples(flat, depth, "BGRA"), reference(world, depth), depth) <= STEP[depth]
    assert bytes(before.pixelData(0, 0, width, height)) == untouched

    krita.action("edit_undo").trigger()
    assert wait(lambda: document.topLevelNodes() == [before])
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == untouched
    krita.action("edit_redo").trigger()
    assert wait(lambda: len(document.topLevelNodes()) == 2)
    document.waitForDone()
    assert bytes(document.pixelData(0, 0, width, height)) == flat


@pytest.mark.parametrize("profile", [ENCODED, "wide"])
def test_the_history_gets_one_step_and_no_other(
    profile: str,
    krita: Any,
    rendered: Callable[[], Any],
    world: dict[str, Any],
    wait: Callable[..., bool],
    open_document: Callable[[Path], Any],
) -> None:
    document = open_document(plate(world, "u16"))
    wide = next(name for name in krita.profiles("RGBA", "U16") if "WideRGB" in name or "Rec2020" in name)
    document.setColorSpace("RGBA", "U16", wide if profile == "wide" else profile)
    plain = document.activeNode()
    own = document.createNode("the artist's own step", "paintlayer")
    document.rootNode().addChildNode(own, plain)
    document.setActiveNode(plain)
    rendered()
    assert len(document.topLevelNodes()) == 3
    document.waitForDone()
    for step, left in (("edit_undo", 2), ("edit_undo", 1), ("edit_redo", 2), ("edit_redo", 3)):
        krita.action(step).trigger()
        assert wait(lambda left=left: len(document.topLevelNodes()) == left), (step, left)
        document.waitForDone()
    assert document.topLevelNodes()[::2] == [plain, own]


def test_a_float_document_gets_floats(
    rendered: Callable[[], Any], world: dict[str, Any], open_document: Callable[[Path], Any]
) -> None:
    document = open_document(plate(world, "u8"))
    width, height = document.width(), document.height()
    exact = bytes(document.pixelData(0, 0, width, height))
    assert document.setColorSpace("RGBA", "F32", ENCODED)
    document.waitForDone()
    # Krita's conversion is off by a 16-bit step here and there: the plate as Sosie's own Python has it
    floats = array.array("f", (value / 255 for value in exact))
    floats[0::4], floats[2::4] = floats[2::4], floats[0::4]
    document.activeNode().setPixelData(floats.tobytes(), 0, 0, width, height)
    entry = rendered()
    document.waitForDone()
    assert (entry.source.format.depth, entry.source.format.channels) == ("f32", "RGBA")
    assert document.topLevelNodes()[1].childNodes()[0].colorDepth() == "F32"
    flat = bytes(document.pixelData(0, 0, document.width(), document.height()))
    assert furthest(samples(flat, "f32", "RGBA"), reference(world, "f32"), "f32") <= STEP["f32"]


def test_a_half_float_document_keeps_its_depth(
    rendered: Callable[[], Any], world: dict[str, Any], open_document: Callable[[Path], Any]
) -> None:
    document = open_document(plate(world, "u16"))
    assert document.setColorSpace("RGBA", "F16", ENCODED)
    entry = rendered()
    document.waitForDone()
    assert entry.source.format.depth == "f16"
    assert document.colorDepth() == "F16"
    assert document.setColorSpace("RGBA", "F32", ENCODED)
    document.waitForDone()
    flat = bytes(document.pixelData(0, 0, document.width(), document.height()))
    # the face is found on slightly other pixels, so a rim may lie one pixel elsewhere: the mean is held to half a step
    pairs = zip(samples(flat, "f32", "RGBA"), reference(world, "f32"), strict=True)
    assert sum(abs(ours - theirs) for ours, theirs in pairs) / (len(flat) // 16 * 3) <= 1 / 2048


def test_another_profile_is_converted_there_and_back(
    krita: Any, rendered: Callable[[], Any], world: dict[str, Any], open_document: Callable[[Path], Any]
) -> None:
    document = open_document(plate(world, "u16"))
    wide = next(name for name in krita.profiles("RGBA", "U16") if "WideRGB" in name or "Rec2020" in name)
    assert document.setColorSpace("RGBA", "U16", wide)
    entry = rendered()
    document.waitForDone()
    assert entry.source.format.converted
    assert document.colorProfile() == wide
    assert document.topLevelNodes()[1].childNodes()[0].colorProfile() == wide
    picture = krita_picture(document)
    flat = b"".join(picture.flat(picture.final_format(deep=True)))  # R, G, B
    # two conversions of colour management lie in between, and a face found on slightly other pixels
    pairs = zip(samples(flat, "u16", "RGB"), reference(world, "u16"), strict=True)
    assert sum(abs(ours - theirs) for ours, theirs in pairs) / (len(flat) // 2) / 65535 <= 0.001


@pytest.mark.parametrize(
    ("depth", "profile", "step"),
    [
        ("U8", "wide", 1 / 255),
        ("U16", "wide", 1 / 65535),
        ("F16", ENCODED, 1 / 1024),  # a half's step below 1, twice
        ("F16", "wide", 1 / 1024),
        ("F32", LINEAR, 1 / 65535),
        ("F32", "wide", 1 / 65535),
    ],
)
def test_five_layers_show_what_one_layer_shows_in_every_depth_and_profile(
    depth: str,
    profile: str,
    step: float,
    krita: Any,
    rendered: Callable[[], Any],
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
) -> None:
    document = open_document(plate(world, "u16" if depth != "U8" else "u8"))
    wide = next(name for name in krita.profiles("RGBA", depth) if "WideRGB" in name or "Rec2020" in name)
    assert document.setColorSpace("RGBA", depth, wide if profile == "wide" else profile)
    document.waitForDone()
    size = document.width(), document.height()
    entry = rendered()
    document.waitForDone()
    five = bytes(document.pixelData(0, 0, *size))
    (group,) = document.topLevelNodes()[1:]
    assert len(group.childNodes()) == 6
    assert {node.colorDepth() for node in group.childNodes()[:5]} == {depth}
    group.remove()
    part = module("interface").Part("Likeness", entry.stack.flat)
    for _ in krita_picture(document).place(entry.source, replace(entry.stack, parts=(part,)), {}):
        pass
    document.waitForDone()
    one = bytes(document.pixelData(0, 0, *size))
    assert furthest(numbers(five, depth), numbers(one, depth), depth.lower()) <= step


def numbers(data: bytes, depth: str) -> Any:
    """Samples as they are; halves as floats."""
    if depth == "F16":
        return array.array("f", struct.unpack(f"={len(data) // 2}e", data))
    return array.array({"U8": "B", "U16": "H", "F32": "f"}[depth], data)


@pytest.mark.parametrize("model", ["GRAYA", "CMYKA"])
def test_grey_and_cmyk_are_refused_with_the_remedy(
    model: str, krita: Any, desk: Any, world: dict[str, Any], open_document: Callable[[Path], Any]
) -> None:
    document = open_document(plate(world, "u8"))
    assert document.setColorSpace(model, "U8", krita.profiles(model, "U8")[0])
    document.waitForDone()
    desk.render()
    assert desk.notice.code == "picture_mode_unsupported"
    assert "RGB" in desk.notice.remedy
    assert desk.renders.current is None
    assert len(document.topLevelNodes()) == 1


def test_a_selection_is_respected(
    rendered: Callable[[], Any], world: dict[str, Any], open_document: Callable[[Path], Any]
) -> None:
    from krita import Selection

    document = open_document(plate(world, "u16"))
    width, height = document.width(), document.height()
    before = bytes(document.pixelData(0, 0, width, height))
    selection = Selection()
    selection.select(0, 0, width // 2, height, 255)
    document.setSelection(selection)
    rendered()
    document.waitForDone()
    after = bytes(document.pixelData(0, 0, width, height))
    left, right = [], []
    for y in range(height):
        row = slice(y * width * 8, (y + 1) * width * 8)
        middle = width // 2 * 8
        left.append(before[row][:middle] != after[row][:middle])
        right.append(before[row][middle:] != after[row][middle:])
    assert any(left)
    assert not any(right)
    assert document.selection() is not None


def test_the_document_knows_after_a_round_trip(
    rendered: Callable[[], Any],
    world: dict[str, Any],
    open_document: Callable[[Path], Any],
    tmp_path: Path,
    wait: Callable[..., bool],
) -> None:
    document = open_document(plate(world, "u16"))
    rendered()
    document.waitForDone()
    flat = bytes(document.pixelData(0, 0, document.width(), document.height()))
    key = krita_picture(document).key
    assert document.saveAs(str(tmp_path / "kept.kra"))
    document.setModified(False)
    document.close()
    again = open_document(tmp_path / "kept.kra")
    picture = krita_picture(again)
    assert picture.key == key
    (record,) = picture.records()
    assert (record["twin"], record["use"]["territory"]) == (world["twin"], list(world["use"]["territory"]))
    assert record["licence"]
    assert bytes(again.pixelData(0, 0, again.width(), again.height())) == flat
    again.topLevelNodes()[1].setVisible(False)
    assert picture.records() == []


def test_halves_are_what_the_masks_table_says() -> None:
    table = module("model.pixels").half_table(linear=True)
    (one,) = array.array("H", b"\x00\x3c")
    assert (table[0], table[one]) == (0, 255)
