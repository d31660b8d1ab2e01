"""What the scene writes its frames as, where the likeness cannot go into it: said before anything is rendered."""

from __future__ import annotations

from typing import Any

from .._sosie.errors import OptionError
from .words import tr


def check_output(scene: Any) -> None:
    """The frames that `scene` writes can take the likeness.

    Raises:
        OptionError: a movie, or pictures for two eyes.
    """
    if scene.render.is_movie_format:
        raise OptionError(
            tr("A movie takes no likeness: only frames do."),
            remedy=tr("Choose an image format under Output, and make the movie from the finished frames."),
        )
    if scene.render.use_multiview:
        raise OptionError(
            tr("A stereoscopic picture takes no likeness."),
            remedy=tr("Turn off Stereoscopy under Output, and render again."),
        )
