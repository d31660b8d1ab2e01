"""Options several commands share, and the JSON words of what they print."""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from sosie.accounts import Accounts
from sosie.client import folders
from sosie.licence import vocabulary as words
from sosie.messages import RenderOptions, Use

F = TypeVar("F", bound=Callable[..., Any])

picture_path = click.Path(exists=True, dir_okay=False, path_type=Path)
new_path = click.Path(dir_okay=False, path_type=Path)
as_option: Callable[[F], F] = click.option(
    "--as", "account", default=None, help="Which account of this machine acts; see `sosie account list`."
)


USE_OPTIONS = (
    click.option(
        "--territory", "-t", multiple=True, required=True, help="Where it will be seen: FR, EU, WORLD."
    ),
    click.option(
        "--media",
        "-m",
        multiple=True,
        default=("web_owned",),
        show_default=True,
        type=click.Choice(sorted(words.MEDIA)),
        metavar="MEDIUM",
        help=f"One of {', '.join(sorted(words.MEDIA))}.",
    ),
    click.option(
        "--purpose", default="ecommerce", show_default=True, type=click.Choice(sorted(words.PURPOSES))
    ),
    click.option(
        "--operation",
        default="restage",
        show_default=True,
        type=click.Choice(sorted(words.OPERATIONS)),
        metavar="OPERATION",
        help=f"One of {', '.join(sorted(words.OPERATIONS))}.",
    ),
    click.option(
        "--category", multiple=True, help="A sensitive category the picture shows, such as swimwear."
    ),
)


def use_options(command: F) -> F:
    """What the picture is for, as the argument `use`; both gates hold it against the licence."""

    @functools.wraps(command)
    def with_use(
        territory: tuple[str, ...],
        media: tuple[str, ...],
        purpose: str,
        operation: str,
        category: tuple[str, ...],
        **others: Any,
    ) -> Any:
        use = Use(purpose=purpose, media=media, territory=territory, operation=operation, categories=category)
        return command(use=use, **others)

    decorated: Any = with_use
    for option in reversed(USE_OPTIONS):
        decorated = option(decorated)
    return cast("F", decorated)


SWITCHES = (
    click.option(
        "--strength",
        type=click.FloatRange(0, 1),
        default=1.0,
        show_default=True,
        help="0 is the plate, 1 the likeness.",
    ),
    click.option(
        "--detail",
        type=click.FloatRange(0, 2),
        default=1.0,
        show_default=True,
        help="The twin's pores and lines; 1 as captured.",
    ),
    click.option(
        "--exposure",
        type=click.FloatRange(-2, 2),
        default=0.0,
        show_default=True,
        help="Of the twin's skin, in stops.",
    ),
    click.option(
        "--skin/--no-skin", default=True, show_default=True, help="Neck, ears and hands take the twin's tone."
    ),
    click.option("--tone/--no-tone", default=True, show_default=True, help="The twin's tone on her face."),
    click.option("--brows/--no-brows", default=True, show_default=True, help="The twin's brows."),
    click.option("--lips/--no-lips", default=True, show_default=True, help="The twin's lips."),
    click.option(
        "--grain/--no-grain", default=True, show_default=True, help="The plate's grain on the likeness."
    ),
)


def switches(command: F) -> F:
    """What a retoucher may turn, as the argument `options`."""

    @functools.wraps(command)
    def with_options(**given: Any) -> Any:
        names = [field.name for field in dataclasses.fields(RenderOptions)]
        return command(options=RenderOptions(**{name: given.pop(name) for name in names}), **given)

    decorated: Any = with_options
    for option in reversed(SWITCHES):
        decorated = option(decorated)
    return cast("F", decorated)


def accounts() -> Accounts:
    """The people's accounts of this machine."""
    return Accounts(folders.home())


def now() -> int:
    """Unix seconds."""
    return int(time.time())


def words_of(message: Any) -> dict[str, Any]:
    """A dataclass or a pydantic model as JSON values."""
    if dataclasses.is_dataclass(message) and not isinstance(message, type):
        return dataclasses.asdict(message)
    found: dict[str, Any] = message.model_dump(mode="json")
    return found
