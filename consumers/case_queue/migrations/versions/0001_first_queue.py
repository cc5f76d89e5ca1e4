"""The tables of the first queue: candidates, evidence, reviews, positions and the audit log.

A migration that has been released is never changed; the next one gets a file of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

# The owner of the table can take a trigger away; that somebody did shows in the chain of hashes (audit.py).
_APPEND_ONLY = """
CREATE FUNCTION audit_log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_log_no_change BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION audit_log_is_append_only();
CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_append_only();
"""


def upgrade() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index("ix_audit_log_object_kind_object_id", "audit_log", ["object_kind", "object_id"], unique=False)
    op.create_table(
        "candidate",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False, comment="Grows by one with every version received."),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("retract_reason", sa.Text(), nullable=True),
        sa.Column(
            "protected_identity",
            sa.Boolean(),
            nullable=True,
            comment="Null where no registry row has been seen: masked until it is.",
        ),
        sa.Column("countries", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False, comment="Kinds of evidence."),
        sa.Column(
            "outcomes",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="Those of the four outcomes that may be concerned.",
        ),
        sa.Column("rule_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("evidence_count", sa.Integer(), nullable=False),
        sa.Column("first_occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "listed_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="last_occurred_at, or received_at where there is none.",
        ),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('OPEN', 'RETRACTED')", name=op.f("ck_candidate_state")),
        sa.PrimaryKeyConstraint("candidate_id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("person_id", name=op.f("uq_candidate_person_id")),
    )
    op.create_index(
        "ix_candidate_state_listed_at_candidate_id", "candidate", ["state", "listed_at", "candidate_id"], unique=False
    )
    op.create_index(
        "ix_candidate_state_received_at_candidate_id",
        "candidate",
        ["state", "received_at", "candidate_id"],
        unique=False,
    )
    op.create_table(
        "identity_review",
        sa.Column("match_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "protected_identity", sa.Boolean(), nullable=True, comment="Null where it is not known: masked until it is."
        ),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("record", postgresql.JSONB(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state = 'OPEN' OR (record IS NULL AND occurred_at IS NULL AND country IS NULL)",
            name=op.f("ck_identity_review_erased"),
        ),
        sa.CheckConstraint("state IN ('OPEN', 'RETRACTED')", name=op.f("ck_identity_review_state")),
        sa.PrimaryKeyConstraint("match_id", name=op.f("pk_identity_review")),
    )
    op.create_index("ix_identity_review_person_id", "identity_review", ["person_id"], unique=False)
    op.create_index(
        "ix_identity_review_state_received_at_match_id",
        "identity_review",
        ["state", "received_at", "match_id"],
        unique=False,
    )
    op.create_table(
        "refused_record",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("record_offset", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("refused_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "consumer_group", "topic", "partition", "record_offset", name=op.f("pk_refused_record")
        ),
    )
    op.create_table(
        "stream_position",
        sa.Column("consumer_group", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(), nullable=False, comment="Records by outcome since the beginning."),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer_group", "topic", "partition", name=op.f("pk_stream_position")),
    )
    op.create_table(
        "candidate_version",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record", postgresql.JSONB(), nullable=True),
        sa.CheckConstraint("state IN ('OPEN', 'RETRACTED')", name=op.f("ck_candidate_version_state")),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.candidate_id"], name=op.f("fk_candidate_version_candidate_id_candidate")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "row_version", name=op.f("pk_candidate_version")),
    )
    op.create_table(
        "evidence",
        sa.Column("candidate_id", sa.Uuid(), nullable=False),
        sa.Column("match_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("kinds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retracted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.candidate_id"], name=op.f("fk_evidence_candidate_id_candidate")
        ),
        sa.PrimaryKeyConstraint("candidate_id", "match_id", "revision", name=op.f("pk_evidence")),
    )
    op.execute(_APPEND_ONLY)


def downgrade() -> None:
    for table in (
        "evidence",
        "candidate_version",
        "candidate",
        "identity_review",
        "stream_position",
        "refused_record",
        "audit_log",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION audit_log_is_append_only()")
