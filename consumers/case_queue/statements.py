"""The SQL that writes a batch: one statement per table and kind of change, its rows as one JSON parameter."""

from __future__ import annotations

from sqlalchemy import text

# Locked in one order by everybody who writes candidates (the sink now, people's work later).
LOCK_CANDIDATES = text("""
    SELECT candidate_id, version, row_version FROM candidate
    WHERE candidate_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY candidate_id
    FOR UPDATE
""")

# The records come as a binary array beside the rows: nested in the same JSON they would be parsed twice, and as text
# psycopg escapes them sign by sign; either takes three to ten times as long. Driver's own SQL, because only that can
# ask for the binary form (`%(...)b`).
WRITE_CANDIDATES = """
    WITH incoming AS MATERIALIZED (
        SELECT * FROM ROWS FROM (
            json_to_recordset(%(rows)s::json) AS (
                candidate_id uuid, person_id uuid, version text, row_version int, is_last boolean, state text,
                retract_reason text, protected_identity boolean, countries text[], kinds text[], outcomes text[],
                rule_ids text[], evidence_count int, first_occurred_at timestamptz, last_occurred_at timestamptz,
                last_recorded_at timestamptz),
            unnest(%(records)b::text[])
        ) AS r(
            candidate_id, person_id, version, row_version, is_last, state, retract_reason, protected_identity,
            countries, kinds, outcomes, rule_ids, evidence_count, first_occurred_at, last_occurred_at,
            last_recorded_at, record)
    ), current AS (
        INSERT INTO candidate AS c (
            candidate_id, person_id, version, row_version, state, retract_reason, protected_identity, countries,
            kinds, outcomes, rule_ids, evidence_count, first_occurred_at, last_occurred_at, last_recorded_at,
            listed_at, received_at, updated_at)
        SELECT candidate_id, person_id, version, row_version, state, retract_reason, protected_identity, countries,
            kinds, outcomes, rule_ids, evidence_count, first_occurred_at, last_occurred_at, last_recorded_at,
            coalesce(last_occurred_at, %(now)s), %(now)s, %(now)s
        FROM incoming WHERE is_last
        ON CONFLICT (candidate_id) DO UPDATE SET
            version = excluded.version, row_version = excluded.row_version, state = excluded.state,
            retract_reason = excluded.retract_reason,
            -- Once known to be protected stays so until the opposite is known.
            protected_identity = coalesce(excluded.protected_identity, nullif(c.protected_identity, false)),
            countries = excluded.countries, kinds = excluded.kinds, outcomes = excluded.outcomes,
            rule_ids = excluded.rule_ids, evidence_count = excluded.evidence_count,
            first_occurred_at = excluded.first_occurred_at, last_occurred_at = excluded.last_occurred_at,
            last_recorded_at = excluded.last_recorded_at,
            listed_at = coalesce(excluded.last_occurred_at, c.received_at), updated_at = excluded.updated_at
    )
    INSERT INTO candidate_version (candidate_id, row_version, version, state, received_at, record)
    SELECT candidate_id, row_version, version, state, %(now)s, record::jsonb FROM incoming
"""

ERASE_HISTORY = text("""
    UPDATE candidate_version SET record = NULL WHERE candidate_id = ANY(CAST(:ids AS uuid[])) AND record IS NOT NULL
""")

ERASE_EVIDENCE = text("DELETE FROM evidence WHERE candidate_id = ANY(CAST(:ids AS uuid[]))")

RETRACT_EVIDENCE = text("""
    UPDATE evidence SET retracted_at = :now
    WHERE candidate_id = ANY(CAST(:ids AS uuid[])) AND retracted_at IS NULL
        AND (candidate_id, match_id, revision) NOT IN (
            SELECT candidate_id, match_id, revision FROM json_to_recordset(CAST(:kept AS json))
                AS k(candidate_id uuid, match_id uuid, revision int))
""")

# Evidence that comes back after a retraction is attached anew: it may open a case of its own.
ATTACH_EVIDENCE = text("""
    INSERT INTO evidence AS e (
        candidate_id, match_id, revision, event_id, source, identity, kinds, country, occurred_at, recorded_at,
        attached_at, retracted_at)
    SELECT candidate_id, match_id, revision, event_id, source, identity, kinds, country, occurred_at, recorded_at,
        :now, retracted_at
    FROM json_to_recordset(CAST(:rows AS json)) AS r(
        candidate_id uuid, match_id uuid, revision int, event_id uuid, source text, identity text, kinds text[],
        country text, occurred_at timestamptz, recorded_at timestamptz, retracted_at timestamptz)
    ON CONFLICT (candidate_id, match_id, revision) DO UPDATE SET
        identity = excluded.identity, kinds = excluded.kinds, country = excluded.country,
        occurred_at = excluded.occurred_at, recorded_at = excluded.recorded_at,
        attached_at = CASE WHEN e.retracted_at IS NULL THEN e.attached_at ELSE excluded.attached_at END,
        retracted_at = excluded.retracted_at
    WHERE (e.identity, e.kinds, e.country, e.occurred_at, e.recorded_at, e.retracted_at)
        IS DISTINCT FROM (excluded.identity, excluded.kinds, excluded.country, excluded.occurred_at,
            excluded.recorded_at, excluded.retracted_at)
    RETURNING attached_at
""")

RETRACT_REVIEWS = text("""
    UPDATE identity_review SET
        state = 'RETRACTED', record = NULL, person = NULL, country = NULL, occurred_at = NULL, kinds = '{}',
        row_version = row_version + 1, updated_at = :now
    WHERE person_id = ANY(CAST(:persons AS uuid[])) AND state = 'OPEN' AND NOT match_id = ANY(CAST(:kept AS uuid[]))
""")

WRITE_REVIEWS = text("""
    INSERT INTO identity_review AS i (
        match_id, person_id, event_id, row_version, state, protected_identity, country, kinds, occurred_at, record,
        person, received_at, updated_at)
    SELECT match_id, person_id, event_id, 1, 'OPEN', protected_identity, country, kinds, occurred_at, record::jsonb,
        person::jsonb, :now, :now
    FROM json_to_recordset(CAST(:rows AS json)) AS r(
        match_id uuid, person_id uuid, event_id uuid, protected_identity boolean, country text, kinds text[],
        occurred_at timestamptz, record text, person text)
    ON CONFLICT (match_id) DO UPDATE SET
        row_version = i.row_version + 1, state = 'OPEN', protected_identity = excluded.protected_identity,
        country = excluded.country, kinds = excluded.kinds, occurred_at = excluded.occurred_at,
        record = excluded.record, person = excluded.person, updated_at = excluded.updated_at
    WHERE (i.record, i.person, i.protected_identity)
        IS DISTINCT FROM (excluded.record, excluded.person, excluded.protected_identity)
""")

REFUSE = text("""
    INSERT INTO refused_record (
        consumer_group, topic, partition, record_offset, reason, field, sha256, size, refused_at)
    VALUES (:group, :topic, :partition, :offset, :reason, :field, :sha256, :size, :now)
    ON CONFLICT DO NOTHING
""")
