"""A form's fields as what they mean: lists, dates, sums of money, and the requests the services take."""

from __future__ import annotations

import calendar
import re
import time
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sosie.registry.problems import problem

M = TypeVar("M", bound=BaseModel)
#: Minor units of one: every currency here is written with two decimals.
_CENTS = 100


def chosen(form: dict[str, str], name: str) -> tuple[str, ...]:
    """The ticked boxes of one name, or the words of a list written with commas."""
    return tuple(word.strip() for word in form.get(name, "").split(",") if word.strip())


def number(form: dict[str, str], name: str, default: int | None = None) -> int | None:
    """A whole number; `default` where the field is empty.

    Raises:
        RegistryError: 422 `form_number`.
    """
    text = form.get(name, "").strip()
    if not text:
        return default
    if not re.fullmatch(r"[0-9]{1,12}", text):
        raise problem(422, "form_number", f"{text[:40]!r} is no whole number.", "Write digits only.")
    return int(text)


def minor(form: dict[str, str], name: str) -> int:
    """A sum of money such as 1250.50 or 1250,50, in minor units; 0 where the field is empty.

    Raises:
        RegistryError: 422 `form_money`.
    """
    text = re.sub(r"\s", "", form.get(name, "")).replace(",", ".") or "0"
    try:
        amount = Decimal(text) * _CENTS
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or not 0 <= amount < 10**13 or amount != int(amount):
        raise problem(
            422,
            "form_money",
            f"{text[:40]!r} is no sum of money.",
            "Write it as 1250.50, without a currency.",
        )
    return int(amount)


def day(form: dict[str, str], name: str) -> int:
    """The first second (UTC) of a day written as 2026-11-28.

    Raises:
        RegistryError: 422 `form_date`.
    """
    text = form.get(name, "").strip()
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%d"))
    except (ValueError, OverflowError) as error:
        raise problem(422, "form_date", f"{text[:40]!r} is no date.", "Write it as 2026-11-28.") from error


def asked(kind: type[M], values: dict[str, Any]) -> M:
    """What a service takes, from a form's values.

    Raises:
        RegistryError: 422 `form_incomplete`, with the fields that do not fit.
    """
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'form'}: {e['msg']}" for e in error.errors()[:5])
        raise problem(422, "form_incomplete", found, "Correct the named fields.") from error
