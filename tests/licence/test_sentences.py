"""What a person reads when the licence says no: every sentence with its remedy, as `sentences.json` keeps them.

A changed word shows up here to be read once more. `python -m tests.licence.test_sentences` writes them again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.on_documents import attack as on_documents
from tests.attacks.on_time import attack as on_time
from tests.licence import conftest as makers

from sosie.errors import SosieError
from sosie.licence import canonical, checkpoint, jws, keys, root, scope, states, status
from sosie.licence.documents import Consent, Licence, Revocation
from sosie.licence.gate import Gate
from sosie.messages import Use

KEPT = Path(__file__).with_name("sentences.json")
#: How deep Python's parser went before it gave up is Python's sentence, not ours.
NOT_OURS = {"nesting bomb"}
Case = Callable[[Any, Any], object]


def _gate(use: Use, now: int = 0, *, device: str | None = None, **more: int) -> Case:
    def act(papers: Any, make: Any) -> object:
        return Gate(papers.lease, device=device or papers.device_key).check(use, make.now + now, **more)

    return act


def _root(data: bytes) -> Case:
    return lambda _papers, make: root.TrustedRoot.load(data, now=make.now)


def _document(kind: Any, value: Any) -> Case:
    return lambda _papers, _make: kind.of(value)


def _terms(consent: dict[str, Any], **terms: Any) -> Case:
    def act(_papers: Any, make: Any) -> object:
        given = make.consent(**consent)
        return scope.require(scope.refusals(make.terms(given, **terms), given))

    return act


def _scope(**fields: Any) -> Case:
    def act(papers: Any, make: Any) -> object:
        wider = papers.lease.scope.model_copy(update=fields)
        return scope.require(scope.refusals(wider, papers.terms))

    return act


DAY = 86_400
FR = Use(territory=("FR",))
CASES: dict[str, Case] = {
    "gate: early": _gate(FR, -1),
    "gate: late": _gate(FR, 900),
    "gate: other device": _gate(FR, device="x"),
    "gate: last render": _gate(FR, used=3),
    "gate: pixels": _gate(FR, pixels=24_000_001),
    "gate: everything at once": _gate(Use("pr", ("tv", "cinema"), ("US", "JP"), "voice", ("fur", "adult"))),
    "gate: nothing said": _gate(Use(media=(), territory=())),
    "terms: prohibited": _terms({"posture": "prohibited"}),
    "terms: approval": _terms({}, approval="per_campaign"),
    "terms: too long": _terms({}, not_after=makers.NOW + 400 * DAY + 1),
    "terms: categories": _terms({}, prohibited_categories=["fur"]),
    "terms: training": _terms({"operations": ["train", "restage"]}, operations=["train", "restage"]),
    "terms: territory": _terms({"territory_max": ["FR"]}),
    "terms: media": _terms({"media_max": ["email"]}),
    "scope: pixels": _scope(max_px=10**9),
    "scope: begins early": _scope(not_before=0),
    "scope: ends late": _scope(not_after=2**40),
    "scope: several": _scope(operations=("voice", "dress"), purpose=("pr",), territory=("US",)),
    "state: not possible": lambda _p, _m: states.move("suspended", "agency_approve"),
    "state: closed": lambda _p, _m: states.move("revoked", "resume"),
    "json: too large": lambda _p, _m: canonical.parse(b"12345", max_bytes=4),
    "json: float": lambda _p, _m: canonical.parse(b"[1.5]", max_bytes=9),
    "json: twice": lambda _p, _m: canonical.parse(b'{"a":1,"a":1}', max_bytes=99),
    "base64: alphabet": lambda _p, _m: keys.b64decode("?"),
    "base64: stray": lambda _p, _m: keys.b64decode("AB"),
    "key: short": lambda _p, _m: keys.signing_public("AAAA"),
    "key: not one": lambda _p, _m: keys.signing_private(b"x"),
    "key: sealing for signing": lambda p, _m: keys.signing_private(keys.private_pem(p.pack)),
    "key: signing for sealing": lambda p, _m: keys.sealing_private(keys.private_pem(p.log)),
    "document: many faults": _document(
        Consent, {"id": 1, "talent": "x", "language": "!", "more": 1, "posture": "no"}
    ),
    "document: a rule": _document(Revocation, {"talent": "tal_000001", "signed_at": 1}),
    "document: no JSON": _document(Consent, 1.5),
    "token: two parts": lambda _p, _m: jws.read_header("a.b", Consent),
    "token: long": lambda _p, _m: jws.read_header("a" * 131_073, Consent),
    "token: no table": lambda _p, _m: jws.read_header(keys.b64encode(b"[]") + ".b.c", Consent),
    "token: no algorithm": lambda _p, _m: jws.read_header(keys.b64encode(b"{}") + ".b.c", Licence),
    "checkpoint: long": lambda p, _m: checkpoint.verify("x" * 4_097, origin="a", key=p.log.public_key()),
    "checkpoint: lines": lambda p, _m: checkpoint.verify("x", origin="a", key=p.log.public_key()),
    "checkpoint: unsigned": lambda p, m: checkpoint.verify(
        m.note().split("\n\n")[0] + "\n\n", origin="test-registry", key=p.log.public_key()
    ),
    "root: no envelope": _root(b"[]"),
    "root: bad signatures": _root(b'{"signed":{},"signatures":1}'),
    "root: expired": lambda p, m: root.TrustedRoot.load(p.root.data, now=m.now + 1000),
}


def _sentences(papers: Any, make: Any) -> Iterator[tuple[str, dict[str, str]]]:
    acts = {one.name: one.act for one in (*on_documents, *on_time) if one.name not in NOT_OURS}
    for name, act in sorted((acts | CASES).items()):
        try:
            act(papers, make)
        except SosieError as error:
            yield name, error.as_dict()


def test_every_sentence_is_the_one_we_know(papers: Any, make: Any) -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    found = dict(_sentences(papers, make))
    assert len(found) == len(CASES) + len(on_documents) + len(on_time) - len(NOT_OURS)
    assert found == kept


def test_what_breaks_a_programmers_promise(make: Any) -> None:
    with pytest.raises(TypeError, match=r"^canonical JSON holds no floating-point number$"):
        canonical.canonical([(1.5,)])
    with pytest.raises(IndexError, match=r"^status index 131072 is not below 131072$"):
        status.bitstring([status.LENGTH])


if __name__ == "__main__":
    held = dict(_sentences(makers.papers.__wrapped__(), makers.make.__wrapped__()))
    KEPT.write_text(json.dumps(held, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
