"""What an attack is: a name, what the attacker does, the code that refuses it, and the deed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sosie.errors import SosieError


@dataclass(frozen=True)
class Attack:
    """One row: `act`, given papers that hold and their makers, must raise a SosieError with `code`."""

    name: str
    what: str
    code: str
    act: Callable[[Any, Any], object]


class Attacks(list[Attack]):
    """The rows of one file; `@rows("name", "what the attacker does", "code")` adds one."""

    def __call__(self, name: str, what: str, code: str) -> Callable[[Any], Any]:
        def keep(act: Any) -> Any:
            self.append(Attack(name, what, code, act))
            return act

        return keep


def refusal(one: Attack, papers: Any, make: Any) -> str | None:
    """The code it is refused with, or None when it gets through."""
    try:
        one.act(papers, make)
    except SosieError as error:
        return error.code
    return None
