"""Money that crosses the API: whole minor units, and never nothing or less."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from sosie.licence.billing import BankDetails, Invoice, PaymentReceived, Settled


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


def details(**changes: str) -> BankDetails:
    """DE89 3704 0044 0532 0130 00 is the example of the German IBAN's registry entry."""
    return BankDetails.model_validate(
        {"holder": "N. N.", "account": "DE89 3704 0044 0532 0130 00", "country": "DE"} | changes
    )


def test_an_iban_has_its_check_digits() -> None:
    assert details().account == "DE89370400440532013000"
    assert details(account="gb82 west 1234 5698 7654 32").account == "GB82WEST12345698765432"
    for wrong in ("DE88 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0310 00", "x", "DE89-3704"):
        with pytest.raises(ValidationError):
            details(account=wrong)


def test_an_account_that_is_no_iban_names_its_bank() -> None:
    assert details(account="021000021 12345", bic="CHASUS33", country="US").account == "02100002112345"
    with pytest.raises(ValidationError, match="BIC"):
        details(account="02100002112345")
    for wrong in ({"bic": "chasus33"}, {"country": "usa"}, {"holder": "a\nb"}):
        with pytest.raises(ValidationError):
            details(**wrong)
