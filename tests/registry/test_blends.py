"""A likeness of several people: asked, named, paid, and free to leave."""

from __future__ import annotations

import secrets
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.registry.people import Cast, code
from tests.registry.test_payouts import TALENT

from sosie.licence import chain, exchange, jws, money
from sosie.licence.billing import PaymentReceived
from sosie.licence.documents import Consent
from sosie.licence.people import Blend, Contribution, Share
from sosie.registry import transfers

SHARES = (6_000, 4_000)


def person(world: Any, likeness: str = "person", **changes: Any) -> tuple[Any, str, Any, Consent]:
    """A talent with a consent of her own."""
    account, name, key = world.party("talent", likeness=likeness)
    consent = Consent.of(
        {
            "id": f"con_{secrets.token_hex(8)}",
            "talent": name,
            "approval": "per_campaign",
            "representation": "none",
            "signed_at": world.clock.now,
        }
        | changes
    )
    account.record_consent(jws.sign(consent, key))
    return account, name, key, consent


def yes(one: Any, blend: str, share: int) -> str:
    _, name, key, consent = one
    document = Contribution(
        blend=blend, contributor=name, consent_sha256=consent.sha256(), share_bp=share, signed_at=1
    )
    return jws.sign(document, key)


def test_all_consent_before_there_is_anything_and_all_are_paid(scene: Any) -> None:
    world, operator = scene.world, scene.world.operator
    people = [person(world), person(world, territory_max=("FR",))]
    account, blend, key, consent = person(world, "blended")
    path, twin, digest = world.pack(blend, consent.sha256())
    assert code(world.upload, account, path, twin, digest, consent.sha256()) == "blend_unconsented"
    ask = Blend(
        shares=tuple(Share(contributor=p[1], share_bp=s) for p, s in zip(people, SHARES, strict=True))
    )
    assert code(operator.declare_blend, scene.talent_id, ask) == "talent_unknown"
    assert code(people[0][0].declare_blend, blend, ask) == "role_refused"
    operator.declare_blend(blend, ask)
    assert code(operator.declare_blend, blend, ask) == "blend_declared"
    people[0][0].contribute(yes(people[0], blend, SHARES[0]))
    assert code(world.upload, account, path, twin, digest, consent.sha256()) == "blend_unconsented"
    assert code(people[1][0].contribute, yes(people[1], blend, SHARES[0])) == "contribution_other"
    assert code(scene.talent.contribute, yes((None, *people[1][1:]), blend, SHARES[1])) == "key_unknown"
    people[1][0].contribute(yes(people[1], blend, SHARES[1]))
    assert world.upload(account, path, twin, digest, consent.sha256()).likeness == "blended"

    blended = Cast(
        **{
            **vars(scene),
            "talent": account,
            "talent_id": blend,
            "talent_key": key,
            "twin": twin,
            "consent": consent,
        }
    )
    assert code(blended.request) == "territory_not_licensed"  # the second said France only
    record = blended.request(territory=("FR",))
    account.approve_licence(record.id, blended.countersign(record))
    scene.brand.pay_licence(record.id, exchange.Payment(method="credit"))
    assert blended.deliver(record.id).record.state == "signed"
    owed = [p[0].statement().balance["EUR"] for p in people]
    assert owed == [27_000 + 5_401, 18_000 + 3_600]
    lines = people[0][0].statement().lines
    assert sum(line.minor for line in lines) == 0  # she sees all of it
    people[0][0].keep_bank_account(TALENT)
    operator.record_payment(record.id, PaymentReceived(minor=60_001))
    assert [p.minor for p in operator.pay_out().payments] == [owed[0]]
    assert transfers.amount("EUR", owed[0])

    revoked = Cast(
        **{
            **vars(scene),
            "talent": people[1][0],
            "talent_id": people[1][1],
            "talent_key": people[1][2],
            "consent": people[1][3],
        }
    )
    other = scene.licence()
    revoked.revoke()
    assert code(blended.deliver, record.id) == "consent_revoked"
    assert scene.deliver(other.id).record.state == "signed"  # nothing of hers
    assert code(blended.request, territory=("FR",)) == "blend_unconsented"
    public = world.registry()
    _, bits = chain.verify_status(public.checkpoint(), public.status(), root=world.root())
    assert any(bits)


@given(
    st.integers(0, 10**12),
    st.lists(st.integers(1, 2_000), min_size=2, max_size=5)
    .map(lambda parts: [*parts, 10_000 - sum(parts)])
    .filter(lambda p: p[-1] > 0),
)
def test_every_payment_is_split_to_the_last_unit(amount: int, parts: list[int]) -> None:
    found = money.split(amount, {f"tal_{n}": part for n, part in enumerate(parts)})
    assert sum(found.values()) == amount
    for n, part in enumerate(parts):
        assert abs(found[f"tal_{n}"] - amount * part / 10_000) < 1 + amount * 1e-12
