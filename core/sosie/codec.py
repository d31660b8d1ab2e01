"""Messages to JSON-ready values and back. Standard library only: host packages carry this file.

The dataclass is the schema: what it does not name is refused, what is missing takes its default.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from typing import Any, TypeVar

M = TypeVar("M")


def encode(message: Any) -> dict[str, Any]:
    """A message as JSON-ready values."""
    return dataclasses.asdict(message)


def decode(kind: type[M], value: dict[str, Any]) -> M:
    """`value` as a `kind`. Unknown keys are refused, missing ones take their defaults.

    Raises:
        TypeError: a key that `kind` does not have, or a missing one without default.
    """
    hints = typing.get_type_hints(kind)
    unknown = value.keys() - hints.keys()
    if unknown:
        msg = f"{kind.__name__} has no field {', '.join(sorted(unknown))}"
        raise TypeError(msg)
    return kind(**{name: _revive(hints[name], item) for name, item in value.items()})


def _revive(hint: Any, value: Any) -> Any:
    """JSON knows lists and objects; tuples and messages are made again from the type hint."""
    if value is None:
        return None
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _revive(next(arg for arg in args if arg is not type(None)), value)
    if origin is tuple:
        return tuple(_revive(args[0], item) for item in value)
    if origin is dict:
        return {key: _revive(args[1], item) for key, item in value.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return decode(hint, value)
    return value
