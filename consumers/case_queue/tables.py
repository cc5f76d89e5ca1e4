"""The tables of the case queue. `migrations/` creates them; a test proves that the two agree.

Cases, claims and outcomes come in tables of their own that refer to `candidate.candidate_id`; `candidate.row_version`
is there for their optimistic locking. Nothing here decides: a row says what was found.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_TIME = DateTime(timezone=True)
_STATE = "state IN ('OPEN', 'RETRACTED')"

# One row per person: what is known now, as far as it is searched and sorted by. The whole record is the one in
# `candidate_version` with the same row_version: stored once, because it is by far the largest part.
candidate = Table(
    "candidate",
    metadata,
    Column("candidate_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, unique=True),
    Column("version", Text, nullable=False),
    Column("row_version", Integer, nullable=False, comment="Grows by one with every version received."),
    Column("state", Text, nullable=False),
    Column("retract_reason", Text),
    Column("protected_identity", Boolean, comment="Null where no registry row has been seen: masked until it is."),
    Column("countries", ARRAY(Text), nullable=False),
    Column("kinds", ARRAY(Text), nullable=False, comment="Kinds of evidence."),
    Column("outcomes", ARRAY(Text), nullable=False, comment="Those of the four outcomes that may be concerned."),
    Column("rule_ids", ARRAY(Text), nullable=False),
    Column("evidence_count", Integer, nullable=False),
    Column("first_occurred_at", _TIME),
    Column("last_occurred_at", _TIME),
    Column("last_recorded_at", _TIME),
    Column("listed_at", _TIME, nullable=False, comment="last_occurred_at, or received_at where there is none."),
    Column("received_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    CheckConstraint(_STATE, name="state"),
    Index(None, "state", "listed_at", "candidate_id"),
    Index(None, "state", "received_at", "candidate_id"),
)

# What was known when: every version in the order in which it was received; one may come back. `record` is the
# whole RevocationCandidate as JSON, null once it was erased.
candidate_version = Table(
    "candidate_version",
    metadata,
    Column("candidate_id", Uuid, ForeignKey("candidate.candidate_id"), primary_key=True),
    Column("row_version", Integer, primary_key=True),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("received_at", _TIME, nullable=False),
    Column("record", JSONB),
    CheckConstraint(_STATE, name="state"),
)

# Each revision of a match that was ever part of a candidate, with the time in which it counted.
evidence = Table(
    "evidence",
    metadata,
    Column("candidate_id", Uuid, ForeignKey("candidate.candidate_id"), primary_key=True),
    Column("match_id", Uuid, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("source", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("country", Text),
    Column("occurred_at", _TIME, nullable=False),
    Column("recorded_at", _TIME, nullable=False),
    Column("attached_at", _TIME, nullable=False),
    Column("retracted_at", _TIME),
)

# A possible match. What it tells of the traveller is erased when it is taken back: it may be somebody else.
identity_review = Table(
    "identity_review",
    metadata,
    Column("match_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("event_id", Uuid, nullable=False),
    Column("row_version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("protected_identity", Boolean, comment="Null where it is not known: masked until it is."),
    Column("country", Text),
    Column("kinds", ARRAY(Text), nullable=False),
    Column("occurred_at", _TIME),
    Column("record", JSONB),
    Column("person", JSONB, comment="As in the registry, for whoever compares; null where no row has been seen."),
    Column("received_at", _TIME, nullable=False),
    Column("updated_at", _TIME, nullable=False),
    CheckConstraint(_STATE, name="state"),
    CheckConstraint(
        "state = 'OPEN' OR (record IS NULL AND person IS NULL AND occurred_at IS NULL AND country IS NULL)",
        name="erased",
    ),
    Index(None, "state", "received_at", "match_id"),
)

# Where each consumer group goes on reading; moved in the transaction that writes the rows.
stream_position = Table(
    "stream_position",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("counts", JSONB, nullable=False, comment="Records by outcome since the beginning."),
    Column("updated_at", _TIME, nullable=False),
)

# Records that the sink could not use: where they are and why, nothing of their content.
refused_record = Table(
    "refused_record",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("record_offset", BigInteger, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("field", Text),
    Column("sha256", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("refused_at", _TIME, nullable=False),
)

# Append only (a trigger refuses the rest) and chained by hash. See audit.py.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", _TIME, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("object_kind", Text, nullable=False),
    Column("object_id", Text),
    Column("details", JSONB, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index(None, "object_kind", "object_id"),
)
