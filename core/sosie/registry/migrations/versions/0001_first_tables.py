"""The registry's first tables, and the triggers that keep five of them append only.

One list, as long as that day's tables are: what databases have gone through is neither edited nor split.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Written out, not imported: a migration does not change when the tables do.
APPEND_ONLY = ("receipts", "ledger_entries", "postings", "log_leaves", "log_nodes")


def upgrade() -> None:
    op.create_table(
        "idempotency",
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("credential", "key", name=op.f("pk_idempotency")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_head",
        sa.Column("id", BIG, autoincrement=False, nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_head")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_leaves",
        sa.Column("index", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_log_leaves")),
        sqlite_strict=True,
    )
    op.create_table(
        "log_nodes",
        sa.Column("level", BIG, autoincrement=False, nullable=False),
        sa.Column("index", BIG, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_log_nodes")),
        sqlite_strict=True,
    )
    op.create_table(
        "parties",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=True),
        sa.Column("signing_key", sa.Text(), nullable=True),
        sa.Column("credit", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["parties.id"], name=op.f("fk_parties_agency_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sqlite_strict=True,
    )
    op.create_table(
        "consents",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("talent_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("leaf_index", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["talent_id"], ["parties.id"], name=op.f("fk_consents_talent_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_consents")),
        sa.UniqueConstraint("id", name=op.f("uq_consents_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_consents_talent_id"), "consents", ["talent_id"], unique=False)
    op.create_table(
        "documents",
        sa.Column("leaf_index", BIG, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["leaf_index"], ["log_leaves.index"], name=op.f("fk_documents_leaf_index")),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_documents")),
        sqlite_strict=True,
    )
    op.create_table(
        "seats",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["parties.id"], name=op.f("fk_seats_brand_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seats")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_seats_brand_id"), "seats", ["brand_id"], unique=False)
    op.create_table(
        "codes",
        sa.Column("code_sha256", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=True),
        sa.Column("seat_id", sa.Text(), nullable=True),
        sa.Column("expires_at", BIG, nullable=False),
        sa.Column("used_at", BIG, nullable=True),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_codes_party_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_codes_seat_id")),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_codes")),
        sqlite_strict=True,
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seat_id", sa.Text(), nullable=False),
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signing_key", sa.Text(), nullable=False),
        sa.Column("sealing_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("journal_n", BIG, nullable=False),
        sa.Column("journal_sha256", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["brand_id"], ["parties.id"], name=op.f("fk_devices_brand_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_devices_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("signing_key", name=op.f("uq_devices_signing_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_devices_seat_id"), "devices", ["seat_id"], unique=False)
    op.create_table(
        "licences",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("talent_id", sa.Text(), nullable=False),
        sa.Column("agency_id", sa.Text(), nullable=True),
        sa.Column("brand_id", sa.Text(), nullable=False),
        sa.Column("twin_id", sa.Text(), nullable=False),
        sa.Column("twin_revision", BIG, nullable=False),
        sa.Column("consent_sha256", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("countersignature", sa.Text(), nullable=True),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("status_index", BIG, nullable=True),
        sa.Column("renders_reserved", BIG, nullable=False),
        sa.Column("delivered", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["agency_id"], ["parties.id"], name=op.f("fk_licences_agency_id")),
        sa.ForeignKeyConstraint(["brand_id"], ["parties.id"], name=op.f("fk_licences_brand_id")),
        sa.ForeignKeyConstraint(
            ["consent_sha256"], ["consents.sha256"], name=op.f("fk_licences_consent_sha256")
        ),
        sa.ForeignKeyConstraint(["talent_id"], ["parties.id"], name=op.f("fk_licences_talent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licences")),
        sa.UniqueConstraint("status_index", name=op.f("uq_licences_status_index")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_licences_agency_id"), "licences", ["agency_id"], unique=False)
    op.create_index(op.f("ix_licences_brand_id"), "licences", ["brand_id"], unique=False)
    op.create_index(op.f("ix_licences_consent_sha256"), "licences", ["consent_sha256"], unique=False)
    op.create_index(op.f("ix_licences_talent_id"), "licences", ["talent_id"], unique=False)
    op.create_table(
        "twins",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("talent_id", sa.Text(), nullable=False),
        sa.Column("consent_sha256", sa.Text(), nullable=False),
        sa.Column("pack_sha256", sa.Text(), nullable=False),
        sa.Column("pack_key", sa.Text(), nullable=False),
        sa.Column("bytes", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_sha256"], ["consents.sha256"], name=op.f("fk_twins_consent_sha256")
        ),
        sa.ForeignKeyConstraint(["talent_id"], ["parties.id"], name=op.f("fk_twins_talent_id")),
        sa.PrimaryKeyConstraint("id", "revision", name=op.f("pk_twins")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_twins_talent_id"), "twins", ["talent_id"], unique=False)
    op.create_table(
        "credentials",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_credentials_device_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_credentials_party_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_credentials")),
        sqlite_strict=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("licence_id", sa.Text(), nullable=False),
        sa.Column("seat_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("input_sha256", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("width", BIG, nullable=False),
        sa.Column("height", BIG, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=True),
        sa.Column("output_sha256", sa.Text(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_deliveries_device_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_deliveries_licence_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seats.id"], name=op.f("fk_deliveries_seat_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("credential", "key", name=op.f("uq_deliveries_credential")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_deliveries_receipt_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_deliveries_licence_id"), "deliveries", ["licence_id"], unique=False)
    op.create_index(op.f("ix_deliveries_output_sha256"), "deliveries", ["output_sha256"], unique=False)
    op.create_table(
        "journal",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("n", BIG, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("fork", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_journal_device_id")),
        sa.PrimaryKeyConstraint("device_id", "n", "sha256", name=op.f("pk_journal")),
        sqlite_strict=True,
    )
    op.create_table(
        "leases",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("licence_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("renders", BIG, nullable=False),
        sa.Column("used", BIG, nullable=False),
        sa.Column("not_after", BIG, nullable=False),
        sa.Column("returned_at", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_leases_device_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_leases_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leases")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_leases_licence_id"), "leases", ["licence_id"], unique=False)
    op.create_table(
        "revocations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("talent_id", sa.Text(), nullable=False),
        sa.Column("consent_sha256", sa.Text(), nullable=True),
        sa.Column("licence_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("effective_at", BIG, nullable=False),
        sa.Column("leaf_index", BIG, nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_sha256"], ["consents.sha256"], name=op.f("fk_revocations_consent_sha256")
        ),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_revocations_licence_id")),
        sa.ForeignKeyConstraint(["talent_id"], ["parties.id"], name=op.f("fk_revocations_talent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revocations")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_revocations_consent_sha256"), "revocations", ["consent_sha256"], unique=False)
    op.create_index(op.f("ix_revocations_licence_id"), "revocations", ["licence_id"], unique=False)
    op.create_table(
        "receipts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("licence_id", sa.Text(), nullable=False),
        sa.Column("leaf_index", BIG, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name=op.f("fk_receipts_delivery_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_receipts_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_receipts_delivery_id")),
        sa.UniqueConstraint("leaf_index", name=op.f("uq_receipts_leaf_index")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_receipts_licence_id"), "receipts", ["licence_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("licence_id", sa.Text(), nullable=False),
        sa.Column("receipt_id", sa.Text(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licences.id"], name=op.f("fk_ledger_entries_licence_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_ledger_entries_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("receipt_id", name=op.f("uq_ledger_entries_receipt_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ledger_entries_licence_id"), "ledger_entries", ["licence_id"], unique=False)
    op.create_table(
        "postings",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("party_id", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("minor", BIG, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name=op.f("fk_postings_entry_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_postings_party_id")),
        sa.CheckConstraint("minor <> 0", name=op.f("ck_postings_minor")),
        sa.PrimaryKeyConstraint("entry_id", "account", name=op.f("pk_postings")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_postings_party_id"), "postings", ["party_id"], unique=False)
    op.execute("INSERT INTO log_head (id, size) VALUES (1, 0)")
    _protect()


def downgrade() -> None:
    _unprotect()
    op.drop_index(op.f("ix_postings_party_id"), table_name="postings")
    op.drop_table("postings")
    op.drop_index(op.f("ix_ledger_entries_licence_id"), table_name="ledger_entries")
    op.drop_table("ledger_entries")
    op.drop_index(op.f("ix_receipts_licence_id"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_index(op.f("ix_revocations_licence_id"), table_name="revocations")
    op.drop_index(op.f("ix_revocations_consent_sha256"), table_name="revocations")
    op.drop_table("revocations")
    op.drop_index(op.f("ix_leases_licence_id"), table_name="leases")
    op.drop_table("leases")
    op.drop_table("journal")
    op.drop_index(op.f("ix_deliveries_output_sha256"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_licence_id"), table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("credentials")
    op.drop_index(op.f("ix_twins_talent_id"), table_name="twins")
    op.drop_table("twins")
    op.drop_index(op.f("ix_licences_talent_id"), table_name="licences")
    op.drop_index(op.f("ix_licences_consent_sha256"), table_name="licences")
    op.drop_index(op.f("ix_licences_brand_id"), table_name="licences")
    op.drop_index(op.f("ix_licences_agency_id"), table_name="licences")
    op.drop_table("licences")
    op.drop_index(op.f("ix_devices_seat_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_table("codes")
    op.drop_index(op.f("ix_seats_brand_id"), table_name="seats")
    op.drop_table("seats")
    op.drop_table("documents")
    op.drop_index(op.f("ix_consents_talent_id"), table_name="consents")
    op.drop_table("consents")
    op.drop_table("parties")
    op.drop_table("log_nodes")
    op.drop_table("log_leaves")
    op.drop_table("log_head")
    op.drop_table("idempotency")


def _protect() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION sosie_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is append only', TG_TABLE_NAME; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION sosie_append_only()"
            )
        return
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            )


def _unprotect() -> None:
    """SQLite drops a table's triggers with it."""
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
        op.execute("DROP FUNCTION sosie_append_only()")
