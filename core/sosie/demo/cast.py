"""Who plays in the demo: the talent's photographs, a plate with a stand-in, and the truth picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sosie.errors import InputError

TALENT, STAND_IN, SCENE = "p04", "p01", "s01"


@dataclass(frozen=True)
class Cast:
    """Paths of one demo."""

    captures: Path
    plate: Path
    truth: Path

    @property
    def truth_stem(self) -> Path:
        """The truth's path without suffix: picture and maps share it."""
        return self.truth.with_suffix("")

    def words(self) -> dict[str, str]:
        """What the report says of it: names, no paths."""
        return {"talent": self.captures.name, "plate": self.plate.stem, "truth": self.truth.stem}


def choose_cast(people: Path | None) -> Cast:
    """The demo's cast below `people`, or below the checkout's own people.

    Raises:
        InputError: `people_missing`.
    """
    folder = people or Path(__file__).parents[3] / "tests" / "people"
    scene = folder / "plates" / SCENE
    cast = Cast(
        captures=folder / "captures" / TALENT,
        plate=scene / f"plate_{STAND_IN}.webp",
        truth=scene / f"truth_{TALENT}_hair_{STAND_IN}.webp",
    )
    missing = [path for path in (cast.captures, cast.plate, cast.truth) if not path.exists()]
    if missing:
        raise InputError(
            f"The demo's people are not there: {missing[0]} is missing.",
            remedy="Run it in a checkout, or give a folder of people with --people.",
            code="people_missing",
        )
    return cast
