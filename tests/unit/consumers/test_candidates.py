"""The service `candidates`, without Kafka: a person's matches and row folded to one candidate and one review."""

from __future__ import annotations

from typing import Any

import pytest

from consumers.kafka import Partition
from matcher.fold import fold_candidate, fold_review
from matcher.memory import Outcome
from schemas.ids import match_id
from schemas.reasons import Reason
from schemas.records import CandidateState, RetractReason, TakenBackReason
from tests.builders import (
    crossing,
    digest,
    person,
    uuid,
)
from tests.unit.consumers.folding import (
    ANNA,
    CANDIDATES,
    MATCHES,
    POSSIBLE,
    PROTECTED,
    REVIEWS,
    ROWS,
    Folding,
    findings,
    topics_of,
)
from tests.unit.natively import needs_native

pytestmark = pytest.mark.usefixtures("typed")


def test_a_match_becomes_a_candidate() -> None:
    service = Folding()
    handled = service.handle([service.row(), service.match()])
    assert handled.outcomes == [Outcome.NOT_RELEVANT, Outcome.TAKEN_IN]
    assert topics_of(handled) == [CANDIDATES]
    assert service.candidate() == fold_candidate(uuid(1), findings(crossing()), person(), digest)


def test_a_possible_match_becomes_a_review_and_never_a_candidate() -> None:
    service = Folding()
    event = crossing(traveller=POSSIBLE)
    handled = service.handle([service.row(), service.match(event)])
    assert topics_of(handled) == [REVIEWS]
    assert service.review() == fold_review(uuid(1), findings(event), person(), digest)
    assert service.candidate() is None


def test_a_match_that_turns_possible_moves_from_the_candidate_to_the_review() -> None:
    service = Folding()
    service.handle([service.match()])
    service.restart()
    handled = service.handle([service.match(crossing(revision=2, traveller=POSSIBLE))])
    assert topics_of(handled) == [CANDIDATES, REVIEWS]
    candidate, review = service.candidate(), service.review()
    assert candidate is not None
    assert candidate.state is CandidateState.RETRACTED
    assert [one.reason for one in candidate.taken_back] == [TakenBackReason.UNCERTAIN]
    assert candidate.person is None
    assert review is not None
    assert [item.finding.revision for item in review.reviews] == [2]


def test_matches_of_a_batch_are_folded_once_for_each_person() -> None:
    service = Folding()
    handled = service.handle([service.match(crossing(1)), service.match(crossing(2), 2), service.match(crossing(3))])
    assert handled.outcomes == [Outcome.TAKEN_IN] * 3
    assert [one.key for one in handled.outbound] == [ANNA, str(uuid(2)).encode()]
    candidate = service.candidate()
    assert candidate is not None
    assert len(candidate.evidence) == 2


@pytest.mark.parametrize("restart", [True, False])
def test_a_match_said_again_changes_nothing(restart: bool) -> None:
    service = Folding()
    service.handle([service.match()])
    if restart:
        service.restart()
    handled = service.handle([service.match()])
    assert handled.outcomes == [Outcome.DUPLICATE]
    assert handled.outbound == []


def test_a_retraction_takes_the_evidence_back_and_a_second_one_is_a_duplicate() -> None:
    service = Folding()
    service.handle([service.match()])
    handled = service.handle([service.retract(), service.retract()])
    assert handled.outcomes == [Outcome.TAKEN_IN, Outcome.DUPLICATE]
    candidate = service.candidate()
    assert candidate is not None
    assert (candidate.state, candidate.evidence) == (CandidateState.RETRACTED, ())


@pytest.mark.parametrize("reason", RetractReason)
@pytest.mark.parametrize("restart", [True, False])
def test_a_retraction_is_told_with_its_reason_until_the_match_comes_back(reason: RetractReason, restart: bool) -> None:
    service = Folding()
    service.handle([service.match(crossing(1)), service.match(crossing(2))])

    def taken_back() -> list[tuple[Any, TakenBackReason]]:
        candidate = service.candidate()
        assert candidate is not None
        return [(one.match_id, one.reason) for one in candidate.taken_back]

    if restart:
        service.restart(service.another())
    service.handle([service.write_match(person(), crossing(1), retracted=reason)])
    told = [(match_id(uuid(1), uuid(1)), TakenBackReason(reason))]
    assert taken_back() == told
    if restart:
        service.restart(service.another())
    # Whatever else happens: the reason stands.
    service.handle([service.match(crossing(3)), service.row()])
    assert taken_back() == told
    service.handle([service.match(crossing(1))])
    assert taken_back() == []


def test_what_was_never_evidence_is_not_told_as_taken_back() -> None:
    service = Folding()
    service.handle([service.match(crossing(1)), service.match(crossing(3, traveller=POSSIBLE))])
    service.handle([service.retract(crossing(3, traveller=POSSIBLE))])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.taken_back == ()


def test_what_was_uncertain_and_is_then_withdrawn_was_withdrawn() -> None:
    service = Folding()
    service.handle([service.match()])
    service.handle([service.match(crossing(revision=2, traveller=POSSIBLE))])
    service.handle([service.retract(crossing(revision=3))])
    candidate = service.candidate()
    assert candidate is not None
    assert [one.reason for one in candidate.taken_back] == [TakenBackReason.WITHDRAWN]
    assert candidate.retract_reason == "uppgiften har dragits tillbaka av den som lämnade den"


def test_nobody_hears_of_a_candidate_that_never_had_evidence() -> None:
    service = Folding()
    assert service.handle([service.retract()]).outbound == []
    possible = crossing(2, traveller=POSSIBLE)
    assert service.handle([service.match(possible), service.retract(possible)]).outbound == []


def test_evidence_that_came_and_went_in_one_batch_is_told_of_as_in_two() -> None:
    together, apart = Folding(), Folding()
    for service in (together, apart):
        records = [service.match(), service.retract()]
        for batch in [records] if service is together else [[record] for record in records]:
            service.handle(batch)
    told = together.candidate()
    assert told is not None
    assert told.state is CandidateState.RETRACTED
    assert told == apart.candidate()


def test_a_new_row_folds_the_candidate_and_the_review_again() -> None:
    service = Folding()
    service.handle([service.row(), service.match(), service.match(crossing(2, traveller=POSSIBLE))])
    handled = service.handle([service.row(PROTECTED)])
    assert handled.outcomes == [Outcome.TAKEN_IN]
    assert topics_of(handled) == [CANDIDATES, REVIEWS]
    candidate, review = service.candidate(), service.review()
    assert candidate is not None
    assert candidate.person is not None
    assert candidate.person.protected_identity is True
    assert review is not None
    assert review.protected_identity is True


def test_a_row_that_comes_after_the_match_completes_the_candidate() -> None:
    service = Folding()
    service.handle([service.match()])
    before = service.candidate()
    assert before is not None
    assert before.person is None
    service.restart()
    service.handle([service.row()])
    after = service.candidate()
    assert after == fold_candidate(uuid(1), findings(crossing()), person(), digest)


def test_a_row_of_somebody_without_matches_is_kept_for_later_and_says_nothing() -> None:
    service = Folding()
    handled = service.handle([service.row(PROTECTED)])
    assert handled.outcomes == [Outcome.NOT_RELEVANT]
    assert handled.outbound == []
    service.handle([service.match()])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is not None
    assert candidate.person.protected_identity is True


def test_the_same_row_again_writes_nothing() -> None:
    service = Folding()
    service.handle([service.row(), service.match()])
    assert service.handle([service.row()]).outbound == []


def test_a_row_read_ahead_is_not_undone_by_the_older_one_that_is_still_to_come() -> None:
    service = Folding()
    old, new = service.row(), service.row(PROTECTED)
    service.restart()
    service.handle([service.match(), old])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is not None
    assert candidate.person.protected_identity is True
    assert service.handle([new]).outbound == []


def test_a_tombstone_takes_the_person_out_of_the_candidate() -> None:
    service = Folding()
    service.handle([service.row(), service.match()])
    handled = service.handle([service.tombstone()])
    assert handled.outcomes == [Outcome.TAKEN_IN]
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is None
    assert len(candidate.evidence) == 1


def test_tombstones_of_candidates_and_reviews_are_forgotten_at_a_restart() -> None:
    service = Folding()
    service.handle([service.match(), service.match(crossing(2, traveller=POSSIBLE))])
    for topic in (CANDIDATES, REVIEWS):
        service.topics.write(topic, ANNA, None)
    service.restart()
    assert service.handle([service.row()]).outcomes == [Outcome.NOT_RELEVANT]


def test_a_partition_that_was_given_up_is_held_no_longer() -> None:
    service = Folding()
    record = service.match()
    service.handle([record])
    service.handler.drop([Partition(MATCHES, record.partition), Partition(ROWS, record.partition)])
    handled = service.handler.handle([record])
    assert handled.refusals[0].reason is Reason.HANDLER_FAILED  # not folded with what another instance now owns
    assert handled.outbound == []


def test_nothing_is_done_between_batches_and_nothing_noted() -> None:
    service = Folding()
    assert service.tend() == 0
    assert service.topics.logs == {}
    assert service.handler.note(Partition(MATCHES, 0)) == {}


@needs_native
def test_the_native_core_writes_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    for native in (False, True):
        monkeypatch.setattr(Folding, "native", native)
        service = Folding()
        records = [
            service.row(),
            service.match(),
            service.match(crossing(2)),
            service.match(crossing(3, traveller=POSSIBLE)),
        ]
        service.handle(records)
        written.append((service.topics.newest(CANDIDATES), service.topics.newest(REVIEWS)))
    assert written[0] == written[1]
    assert all(written[0])
