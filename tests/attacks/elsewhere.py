"""Attacks that need a running registry, agent or real files: the test that makes each one, in the room it hits."""

from __future__ import annotations

from typing import NamedTuple


class Elsewhere(NamedTuple):
    """One row: the test, and the code (or the word) it sees."""

    name: str
    what: str
    code: str
    test: str


TESTED = (
    Elsewhere(
        "quota race",
        "eight clients deliver the last pictures at once",
        "quota_exhausted",
        "registry/test_effects.py::test_quota_is_exact_when_everybody_delivers_at_once",
    ),
    Elsewhere(
        "delivery replayed",
        "sends one delivery's key with another picture",
        "idempotency_conflict",
        "registry/test_effects.py::test_one_effect_for_each_key",
    ),
    Elsewhere(
        "leaf moved",
        "claims another place in the log for a receipt",
        "RFC 6962 proof",
        "licence/test_laws.py::test_every_proof_holds_and_no_other",
    ),
    Elsewhere(
        "VM snapshot",
        "puts back an old machine and renders twice",
        "journal_fork",
        "registry/test_effects.py::test_a_fork_is_evidence_and_suspends_the_machine",
    ),
    Elsewhere(
        "old disk put back",
        "restores yesterday's journal",
        "journal_fork",
        "agent/test_journal.py::test_a_disk_put_back_is_noticed",
    ),
    Elsewhere(
        "journal edited",
        "changes a line of the journal on disk",
        "journal_damaged",
        "agent/test_journal.py::test_a_changed_journal_is_refused",
    ),
    Elsewhere(
        "journal deleted",
        "loses the journal so as not to pay",
        "quota_exhausted",
        "registry/test_refusals.py::test_quota_of_renders_is_reserved",
    ),
    Elsewhere(
        "two devices, one key",
        "enrols a second machine with a used key",
        "key_used",
        "registry/test_refusals.py::test_tokens_and_codes",
    ),
    Elsewhere(
        "too many machines",
        "uses a licence on more machines than agreed",
        "devices_exhausted",
        "registry/test_refusals.py::test_quota_of_machines",
    ),
    Elsewhere(
        "rows edited",
        "updates or deletes a receipt in the database",
        "append-only triggers",
        "registry/test_effects.py::test_nothing_is_changed_or_removed",
    ),
    Elsewhere(
        "approval outlived",
        "delivers an approved picture after revocation",
        "consent_revoked",
        "registry/test_effects.py::test_an_approved_picture_is_not_delivered_after_revocation",
    ),
    Elsewhere(
        "stranger's account",
        "asks for another brand's papers",
        "licence_unknown",
        "registry/test_refusals.py::test_a_stranger_sees_nothing",
    ),
    Elsewhere(
        "pack without consent",
        "hands in a pack no consent speaks of",
        "pack_unbound",
        "registry/test_bad_input.py::test_packs_without_consent",
    ),
    Elsewhere(
        "endless request",
        "sends a body that never ends",
        "request_too_large",
        "registry/test_bad_input.py::test_requests_that_are_none",
    ),
    Elsewhere(
        "stolen pack",
        "opens a pack with another key",
        "pack_wrong_key",
        "twin/test_pack_damage.py::test_another_key_is_told_apart_from_damage",
    ),
    Elsewhere(
        "pack patched",
        "flips one byte of a pack",
        "PackError",
        "twin/test_pack_damage.py::test_every_single_flipped_byte_is_refused",
    ),
    Elsewhere(
        "pack chunks reordered",
        "drops, repeats or exchanges chunks",
        "PackError",
        "twin/test_pack_damage.py::test_chunks_cannot_be_reordered_dropped_or_repeated",
    ),
    Elsewhere(
        "giant declared",
        "declares a picture of terabytes in a small pack",
        "pack_too_large",
        "twin/test_pack_damage.py::test_a_giant_declared_size_takes_no_memory",
    ),
    Elsewhere(
        "token theft by another local user",
        "reads the agent's key or socket",
        "0600, 0700",
        "agent/test_service.py::test_key_and_socket_are_this_users_only",
    ),
    Elsewhere(
        "wrong agent key",
        "speaks to the agent without its key",
        "agent_key",
        "agent/test_service.py::test_the_wrong_key_is_refused",
    ),
    Elsewhere(
        "request from a web page",
        "sends HTTP to the agent: there is no port, and the socket wants its key",
        "connection ended",
        "agent/test_service.py::test_nonsense_ends_that_connection_only",
    ),
    Elsewhere(
        "silent caller",
        "opens the socket and says nothing",
        "others go on",
        "agent/test_service.py::test_a_caller_who_says_nothing_does_not_keep_others_out",
    ),
    Elsewhere(
        "path trick",
        "names pixels outside the session's folder",
        "pixels_invalid",
        "client/test_pixels.py::test_nothing_outside_the_folder_is_opened",
    ),
    Elsewhere(
        "link trick",
        "puts a link where pixels are expected",
        "pixels_invalid",
        "client/test_pixels.py::test_a_link_in_the_folder_is_not_followed",
    ),
    Elsewhere(
        "redirect",
        "answers a registry call with a redirect elsewhere",
        "not followed",
        "remote/test_transport.py::test_a_redirect_is_not_followed",
    ),
    Elsewhere(
        "clock set back over a restart",
        "turns the clock back while the agent is off",
        "clock_behind",
        "agent/test_clock.py::test_turning_the_clock_back_is_refused_also_after_a_restart",
    ),
    Elsewhere(
        "clock's mark removed",
        "deletes what the agent remembers of signed time, and turns the clock back",
        "clock_behind",
        "agent/licensed/test_frozen.py::test_a_mark_that_was_removed_does_not_set_the_clock_back",
    ),
    Elsewhere(
        "frozen line",
        "shows a running agent the answers of before a revocation",
        "checkpoint_frozen",
        "agent/licensed/test_frozen.py::test_a_line_that_stands_still_is_refused",
    ),
    Elsewhere(
        "byte of a delivered file",
        "changes any byte of a signed picture",
        "altered",
        "provenance/test_verify.py::test_no_byte_of_a_delivered_file_can_be_changed",
    ),
    Elsewhere(
        "credentials moved",
        "moves Content Credentials to another picture",
        "not trusted",
        "provenance/test_verify.py::test_credentials_moved_to_another_picture_are_not_trusted",
    ),
    Elsewhere(
        "another registry's root",
        "verifies a file under a root of her own",
        "not trusted",
        "provenance/test_verify.py::test_another_registrys_root_does_not_trust_it",
    ),
)
