"""Shares of a payment in whole minor units: nothing lost, nothing invented."""

from __future__ import annotations

from collections.abc import Mapping

WHOLE_BP = 10_000


def split(amount: int, shares_bp: Mapping[str, int]) -> dict[str, int]:
    """`amount` (minor units, >= 0) by basis points that sum to 10,000, with the largest-remainder method.

    Units left over by rounding down go to the largest remainders; equal remainders in the order of
    `shares_bp`. The shares sum to `amount` exactly.

    Raises:
        ValueError: the shares do not sum to 10,000, or something is negative.
    """
    if amount < 0 or any(share < 0 for share in shares_bp.values()):
        raise ValueError("a payment and its shares are not negative")
    if sum(shares_bp.values()) != WHOLE_BP:
        raise ValueError(f"the shares sum to {sum(shares_bp.values())}, not {WHOLE_BP}")
    exact = {name: divmod(amount * share, WHOLE_BP) for name, share in shares_bp.items()}
    result = {name: whole for name, (whole, _) in exact.items()}
    left = amount - sum(result.values())
    by_remainder = sorted(exact, key=lambda name: exact[name][1], reverse=True)
    for name in by_remainder[:left]:
        result[name] += 1
    return result
