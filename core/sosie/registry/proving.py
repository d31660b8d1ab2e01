"""Proof that the one who consents is the one in the captures, for every revision of a twin.

The talent is given a fresh code to hold up and a pose to take, and has fifteen minutes. By machine: one face, in that pose,
and as like the captures as one person is; what fails is refused, with figures. By a person: the code, which no program
here reads, and whether this is a living person and not a screen; so a machine refuses, and only a person passes. She
sees the picture and what the machine was unsure of, and she is neither the talent nor of her agency.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sosie.errors import PictureError
from sosie.licence import canonical, exchange, keys
from sosie.licence.people import Challenge, Review
from sosie.registry import log, paging, twins
from sosie.registry.access import Context, Principal
from sosie.registry.matching import Captured, Matcher, Seen
from sosie.registry.paging import ALL, Page, listing
from sosie.registry.problems import missing, problem
from sosie.registry.tables import Party, TwinRow
from sosie.registry.tables_people import ChallengeRow
from sosie.twin.pack_read import read_pack
from sosie.twin.twin import Twin

SECONDS = 900
#: Distances of embeddings. Of the invented test people in these poses, one person's are at most 0.37, two people's at least 0.57;
#: 0.6 is the embedder's own limit, and a wrong yes costs more than a second try.
SURE, OTHER = 0.45, 0.55
#: Degrees: yaw to the person's own left and right, and pitch.
TURNED, RAISED = 12.0, 10.0
POSES: Final = ("turn_left", "turn_right", "look_up")
_LETTERS: Final = "ACDEFHJKLMNPQRTUVWXY3479"  # none is taken for another


def begin(context: Context, session: Session, principal: Principal, twin: str) -> Challenge:
    """Talent: what to do before the camera, for her twin's newest revision.

    Raises:
        RegistryError: 404 `twin_unknown`; 409 `proof_unavailable`; 409 `proof_unasked`, nobody living is in this twin.
    """
    principal.require("talent")
    _matcher(context)
    row = session.scalars(
        select(TwinRow)
        .where(TwinRow.id == twin, TwinRow.talent_id == principal.party)
        .order_by(TwinRow.revision.desc())
    ).first()
    if row is None:
        raise missing("twin", twin)
    if session.get_one(Party, principal.party).likeness != "person":
        raise problem(
            409, "proof_unasked", "This twin is no living person's own.", "There is nothing to prove."
        )
    noise = context.settings.random(7)
    challenge = ChallengeRow(
        id=context.settings.new_id("cha"),
        talent_id=principal.party,
        twin_id=row.id,
        twin_revision=row.revision,
        code="".join(_LETTERS[byte % len(_LETTERS)] for byte in noise[:6]),
        pose=POSES[noise[6] % len(POSES)],
        state="open",
        reason="",
        distance_milli=None,
        reviewer_id=None,
        expires_at=context.now() + SECONDS,
        created_at=context.now(),
    )
    session.add(challenge)
    session.flush()
    return describe(challenge)


def answer(context: Context, principal: Principal, challenge: str, picture: Path) -> Challenge:
    """Talent: her photograph, which lies in `picture`; it is kept while it is under review and no longer.

    Raises:
        PictureError: no picture.
        RegistryError: 404 `challenge_unknown`; 409 `challenge_state`, `challenge_expired`; `proof_unavailable`.
    """
    principal.require("talent")
    matcher = _matcher(context)
    captured = _captured(
        context, context.database.read(lambda s: _twin(s, _open(context, s, principal, challenge)))
    )
    seen = matcher(picture, captured)

    def work(session: Session) -> Challenge:
        row = _open(context, session, principal, challenge)
        row.state, row.reason = judge(seen, row.pose)
        row.distance_milli = round(seen.distance * 1000) if seen.faces == 1 else None
        if row.state == "review":
            path = picture_path(context, row.id)
            path.parent.mkdir(exist_ok=True, mode=0o700)
            picture.replace(path)
        else:
            _record(context, session, row)
        return describe(row)

    return context.database.write(work)


def judge(seen: Seen, pose: str) -> tuple[str, str]:
    """`review` or `refused`, and why, in words for the talent and whoever reviews."""
    if seen.faces != 1:
        return "refused", f"The picture shows {seen.faces} faces; be alone in it, and well lit."
    if not seen.distance < OTHER:
        return "refused", (
            f"This is not the person in the captures: the distance is {seen.distance:.2f}, {OTHER} is another person."
        )
    taken = {
        "turn_left": seen.yaw >= TURNED,
        "turn_right": seen.yaw <= -TURNED,
        "look_up": seen.pitch >= RAISED,
    }
    if not taken[pose]:
        return "refused", (
            f"Asked was another pose: the head is turned {seen.yaw:.0f} degrees to its left, raised {seen.pitch:.0f}."
        )
    if seen.distance < SURE:
        return "review", f"Face and pose fit (distance {seen.distance:.2f}). A person reads the code now."
    return "review", f"The face is hard to tell (distance {seen.distance:.2f}). A person decides."


def review(
    context: Context, session: Session, principal: Principal, challenge: str, ask: Review, *, passed: bool
) -> Challenge:
    """Operator or auditor: a second person's word; it is a leaf of the log.

    Raises:
        RegistryError: 404 `challenge_unknown`; 409 `challenge_state`; 422 `reason_missing` without one for a no.
    """
    principal.require("operator", "auditor")
    row = _of(session, principal, challenge)
    if row.state != "review":
        raise _not_now(row)
    if not passed and not ask.reason.strip():
        raise problem(422, "reason_missing", "A no needs a reason.", "Say what she should do differently.")
    row.state, row.reviewer_id = ("passed" if passed else "refused"), principal.party
    row.reason = ask.reason or row.reason
    _record(context, session, row)
    picture_path(context, row.id).unlink(missing_ok=True)
    return describe(row)


def listed(
    session: Session, principal: Principal, page: Page = ALL, **only: str
) -> exchange.Listed[Challenge]:
    """Talent: hers; operator and auditor: all; or `only` those in this `state`; newest first."""
    order = (ChallengeRow.created_at, ChallengeRow.id)
    return listing(session, _theirs(principal, only), order, describe, page, newest_first=True)


def count(session: Session, principal: Principal, **only: str) -> int:
    """How many they are."""
    return paging.count(session, _theirs(principal, only))


def picture_of(context: Context, session: Session, principal: Principal, challenge: str) -> Path:
    """Operator, auditor: the photograph under review.

    Raises:
        RegistryError: 404 `challenge_unknown`; 409 `challenge_state`, it is not kept any more.
    """
    principal.require("operator", "auditor")
    row = _of(session, principal, challenge)
    if row.state != "review":
        raise _not_now(row)
    return picture_path(context, row.id)


def picture_path(context: Context, challenge: str) -> Path:
    """Where a photograph lies while it is under review."""
    return context.settings.data / "challenges" / f"{challenge}.picture"


def require_proven(context: Context, session: Session, twin: TwinRow) -> None:
    """That this twin may be licensed; raises RegistryError (403 `twin_unproven`)."""
    if not proven(context, session, twin):
        raise problem(
            403,
            "twin_unproven",
            f"Nobody has proved yet that revision {twin.revision} of this twin shows its talent.",
            "The talent answers a challenge; then it can be licensed.",
        )


def proven(context: Context, session: Session, twin: TwinRow) -> bool:
    """Whether this revision is proved to show its talent; or no living person's, or this registry sees no faces."""
    if context.settings.matcher is None or session.get_one(Party, twin.talent_id).likeness != "person":
        return True
    proof = select(ChallengeRow.id).where(
        ChallengeRow.twin_id == twin.id,
        ChallengeRow.twin_revision == twin.revision,
        ChallengeRow.state == "passed",
    )
    return session.scalars(proof).first() is not None


def describe(row: ChallengeRow) -> Challenge:
    """A challenge as talent and reviewer see it."""
    return Challenge(
        id=row.id,
        talent=row.talent_id,
        twin=row.twin_id,
        twin_revision=row.twin_revision,
        code=row.code,
        pose=row.pose,
        state=row.state,
        reason=row.reason,
        likeness_distance=None if row.distance_milli is None else row.distance_milli / 1000,
        expires_at=row.expires_at,
    )


def _matcher(context: Context) -> Matcher:
    matcher = context.settings.matcher
    if matcher is None:
        raise problem(
            409,
            "proof_unavailable",
            "This registry looks at no faces.",
            "Ask the operator to run it with --proofs.",
        )
    return matcher


def _open(context: Context, session: Session, principal: Principal, challenge: str) -> ChallengeRow:
    row = _of(session, principal, challenge)
    if row.state != "open":
        raise _not_now(row)
    if row.expires_at <= context.now():
        raise problem(
            409, "challenge_expired", f"{SECONDS // 60} minutes are over.", "Begin again, with a new code."
        )
    return row


def _theirs(principal: Principal, only: dict[str, str]) -> Select[ChallengeRow]:
    principal.require("talent", "operator", "auditor")
    query = select(ChallengeRow).where(
        *(getattr(ChallengeRow, name) == value for name, value in only.items())
    )
    return query.where(ChallengeRow.talent_id == principal.party) if principal.role == "talent" else query


def _of(session: Session, principal: Principal, challenge: str) -> ChallengeRow:
    row = session.get(ChallengeRow, challenge)
    if row is None or (principal.role == "talent" and row.talent_id != principal.party):
        raise missing("challenge", challenge)
    return row


def _not_now(row: ChallengeRow) -> Exception:
    return problem(409, "challenge_state", f"This proof is {row.state}.", "Begin another one.")


def _twin(session: Session, row: ChallengeRow) -> TwinRow:
    return session.get_one(TwinRow, (row.twin_id, row.twin_revision))


def _captured(context: Context, twin: TwinRow) -> Captured:
    info = keys.pack_info(pack_sha256=twin.pack_sha256, consent_sha256=twin.consent_sha256)
    key = context.keys.open_pack_key(twin.pack_key, info=info)
    _, sections = read_pack(twins.pack_path(context, twin), key=key)
    opened = Twin.from_sections(sections)
    if not opened.thumbnail:
        raise PictureError("The pack has no portrait.", remedy="Capture again.")
    return Captured(opened.thumbnail, opened.identity)


def _record(context: Context, session: Session, row: ChallengeRow) -> None:
    document = {
        "challenge": row.id,
        "twin": row.twin_id,
        "revision": row.twin_revision,
        "state": row.state,
        "reviewer": row.reviewer_id,
        "at": context.now(),
    }
    log.append(session, context.settings, "proof", canonical.canonical(document))
