"""The order of checks: of two things that are wrong, the one that is checked first is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sosie.errors import SosieError
from sosie.licence import canonical, chain, jws, keys, status
from sosie.licence.documents import Licence
from sosie.licence.gate import Gate
from sosie.messages import Use


def code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(SosieError) as caught:
        call(*args, **kwargs)
    return caught.value.code


def header(**fields: Any) -> str:
    return keys.b64encode(json.dumps(fields).encode())


def test_a_token(papers: Any) -> None:
    good = {"alg": "Ed25519", "kid": "x", "typ": Licence.typ}
    wrong = [
        ("?" * 131_073, "document_too_large"),  # and no base64, and no three parts
        ("?.?", "document_malformed"),
        (header(**good | {"alg": "none", "typ": "x"}) + ".?.?", "algorithm_refused"),
        (header(**good | {"typ": "x", "more": "y"}) + ".?.?", "document_malformed"),
        (header(**good | {"typ": "x"}) + ".?.?", "document_kind"),
        (header(**good) + ".?.?", "key_unknown"),
        (
            header(**good | {"kid": keys.thumbprint(papers.registry.public_key())}) + ".?.?",
            "signature_invalid",
        ),
    ]
    for token, expected in wrong:
        assert code(jws.verify, token, Licence, papers.root.licence_keys) == expected


def test_size_is_checked_before_a_byte_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(json, "loads", never)
    assert code(canonical.parse, b" " * 11, max_bytes=10) == "document_too_large"
    with pytest.raises(AssertionError, match="parsed"):
        canonical.parse(b" " * 10, max_bytes=10)


def test_a_bundle(papers: Any, make: Any) -> None:
    """Each step is broken together with all that come after it."""
    thief = make.signing("thief")
    broken = {
        "checkpoint": make.note().replace("\n7\n", "\n8\n"),
        "status": status.bitstring([1]),
        "licence": jws.sign(papers.licence, thief),
        "consent": "not.a.token",
        "lease": "",
    }
    expected = [
        "signature_invalid",
        "chain_broken",
        "key_unknown",
        "document_malformed",
        "document_malformed",
    ]
    for name, named in zip(list(broken), expected, strict=True):
        bundle = papers.rebundle(**broken)
        assert code(chain.verify, bundle, root=papers.root, device_key="x") == named, name
        broken.pop(name)
    assert code(chain.verify, papers.bundle, root=papers.root, device_key="x") == "chain_broken"


def test_a_render(papers: Any, make: Any) -> None:
    gate = Gate(papers.lease, device="other", revoked=True)
    late, early = make.now + 900, make.now - 1
    worst = {"used": 99, "pixels": 10**9}
    assert code(gate.check, Use(), early, **worst) == "lease_not_yet"
    assert code(gate.check, Use(), late, **worst) == "lease_expired"
    assert code(gate.check, Use(), make.now, **worst) == "lease_other_device"
    ours = papers.device_key
    assert (
        code(Gate(papers.lease, device=ours, revoked=True).check, Use(), make.now, **worst)
        == "licence_revoked"
    )
    open_gate = Gate(papers.lease, device=ours)
    assert code(open_gate.check, Use(), make.now, **worst) == "quota_exhausted"
    assert code(open_gate.check, Use(), make.now, pixels=10**9) == "size_not_licensed"
    assert code(open_gate.check, Use(), make.now) == "use_incomplete"
