"""What the picture is for, as the artist states it.

Nothing is decided here: the gates of agent and registry hold what is stated against the licence.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._sosie.client.use import listed
from .._sosie.messages import TwinInfo, Use

#: The choice that states everything the licence names.
AS_LICENSED = "as licensed"


@dataclass(frozen=True)
class Stated:
    """What the artist states; empty fields state what the licence names."""

    purpose: str = ""
    media: str = ""
    territory: str = ""
    categories: str = ""

    def use(self, twin: TwinInfo) -> Use:
        """The use under `twin`'s licence."""
        return Use(
            purpose=self.purpose or (twin.purpose or ("ecommerce",))[0],
            media=(self.media,) if self.media else twin.media,
            territory=listed(self.territory.upper()) or twin.territory,
            categories=listed(self.categories.lower()),
        )
