"""What the scene writes its frames as, where the likeness cannot go into it: said before anything is rendered."""

from __future__ import annotations

from typing import Any

from .._sosie.errors import OptionError
from ..model.layers import CODECS
from .words import tr


def check_output(scene: Any) -> None:
    """The frames that `scene` writes can take the likeness.

    Raises:
        OptionError: a movie, or layers packed in a way that is not read.
    """
    settings = scene.render.image_settings
    if scene.render.is_movie_format:
        raise OptionError(
            tr("A movie takes no likeness: only frames do."),
            remedy=tr("Choose an image format under Output, and make the movie from the finished frames."),
        )
    if settings.file_format == "OPEN_EXR_MULTILAYER" and settings.exr_codec not in CODECS:
        raise OptionError(
            tr("Layers packed with {codec} are not read.").format(codec=settings.exr_codec),
            remedy=tr("Choose the codec ZIP under Output, or OpenEXR without layers."),
        )
