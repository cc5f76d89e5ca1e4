"""The write side on a real PostgreSQL: one batch, one transaction, one effect."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select, text

from consumers.case_queue.engine import make_engine
from consumers.case_queue.errors import QueueUnavailable, RecordsUnfit, StalePosition
from consumers.case_queue.positions import Position, TopicPartition
from consumers.case_queue.rows import QueueRecord
from consumers.case_queue.store import ApplyResult, CandidateStore, RefusedRecord
from consumers.case_queue.tables import (
    candidate,
    candidate_version,
    evidence,
    identity_review,
    metadata,
    refused_record,
    stream_position,
)
from schemas.codec import Codec
from schemas.reasons import Reason
from schemas.records import IdentityReview, RevocationCandidate
from tests.builders_queue import START, Feed, make_candidate, make_review, person_id, queue_engine

PLACE: TopicPartition = ("revocation-candidates", 0)
LATER = START + timedelta(hours=5)


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = queue_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def feed(engine: Engine) -> Feed:
    return Feed(engine)


def everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows of all tables."""
    with engine.begin() as connection:
        return {
            name: sorted(map(str, connection.execute(select(table)).mappings()))
            for name, table in metadata.tables.items()
        }


def one(engine: Engine, statement: Any) -> Any:
    with engine.begin() as connection:
        return connection.execute(statement).scalar_one()


def record(model: RevocationCandidate, offset: int = 0) -> QueueRecord:
    return QueueRecord(*PLACE, offset, str(model.person_id), model.to_avro())


def test_candidates_evidence_reviews_and_positions_are_written_together(engine: Engine, feed: Feed) -> None:
    result = feed.apply(make_candidate(1, pieces=2), make_candidate(2, protected_identity=True), make_review(3))
    assert result == ApplyResult(versions=2, candidates=2, evidence_attached=3, reviews_written=1)
    with engine.begin() as connection:
        row = connection.execute(select(candidate).where(candidate.c.person_id == person_id(1))).mappings().one()
        stored = connection.execute(select(candidate_version.c.record)).scalars().all()
    assert (row["state"], row["row_version"], row["evidence_count"]) == ("OPEN", 1, 2)
    assert (row["countries"], row["protected_identity"]) == (["IRQ"], False)
    assert row["outcomes"] == ["REFUGEE_STATUS", "PERMIT", "TRAVEL_DOCUMENT"]
    assert (row["first_occurred_at"], row["last_occurred_at"]) == (START, START + timedelta(days=7))
    assert make_candidate(1, pieces=2) in [RevocationCandidate.model_validate(item) for item in stored]
    positions = feed.store.positions([PLACE, ("identity-reviews", 0), ("identity-reviews", 5)])
    assert positions == {PLACE: Position(2, {"consumed": 2}), ("identity-reviews", 0): Position(1, {"consumed": 1})}


def test_records_as_the_codec_decodes_them_are_taken(engine: Engine) -> None:
    codec = Codec("revocation-candidate")
    values = codec.decode(codec.encode(make_candidate(pieces=2).to_avro()))
    batch = [QueueRecord(*PLACE, 0, str(person_id(1)).encode(), values)]
    CandidateStore(engine, "g").apply(batch, {}, {PLACE: Position(1)}, START)
    stored = one(engine, select(candidate_version.c.record))
    assert RevocationCandidate.model_validate(stored) == make_candidate(pieces=2)


def test_a_version_delivered_again_changes_nothing(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(pieces=2), make_review(3))
    before = everything(engine)
    result = feed.apply(make_candidate(pieces=2), make_review(3), now=LATER)
    assert result == ApplyResult(unchanged=1)
    after = everything(engine)
    assert {name for name in after if after[name] != before[name]} == {"stream_position"}


def test_the_last_version_in_a_batch_is_the_state_and_each_goes_to_history(engine: Engine, feed: Feed) -> None:
    versions = [make_candidate(pieces=pieces) for pieces in (1, 3, 2)]
    result = feed.apply(*versions)
    assert (result.versions, result.candidates) == (3, 1)
    with engine.begin() as connection:
        history = connection.execute(
            select(candidate_version.c.row_version, candidate_version.c.version).order_by("row_version")
        ).all()
        counting = connection.execute(select(func.count()).where(evidence.c.retracted_at.is_(None))).scalar_one()
    assert [tuple(row) for row in history] == [(n, model.version) for n, model in enumerate(versions, start=1)]
    assert one(engine, select(candidate.c.version)) == versions[-1].version
    assert (counting, one(engine, select(func.count()).select_from(evidence))) == (2, 3)


def test_what_was_known_when_can_be_told(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(pieces=1))
    feed.apply(make_candidate(pieces=2), now=LATER)
    known = (
        select(candidate_version.c.version)
        .where(candidate_version.c.received_at <= LATER - timedelta(minutes=1))
        .order_by(candidate_version.c.row_version.desc())
        .limit(1)
    )
    assert one(engine, known) == make_candidate(pieces=1).version
    assert one(engine, select(candidate.c.received_at)) == START
    assert one(engine, select(candidate.c.updated_at)) == LATER


def test_a_retraction_keeps_history_and_ends_the_evidence(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(pieces=2))
    result = feed.apply(make_candidate(pieces=0), now=LATER)
    assert (result.evidence_retracted, result.candidates) == (2, 1)
    with engine.begin() as connection:
        row = connection.execute(select(candidate)).mappings().one()
        ended = connection.execute(select(evidence.c.retracted_at)).scalars().all()
    assert (row["state"], row["retract_reason"], row["evidence_count"]) == (
        "RETRACTED",
        "uppgiften har dragits tillbaka av den som lämnade den",
        0,
    )
    assert row["listed_at"] == START
    assert ended == [LATER, LATER]
    assert one(engine, select(func.count()).select_from(candidate_version)) == 2


def test_evidence_that_comes_back_is_attached_anew(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(pieces=1))
    feed.apply(make_candidate(pieces=0), now=START + timedelta(hours=1))
    result = feed.apply(make_candidate(pieces=1), now=LATER)
    assert result.evidence_attached == 1
    with engine.begin() as connection:
        row = connection.execute(select(evidence)).mappings().one()
    assert (row["attached_at"], row["retracted_at"]) == (LATER, None)
    assert one(engine, select(candidate.c.row_version)) == 3


def test_a_person_once_known_to_be_protected_stays_so_while_nothing_is_known(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(protected_identity=True))
    feed.apply(make_candidate(known=False))
    assert one(engine, select(candidate.c.protected_identity)) is True
    feed.apply(make_candidate(protected_identity=False))
    assert one(engine, select(candidate.c.protected_identity)) is False


def test_a_review_taken_back_leaves_nothing_of_the_traveller(engine: Engine, feed: Feed) -> None:
    feed.apply(make_review(events=(0, 1), surname="Utlänning"))
    result = feed.apply(make_review(events=(1,), surname="Utlänning"), now=LATER)
    assert (result.reviews_retracted, result.reviews_written) == (1, 0)
    with engine.begin() as connection:
        rows = connection.execute(select(identity_review).order_by("state")).mappings().all()
    assert [row["state"] for row in rows] == ["OPEN", "RETRACTED"]
    assert (rows[1]["record"], rows[1]["country"], rows[1]["occurred_at"]) == (None, None, None)
    assert "Utlänning" not in str(rows[1])
    feed.erase(IdentityReview, person_id(1))
    assert "Utlänning" not in str(everything(engine))


def test_a_tombstone_erases_the_candidate_with_its_history(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(pieces=1))
    feed.apply(make_candidate(pieces=2))
    feed.erase(RevocationCandidate, person_id(1))
    with engine.begin() as connection:
        row = connection.execute(select(candidate)).mappings().one()
        records = connection.execute(select(candidate_version.c.record)).scalars().all()
    assert (row["state"], row["retract_reason"], row["countries"]) == ("RETRACTED", "ERASED", [])
    assert records == [None, None, None]
    assert "Exempelsson" not in str(everything(engine))
    assert one(engine, select(func.count()).select_from(evidence)) == 0


def test_a_stale_owner_changes_nothing(engine: Engine) -> None:
    owner, stale = CandidateStore(engine, "g"), CandidateStore(engine, "g")
    first, second = record(make_candidate(1)), record(make_candidate(2), 1)
    owner.apply([first], {}, {PLACE: Position(1)}, START)
    owner.apply([second], {PLACE: 1}, {PLACE: Position(2)}, START)
    before = everything(engine)
    with pytest.raises(StalePosition):
        stale.apply([record(make_candidate(2, pieces=3), 1)], {PLACE: 1}, {PLACE: Position(2)}, LATER)
    with pytest.raises(StalePosition):
        stale.apply([record(make_candidate(7))], {}, {PLACE: Position(1)}, LATER)
    assert everything(engine) == before


def test_one_stale_partition_stops_the_whole_batch(engine: Engine) -> None:
    other = ("revocation-candidates", 1)
    store = CandidateStore(engine, "g")
    store.apply([], {}, {PLACE: Position(5), other: Position(5)}, START)
    store.apply([], {other: 5}, {other: Position(9)}, START)
    with pytest.raises(StalePosition) as stale:
        store.apply(
            [record(make_candidate(), 5)], {PLACE: 5, other: 5}, {PLACE: Position(6), other: Position(6)}, START
        )
    assert (stale.value.topic, stale.value.partition) == other
    assert store.positions([PLACE, other]) == {PLACE: Position(5), other: Position(9)}
    assert one(engine, select(func.count()).select_from(candidate)) == 0


def test_two_instances_that_share_partitions_neither_deadlock_nor_repeat(engine: Engine) -> None:
    places = [("revocation-candidates", number) for number in range(3)]
    rounds = 25

    def instance(seed: int) -> int:
        chance = random.Random(seed)
        store, moved = CandidateStore(engine, "g"), 0
        while True:
            chosen = chance.sample(places, 2)
            found = store.positions(chosen)
            expected = {place: found[place].next_offset if place in found else None for place in chosen}
            chosen = [place for place in chosen if (expected[place] or 0) < rounds]
            if not chosen:
                if all(position.next_offset == rounds for position in store.positions(places).values()):
                    return moved
                continue
            batch = []
            for place in chosen:
                model = make_candidate(place[1], pieces=1 + (expected[place] or 0) % 3)
                batch.append(QueueRecord(*place, expected[place] or 0, str(model.person_id), model.to_avro()))
            new = {place: Position((expected[place] or 0) + 1) for place in chosen}
            try:
                store.apply(batch, expected, new, START)
                moved += len(chosen)
            except StalePosition:
                continue

    with ThreadPoolExecutor(2) as pool:
        moved = sum(pool.map(instance, (1, 2)))
    assert moved == rounds * len(places)
    with engine.begin() as connection:
        versions = connection.execute(select(candidate.c.row_version)).scalars().all()
    assert versions == [rounds] * 3


@pytest.mark.parametrize(
    "statement", ["stream_position", "candidate_version", "INSERT INTO evidence", "identity_review"]
)
def test_a_crash_between_statements_leaves_nothing(engine: Engine, postgres_url: str, statement: str) -> None:
    feed = Feed(engine)
    feed.apply(make_candidate(1, pieces=1), make_review(3))
    before = everything(engine)
    killer = make_engine(postgres_url, application="killer")

    def kill(connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if statement in sql and "pg_terminate_backend" not in sql:
            pid = connection.connection.driver_connection.info.backend_pid
            with killer.begin() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    event.listen(engine, "after_cursor_execute", kill)
    with pytest.raises(QueueUnavailable):
        feed.apply(make_candidate(1, pieces=2), make_candidate(2), make_review(3, events=(1,)), now=LATER)
    event.remove(engine, "after_cursor_execute", kill)
    assert everything(engine) == before
    feed.apply(make_candidate(1, pieces=2), make_candidate(2), make_review(3, events=(1,)), now=LATER)
    assert one(engine, select(func.count()).select_from(candidate)) == 2
    killer.dispose()


def test_a_database_that_is_away_is_told_without_its_address() -> None:
    store = CandidateStore(make_engine("postgresql://nobody:secret@127.0.0.1:9/none", application="tests"), "g")
    with pytest.raises(QueueUnavailable) as error:
        store.positions([PLACE])
    assert "secret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.code == "queue-unavailable"


def test_a_statement_that_takes_too_long_is_given_up(postgres_url: str) -> None:
    engine = queue_engine(postgres_url, statement_timeout_ms=200)
    store = CandidateStore(engine, "g")
    with engine.begin() as holder:
        holder.execute(text("LOCK TABLE candidate"))
        with pytest.raises(QueueUnavailable, match="QueryCanceled"):
            store.apply([record(make_candidate())], {}, {PLACE: Position(1)}, START)
    assert store.positions([PLACE]) == {}
    engine.dispose()


def test_what_the_database_refuses_is_told_without_its_content(engine: Engine) -> None:
    unfit = make_candidate().to_avro() | {"state": "Exempelsson"}
    store = CandidateStore(engine, "g")
    with pytest.raises(RecordsUnfit) as error:
        store.apply([QueueRecord(*PLACE, 0, str(person_id(1)), unfit)], {}, {PLACE: Position(1)}, START)
    assert "Exempelsson" not in str(error.value)
    assert store.positions([PLACE]) == {}


def test_a_null_sign_in_a_name_does_not_stop_the_queue(engine: Engine, feed: Feed) -> None:
    feed.apply(make_candidate(surname="Ex\0empel"), make_review(2, surname="\0"))
    assert one(engine, select(candidate_version.c.record))["person"]["names"][0]["surname"] == "Ex�empel"


def test_a_refused_record_is_remembered_by_place_and_reason(engine: Engine) -> None:
    store = CandidateStore(engine, "g")
    refused = RefusedRecord(*PLACE, 0, Reason.PAYLOAD_CORRUPT, "ab" * 32, 17)
    store.apply([record(make_candidate(), 1)], {}, {PLACE: Position(2, {"dead": 1})}, START, [refused])
    with engine.begin() as connection:
        row = connection.execute(select(refused_record)).mappings().one()
    assert (row["topic"], row["partition"], row["record_offset"], row["reason"]) == (*PLACE, 0, "payload-corrupt")


@pytest.mark.parametrize("offset", [4, 6])
def test_a_record_outside_the_positions_is_a_fault_of_the_loop(engine: Engine, offset: int) -> None:
    store = CandidateStore(engine, "g")
    store.apply([], {}, {PLACE: Position(5)}, START)
    with pytest.raises(ValueError, match="is not between"):
        store.apply([record(make_candidate(), offset)], {PLACE: 5}, {PLACE: Position(6)}, START)
    with pytest.raises(ValueError, match="backwards"):
        store.apply([], {PLACE: 5}, {PLACE: Position(4)}, START)
    assert one(engine, select(stream_position.c.next_offset)) == 5


def test_groups_read_each_at_their_own_place(engine: Engine) -> None:
    CandidateStore(engine, "a").apply([], {}, {PLACE: Position(3)}, START)
    CandidateStore(engine, "b").apply([], {}, {PLACE: Position(1)}, START)
    assert CandidateStore(engine, "a").positions([PLACE]) == {PLACE: Position(3)}
