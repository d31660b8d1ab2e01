"""Money that crosses the API: whole minor units, and never nothing or less."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.billing import Invoice, PaymentReceived, Settled


@pytest.mark.parametrize("minor", [0, -1, 10**15 + 1, 1.5, "12.50"])
def test_a_payment_is_a_positive_whole_number(minor: object) -> None:
    with pytest.raises(ValidationError):
        PaymentReceived.model_validate({"minor": minor})


def test_they_survive_the_way() -> None:
    asked = PaymentReceived(minor=12_500, reference="INV-7")
    assert PaymentReceived.model_validate_json(asked.model_dump_json()) == asked
    settled = Settled(transaction="led_1", outstanding=0)
    assert Settled.model_validate_json(settled.model_dump_json()) == settled
    invoice = Invoice(
        transaction="led_1",
        kind="delivery",
        licence="lic_1",
        brand="bra_1",
        receipt=None,
        currency="EUR",
        minor=12_500,
        outstanding=500,
        charged_at=1,
        due_at=2,
        overdue=True,
        late_fee=40,
    )
    assert Invoice.model_validate_json(invoice.model_dump_json()) == invoice
