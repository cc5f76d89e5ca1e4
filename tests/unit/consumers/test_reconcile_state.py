"""What was said, what the candidates hold, and what the queue holds."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import pytest

from consumers.dead_letters import Place
from consumers.kafka import Inbound, Partition
from consumers.reconcile.matches import Holding, MatchReader, Said, Standing, check_matches, in_short
from consumers.reconcile.queue import CandidateState, OnTopics, QueueRows, TopicReader, check_queue
from consumers.reconcile.result import Problem
from matcher.fold import fold_candidate, fold_review
from schemas.ids import candidate_id
from schemas.records import Finding, IdentityLevel, RetractReason, StatusMatch
from tests.builders import codec, digest, encode, finding, person, uuid

PERSON, OTHER = uuid(1), uuid(2)
MATCH = uuid(50)
FIRM, DOUBTFUL = Standing("IDENTIFIED", "a"), Standing("POSSIBLE", "b")
MATCHES = Partition("status-matches", 0)
CANDIDATES, REVIEWS = Partition("revocation-candidates", 0), Partition("identity-reviews", 0)


def said(state: Standing | None, *in_flight: UUID) -> Said:
    return Said({PERSON: {MATCH: state}}, set(in_flight))


def held(standing: Standing | None = None) -> dict[UUID, Holding]:
    return {PERSON: Holding(0, {MATCH: standing} if standing else {})}


@pytest.mark.parametrize(
    ("spoken", "holding", "problems"),
    [
        (said(FIRM), held(FIRM), []),
        (said(DOUBTFUL), held(DOUBTFUL), []),
        (said(None), held(), []),
        (said(None), {}, []),
        (said(FIRM), {}, [Problem.MATCH_MISSING]),
        (said(FIRM), held(), [Problem.MATCH_MISSING]),
        (said(FIRM), held(DOUBTFUL), [Problem.MATCH_DIFFERS]),
        (said(None), held(FIRM), [Problem.MATCH_NOT_TAKEN_BACK]),
        (Said(), held(FIRM), [Problem.EVIDENCE_UNFOUNDED]),
        # On their way: nothing can be told of them.
        (said(FIRM, PERSON), {}, []),
        (said(FIRM, OTHER), {}, [Problem.MATCH_MISSING]),
    ],
)
def test_matches_against_evidence(spoken: Said, holding: dict[UUID, Holding], problems: list[Problem]) -> None:
    _books, differences = check_matches(spoken, holding, expired=())
    assert [one.problem for one in differences] == problems


def test_evidence_older_than_the_topic_is_counted_and_no_difference() -> None:
    books, differences = check_matches(Said(), held(FIRM), expired={0})
    assert (books.older, differences) == (1, [])
    assert len(check_matches(Said(), held(FIRM), expired={1})[1]) == 1


def match(offset: int, found: Finding | None, *, key: bytes | None = None) -> Inbound:
    record = StatusMatch(
        match_id=MATCH,
        person_id=PERSON,
        event_id=uuid(60),
        revision=1,
        finding=found,
        retracted=None if found else RetractReason.WITHDRAWN,
    )
    return Inbound(*MATCHES, offset, 0, key or str(PERSON).encode(), encode("status-match", record))


def spoken(records: Sequence[Inbound], handled: int, refused: Sequence[Place] = ()) -> Said:
    reader = MatchReader({MATCHES: handled}, refused)
    for record in records:
        reader.take(record)
    return reader.said


def test_the_last_state_of_a_match_counts() -> None:
    standing = in_short(codec("status-match").decode(match(0, finding()).value)["finding"])
    assert spoken([match(0, finding())], 9).last == {PERSON: {MATCH: standing}}
    assert spoken([match(0, finding()), match(1, None)], 9).last == {PERSON: {MATCH: None}}
    assert standing.level == "IDENTIFIED"


def test_matches_beyond_the_committed_offset_are_in_flight() -> None:
    found = spoken([match(0, finding()), match(1, None)], 1)
    assert (found.in_flight, found.last[PERSON][MATCH] is None) == ({PERSON}, False)


def test_matches_that_candidates_refused_are_left_out() -> None:
    assert spoken([match(0, finding())], 9, [Place(*MATCHES, 0)]).last == {}
    assert spoken([match(0, finding(), key=b"another")], 9).last == {}
    assert spoken([Inbound(*MATCHES, 0, 0, b"k", b"junk")], 9).last == {}


# --- the queue


def candidate(offset: int, *found: Finding) -> Inbound:
    findings = {uuid(50 + n): one for n, one in enumerate(found)}
    record = fold_candidate(PERSON, findings, person(1), digest)
    return Inbound(*CANDIDATES, offset, 0, str(PERSON).encode(), encode("revocation-candidate", record))


def review(offset: int, *found: Finding) -> Inbound:
    findings = {uuid(70 + n): one for n, one in enumerate(found)}
    record = fold_review(PERSON, findings, person(1), digest)
    return Inbound(*REVIEWS, offset, 0, str(PERSON).encode(), encode("identity-review", record))


def on_topics(*records: Inbound, handled: int = 9, refused: Sequence[Place] = ()) -> OnTopics:
    reader = TopicReader({CANDIDATES: handled, REVIEWS: handled}, refused)
    for record in records:
        reader.take(record)
    return reader.found


def possible() -> Finding:
    return finding().model_copy(update={"identity": IdentityLevel.POSSIBLE})


def rows(found: OnTopics) -> QueueRows:
    return QueueRows({candidate_id(key): one for key, one in found.candidates.items()}, dict(found.reviews))


def test_the_newest_candidate_and_reviews_are_compared() -> None:
    found = on_topics(candidate(0, finding()), review(0, possible()), candidate(1))
    books, differences = check_queue(found, rows(found))
    assert differences == []
    assert (books.candidates, books.open_candidates, books.reviews) == (1, 0, 1)
    assert {key: set(one.findings) for key, one in found.holdings().items()} == {PERSON: {uuid(70)}}


def test_evidence_and_reviews_of_a_person_are_held_together() -> None:
    found = on_topics(candidate(0, finding()), review(0, possible()))
    assert {key: {m: s.level for m, s in one.findings.items()} for key, one in found.holdings().items()} == {
        PERSON: {uuid(50): "IDENTIFIED", uuid(70): "POSSIBLE"}
    }


def test_each_difference_between_queue_and_kafka_is_told() -> None:
    found = on_topics(candidate(0, finding()), review(0, possible()))
    key = candidate_id(PERSON)
    right = rows(found).candidates[key]

    def problems(candidates: dict[UUID, CandidateState], reviews: dict[UUID, frozenset[UUID]]) -> list[str]:
        return [f"{one.problem}: {one.detail}" for one in check_queue(found, QueueRows(candidates, reviews))[1]]

    reviews = dict(found.reviews)
    assert problems({key: right}, reviews) == []
    assert problems({}, reviews) == ["not-in-queue: Kafka holds it, the queue does not"]
    assert problems({key: right._replace(version="x")}, reviews) == [
        "queue-differs: not the same on Kafka and in the queue: version"
    ]
    assert problems({key: right._replace(state="RETRACTED", evidence=frozenset())}, reviews) == [
        "queue-differs: not the same on Kafka and in the queue: state, evidence"
    ]
    assert problems({key: right, uuid(9): right}, reviews) == ["not-on-topic: the queue holds it, Kafka does not"]
    assert problems({key: right}, {}) == ["not-in-queue: Kafka holds it, the queue does not"]
    assert problems({key: right}, {**reviews, OTHER: frozenset({uuid(99)})}) == [
        "not-on-topic: the queue holds it, Kafka does not"
    ]


def test_an_erased_candidate_leaves_an_empty_row() -> None:
    found = on_topics(candidate(0, finding()), Inbound(*CANDIDATES, 1, 0, str(PERSON).encode(), None))
    erased = QueueRows({candidate_id(PERSON): CandidateState("", "RETRACTED", frozenset())})
    assert check_queue(found, erased)[1] == []
    assert found.holdings() == {}


def test_people_beyond_the_queues_position_are_left_out() -> None:
    found = on_topics(candidate(0, finding()), handled=0)
    books, differences = check_queue(found, QueueRows())
    assert (books.in_flight, differences) == (1, [])


def test_a_newest_record_that_the_queue_refused_is_told_until_a_newer_one_comes() -> None:
    refused = [Place(*CANDIDATES, 0)]
    found = on_topics(candidate(0, finding()), refused=refused)
    assert [one.problem for one in check_queue(found, QueueRows())[1]] == [Problem.REFUSED_BY_QUEUE]
    mended = on_topics(candidate(0, finding()), candidate(1, finding()), refused=refused)
    assert check_queue(mended, rows(mended))[1] == []


def test_records_without_a_persons_key_are_passed_over() -> None:
    assert on_topics(Inbound(*CANDIDATES, 0, 0, b"nobody", b"junk"), Inbound(*REVIEWS, 0, 0, None, b"")) == OnTopics()
