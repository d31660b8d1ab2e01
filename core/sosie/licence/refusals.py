"""Every way in which a licence says no: stable code, what it means in plain words, what to do now.

The sentence with the numbers is written where it is raised; this table is what stays the same from one release
to the next. A code is never reused for another meaning. `docs/refusals.md` is this table, and a test holds both
against every code the sources raise.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Reason(NamedTuple):
    """What a code means, and what to do about it."""

    meaning: str
    remedy: str


#: The documents are sound, and they do not allow it (RefusedError).
REFUSALS: Final[dict[str, Reason]] = {
    # the use
    "use_incomplete": Reason(
        "The use names no media or no territory.", "Say where the picture will be seen."
    ),
    "operation_not_licensed": Reason(
        "What is to be done with the likeness is not licensed.",
        "Choose a licensed operation, or ask the talent.",
    ),
    "purpose_not_licensed": Reason(
        "The purpose is not licensed.", "Choose a licensed purpose, or ask the talent."
    ),
    "media_not_licensed": Reason("A medium is not licensed.", "Choose licensed media, or ask the talent."),
    "territory_not_licensed": Reason(
        "A territory is not licensed.", "Choose licensed territories, or ask the talent."
    ),
    "category_prohibited": Reason(
        "The talent forbids this category of picture.", "Make another picture; a category is not negotiated."
    ),
    "size_not_licensed": Reason(
        "The picture has more pixels than the licence allows.", "Make it smaller, or ask for more."
    ),
    # the terms
    "consent_prohibits": Reason(
        "This person does not allow her likeness to be used at all.", "Choose another talent."
    ),
    "term_not_consented": Reason(
        "The licence would last longer than the consent allows.", "Ask for a shorter one."
    ),
    "term_not_licensed": Reason(
        "A lease reaches before or beyond its licence.", "Ask the registry for a new lease."
    ),
    "approval_not_consented": Reason(
        "The terms ask for less approval than the consent does.",
        "Take the consent's approval or a stricter one.",
    ),
    "exclusivity_conflict": Reason(
        "A brand has this category for itself in this territory and time.",
        "Choose another product line, territory or time.",
    ),
    # the lease
    "lease_missing": Reason(
        "This machine has no lease and cannot get one now.", "Connect to the registry, then try again."
    ),
    "lease_not_yet": Reason("The lease has not begun.", "Check this machine's clock."),
    "lease_expired": Reason(
        "The lease has ended.", "Connect to the registry: a new one is asked for by itself."
    ),
    "lease_other_device": Reason("The lease belongs to another machine.", "Enrol this machine."),
    "quota_exhausted": Reason(
        "All renders or deliveries are used or reserved.",
        "Let other machines send their journals, or ask for a larger licence.",
    ),
    "seats_exhausted": Reason(
        "The licence is in use by as many artists as it allows.", "Ask for more seats."
    ),
    "devices_exhausted": Reason(
        "You use the licence on as many machines as it allows.", "Use one of those, or ask for more."
    ),
    "clock_behind": Reason(
        "This machine's clock is behind what the registry has signed.", "Set the clock and connect."
    ),
    "clock_ahead": Reason(
        "This machine's clock is so far ahead that a new lease has ended already.", "Set the clock."
    ),
    "offline_too_long": Reason(
        "The talent allows less time without the registry than has passed.",
        "Connect to the registry, then try again.",
    ),
    # the licence
    "licence_missing": Reason("Your brand has no licence for this twin.", "Ask for one."),
    "licence_state": Reason(
        "The licence cannot take this step from where it stands.", "The message says what is possible now."
    ),
    "licence_not_active": Reason("The licence is not active.", "Complete approvals and payment."),
    "licence_not_begun": Reason("The licence has not begun.", "Wait until it begins."),
    "licence_expired": Reason("The licence has ended.", "Ask the talent for a new one."),
    "licence_revoked": Reason("The talent has revoked this licence.", "Stop using this likeness."),
    "consent_revoked": Reason("The talent has revoked her consent.", "Stop using this likeness."),
    # people and plugins
    "approval_pending": Reason(
        "The talent approves each picture, and has not decided on this one yet.",
        "Once she has, deliver the same picture again, unchanged.",
    ),
    "approval_declined": Reason("The talent declined this picture.", "Change it as she says."),
    "refused_by_plugin": Reason("A plugin of this studio refuses.", "Ask whoever installed it."),
    "plugin_failed": Reason(
        "A plugin broke while it was asked, and doubt is a no.", "Repair or remove the plugin."
    ),
}

#: A document, a signature or a chain does not hold (VerificationError).
VERIFICATIONS: Final[dict[str, Reason]] = {
    "document_too_large": Reason(
        "More bytes than such a document may have; nothing was parsed.",
        "Ask for a document of this registry.",
    ),
    "document_malformed": Reason(
        "Not strict, canonical JSON, base64url or JWS.", "Fetch it again; else it was altered on the way."
    ),
    "document_invalid": Reason("A field is missing, unknown or out of range.", "Correct the named fields."),
    "commission_too_high": Reason(
        "An agency's share is more than 20 % of what talent and agency get together.",
        "Give the talent more, or the agency less.",
    ),
    "document_kind": Reason("A document of another kind was expected.", "Send the right one."),
    "algorithm_refused": Reason("Signed with anything but Ed25519.", "Do not use it; ask for a new one."),
    "key_unknown": Reason(
        "Signed by a key that is not trusted for this.", "Do not use it; ask for a new one."
    ),
    "key_malformed": Reason("A key cannot be read.", "Restore it from a backup, or enrol again."),
    "key_not_for_us": Reason(
        "A key was sealed for another device, lease or pack.", "Ask for a lease with this machine's own keys."
    ),
    "signature_invalid": Reason("The signature does not hold.", "Do not use it; ask for a new one."),
    "chain_broken": Reason(
        "Documents that do not belong together, or one that reaches beyond the one above it.",
        "Ask for a new lease; if it stays so, tell the talent.",
    ),
    "checkpoint_malformed": Reason("Not a checkpoint.", "Keep it and show it to an auditor."),
    "checkpoint_origin": Reason("A checkpoint of another registry.", "Keep it and show it to an auditor."),
    "checkpoint_rollback": Reason(
        "The log is smaller or older than seen before.", "Keep both checkpoints and show them to an auditor."
    ),
    "checkpoint_fork": Reason(
        "Two different logs of one size.", "Keep both checkpoints and show them to an auditor."
    ),
    "checkpoint_frozen": Reason(
        "The log stands still while time passes.", "Keep both checkpoints and show them to an auditor."
    ),
    "root_malformed": Reason("Not a root document.", "Get root.json from the operator, by a way you trust."),
    "root_pin": Reason(
        "Not the root this machine was enrolled with.", "Ask the operator, by a way you trust."
    ),
    "root_threshold": Reason("Too few root keys have signed.", "Ask the operator, by a way you trust."),
    "root_version": Reason(
        "Not the next version of this registry's root.", "Ask the operator for the chain."
    ),
    "root_expired": Reason("The root has ended.", "Get the registry's current root."),
    "journal_device": Reason("An entry of another device.", "Send this machine's own journal."),
    "journal_gap": Reason("Entries are missing.", "Send the journal whole and in order."),
    "journal_fork": Reason(
        "The journal says two things at one place: a copied machine or an old disk.", "Tell the operator."
    ),
    "journal_damaged": Reason("The journal on this machine cannot be read.", "Restore it, or enrol again."),
    "account_damaged": Reason("This machine's account cannot be read.", "Enrol this machine again."),
}


def page() -> str:
    """`docs/refusals.md`."""
    return "\n".join(
        (
            "# Refusals",
            "",
            "Every code is stable; the message beside it carries the numbers. Generated from",
            "`core/sosie/licence/refusals.py` by `make pages`.",
            "",
            "## The licence says no",
            "",
            *_table(REFUSALS),
            "",
            "## A document does not hold",
            "",
            *_table(VERIFICATIONS),
            "",
        )
    )


def _table(reasons: dict[str, Reason]) -> list[str]:
    rows = [f"| `{code}` | {reason.meaning} | {reason.remedy} |" for code, reason in reasons.items()]
    return ["| code | what it means | what to do now |", "| --- | --- | --- |", *rows]
