"""How a layer's colours go to the agent, which knows sRGB, encoded or linear. Krita converts the rest.

Krita's own sRGB profiles go as they are. Others are converted: integers to 16 bits with sRGB's curve, floats to 32 bits
linear, so that nothing is lost on the way there and back but colours outside sRGB where the likeness lies.
"""

from __future__ import annotations

from typing import cast

from .._sosie.errors import InputError
from .._sosie.messages import Depth
from ..interface import Format
from .texts import tr

ENCODED, LINEAR = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"
DEPTHS = {"U8": "u8", "U16": "u16", "F16": "f16", "F32": "f32"}
FLOATS = {"F16", "F32"}


def plate_format(model: str, depth: str, profile: str) -> Format:
    """How pixels of Krita's colour `model`, `depth` and `profile` go to the agent.

    Raises:
        InputError: `picture_mode_unsupported`: grey, CMYK and other models.
    """
    if model != "RGBA" or depth not in DEPTHS:
        raise InputError(
            tr("This picture is {model} with {depth}; a likeness needs RGB.").format(
                model=model, depth=depth
            ),
            remedy=tr("Image > Convert Image Color Space: convert to RGB."),
            code="picture_mode_unsupported",
        )
    own = cast("Depth", DEPTHS[depth])
    if profile == ENCODED:
        return Format(own, "srgb")
    if depth in FLOATS:
        return (
            Format(own, "linear-srgb") if profile == LINEAR else Format("f32", "linear-srgb", converted=True)
        )
    return Format("u16", "srgb", converted=True)


def space_of(form: Format) -> tuple[str, str, str]:
    """Krita's colour model, depth and profile of pixels in `form`."""
    depth = next(name for name, short in DEPTHS.items() if short == form.depth)
    return "RGBA", depth, ENCODED if form.colour == "srgb" else LINEAR
