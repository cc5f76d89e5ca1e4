"""A person's findings to one candidate: the same bytes from the same set, and four outcomes that never mix."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.fold import WHY_TAKEN_BACK, fold_candidate, fold_review
from schemas.ids import candidate_id, match_id
from schemas.records import (
    CandidateState,
    Direction,
    Event,
    Finding,
    IdentityLevel,
    IdentityReview,
    OutcomeConcerned,
    OutcomeKind,
    ProtectedPerson,
    RevocationCandidate,
    StatusKind,
    StayCertainty,
    Subject,
    TakenBackReason,
)
from tests.builders import (
    LAWS,
    NOON,
    crossing,
    digest,
    encode,
    finding,
    name,
    observation,
    permit,
    person,
    rules,
    status,
    traveller,
    uuid,
)

ROW = person()
POSSIBLE = traveller(documents=())
Findings = dict[UUID, Finding]


def findings(*events: Event, row: ProtectedPerson = ROW) -> Findings:
    return {match_id(event.event_id, row.person_id): finding(event, row) for event in events}


def candidate(held: Findings, row: ProtectedPerson | None = ROW) -> RevocationCandidate:
    return fold_candidate(ROW.person_id, held, row, digest)


def review(held: Findings, row: ProtectedPerson | None = ROW) -> IdentityReview:
    return fold_review(ROW.person_id, held, row, digest)


EVENTS = st.builds(
    crossing,
    st.integers(1, 40),
    at=st.integers(0, 3).map(lambda days: NOON + timedelta(days=days)),
    direction=st.sampled_from(Direction),
    traveller=st.sampled_from([traveller(), POSSIBLE]),
)
SETS = st.lists(EVENTS, max_size=6, unique_by=lambda event: event.event_id)


@LAWS
@given(st.data())
def test_any_order_of_findings_gives_the_identical_bytes_and_version(data: st.DataObject) -> None:
    events = data.draw(SETS)
    one, other = findings(*events), findings(*data.draw(st.permutations(events)))
    assert encode("revocation-candidate", candidate(one)) == encode("revocation-candidate", candidate(other))
    assert encode("identity-review", review(one)) == encode("identity-review", review(other))


ROWS = st.sampled_from([ROW, person(protected_identity=True), person(names=(name("Gift", "Inventa"),)), None])


@LAWS
@given(SETS, SETS, ROWS, ROWS)
def test_the_version_changes_if_and_only_if_the_content_does(
    one: list[Event], other: list[Event], row: ProtectedPerson | None, other_row: ProtectedPerson | None
) -> None:
    first, second = candidate(findings(*one), row), candidate(findings(*other), other_row)
    blank = {"version": ""}
    assert (first.version == second.version) is (first.model_copy(update=blank) == second.model_copy(update=blank))
    review_one, review_other = review(findings(*one), row), review(findings(*other), other_row)
    same = review_one.model_copy(update=blank) == review_other.model_copy(update=blank)
    assert (review_one.version == review_other.version) is same


@LAWS
@given(SETS)
def test_identified_findings_make_the_candidate_and_possible_ones_the_review(events: list[Event]) -> None:
    held = findings(*events)
    identified = {item.match_id for item in candidate(held).evidence}
    possible = {item.match_id for item in review(held).reviews}
    assert identified == {key for key, one in held.items() if one.identity is IdentityLevel.IDENTIFIED}
    assert possible == set(held) - identified


def test_a_candidate_tells_its_person_times_and_evidence_in_order() -> None:
    late, early = crossing(1, at=NOON + timedelta(days=9)), observation(2, revision=3)
    got = candidate(findings(late, early))
    assert got.candidate_id == candidate_id(ROW.person_id)
    assert got.state is CandidateState.OPEN
    assert got.retract_reason is None
    assert [item.finding.event_id for item in got.evidence] == [uuid(2), uuid(1)]
    assert got.first_occurred_at == NOON
    assert got.last_occurred_at == NOON + timedelta(days=9)
    assert got.last_recorded_at == NOON + timedelta(days=9, minutes=1)
    assert got.person == Subject(
        recorded_at=ROW.recorded_at,
        names=ROW.names,
        birth_dates=ROW.birth_dates,
        citizenships=ROW.citizenships,
        dossier_numbers=ROW.dossier_numbers,
        protected_identity=False,
    )
    assert len(got.explanation) == 2
    # A meeting, and days later a return: presence is seen twice, and what lies between is not known.
    assert [one.certainty for one in got.stays] == [StayCertainty.SEEN_THERE, StayCertainty.ONE_END]


def test_what_is_told_of_a_stay_is_held_against_the_crossings() -> None:
    left = crossing(1, at=NOON, direction=Direction.EXIT)
    back = crossing(2, at=NOON + timedelta(days=5), stay_days=35)
    got = candidate(findings(left, back))
    assert [one.days_at_most for one in got.stays] == [5]
    assert "stämmer inte med gränspassagerna" in got.explanation[1]


def test_a_review_tells_whom_the_registry_has_as_long_as_there_is_something_to_compare() -> None:
    possible = findings(crossing(traveller=POSSIBLE))
    assert review(possible).person == candidate(findings(crossing())).person
    assert review(possible, None).person is None
    assert review({}).person is None
    assert review(findings(crossing())).person is None


def test_findings_at_one_time_are_ordered_by_their_id() -> None:
    held = findings(*(crossing(number) for number in range(1, 8)))
    ids = [item.match_id for item in candidate(held).evidence]
    assert ids == sorted(held)


def test_a_candidate_without_evidence_is_retracted_and_holds_nothing_personal() -> None:
    for held in ({}, findings(crossing(traveller=POSSIBLE))):
        got = candidate(held)
        nothing = OutcomeConcerned(concerned=False, rules=(), legal_basis=())
        assert got.state is CandidateState.RETRACTED
        assert got.retract_reason == "det som var underlag har rättats, dragits tillbaka eller bedömts på nytt"
        assert got.person is None
        assert (got.evidence, got.explanation, got.favourable, got.stays) == ((), (), (), ())
        assert got.first_occurred_at is got.last_occurred_at is got.last_recorded_at is None
        assert all(one == nothing.model_dump() for one in got.outcomes.model_dump().values())
        data = encode("revocation-candidate", got)
        assert not [text for text in ("bergsson", "Inventa", "1974", "12345678", "P0451298") if text.encode() in data]


def test_a_candidate_tells_why_its_evidence_is_gone_and_which() -> None:
    held = findings(crossing(1))
    why = {uuid(9): TakenBackReason.CORRECTED, uuid(8): TakenBackReason.WITHDRAWN}
    got = fold_candidate(ROW.person_id, held, ROW, digest, why)
    assert [(one.match_id, one.reason) for one in got.taken_back] == [
        (uuid(8), TakenBackReason.WITHDRAWN),
        (uuid(9), TakenBackReason.CORRECTED),
    ]
    assert (got.state, got.retract_reason) == (CandidateState.OPEN, None)
    assert got.version != candidate(held).version
    gone = fold_candidate(ROW.person_id, {}, ROW, digest, why)
    assert gone.retract_reason == (
        "uppgiften har dragits tillbaka av den som lämnade den; uppgiften har rättats av den som lämnade den"
    )


@pytest.mark.parametrize("reason", TakenBackReason)
def test_every_reason_has_its_words(reason: TakenBackReason) -> None:
    got = fold_candidate(ROW.person_id, {}, ROW, digest, {uuid(1): reason})
    assert got.retract_reason == WHY_TAKEN_BACK[reason]


def test_without_a_row_the_evidence_stands_and_the_person_is_unknown() -> None:
    got = candidate(findings(crossing()), None)
    assert got.state is CandidateState.OPEN
    assert got.person is None
    assert review(findings(crossing(traveller=POSSIBLE)), None).protected_identity is None


def test_protected_identity_reaches_candidate_and_review() -> None:
    row = person(protected_identity=True)
    got = candidate(findings(crossing()), row).person
    assert got is not None
    assert got.protected_identity is True
    assert review(findings(crossing(traveller=POSSIBLE)), row).protected_identity is True


def test_the_four_outcomes_are_kept_apart() -> None:
    refugee_time = status(1, valid_to=date(2026, 3, 5))
    alternative_time = status(2, kind=StatusKind.ALTERNATIVE, valid_from=date(2026, 3, 5))
    row = person(statuses=(refugee_time, alternative_time), permits=(permit(valid_to=date(2026, 3, 5)),))
    by_travel = traveller(documents=(), dossier_number="12345678")
    returned = crossing(1, traveller=by_travel)
    shown = crossing(2, at=NOON + timedelta(days=9), country="NOR")
    outcomes = candidate(findings(returned, shown, row=row), row).outcomes
    # What each rests on is its own: by one rule another would be concerned on another ground.
    assert outcomes.refugee_status == OutcomeConcerned(
        concerned=True,
        rules=("returned-from-examined-country",),
        legal_basis=(
            "Förordning (EU) 2024/1347 art. 14.1",
            "UtlL 4 kap. 5 § första stycket 1 (den som är medborgare i landet)",
            "UtlL 4 kap. 5 § första stycket 4",
        ),
    )
    assert outcomes.alternative_protection == OutcomeConcerned(
        concerned=True,
        rules=("home-passport-despite-travel-document",),
        legal_basis=("Förordning (EU) 2024/1347 art. 19.1", "UtlL 4 kap. 5 a §"),
    )
    assert outcomes.permit == OutcomeConcerned(
        concerned=True, rules=("returned-from-examined-country",), legal_basis=("UtlL 7 kap.",)
    )
    assert outcomes.travel_document == OutcomeConcerned(
        concerned=True, rules=("home-passport-despite-travel-document",), legal_basis=("UtlF 2 kap. 1 c §",)
    )


@pytest.mark.parametrize(
    ("kind", "never"), [(StatusKind.REFUGEE, "4 kap. 5 a §"), (StatusKind.ALTERNATIVE, "4 kap. 5 §")]
)
def test_nothing_of_a_whole_candidate_rests_on_the_law_of_the_other_status(kind: StatusKind, never: str) -> None:
    row = person(statuses=(status(kind=kind),))
    events = (
        crossing(1, direction=Direction.EXIT, at=NOON),
        crossing(2, at=NOON + timedelta(days=9)),
        observation(3, at=NOON + timedelta(days=3)),
    )
    got = candidate(findings(*events, row=row), row)
    fired = {rule.rule_id for item in got.evidence for rule in item.finding.rules}
    assert fired == {rule.id for rule in rules().sets[0].rule}
    text = got.model_dump_json()
    assert never not in text
    assert "UtlL 4 kap. 5 " in text
    for outcome, prefix in ((got.outcomes.permit, "UtlL 7 kap."), (got.outcomes.travel_document, "UtlF 2 kap. 1 c §")):
        assert (outcome.concerned, outcome.legal_basis) == (True, (prefix,))


def test_of_older_findings_an_outcome_rests_on_all_that_its_rules_do() -> None:
    (found,) = findings(crossing(traveller=traveller(documents=(), dossier_number="12345678"))).items()
    older = tuple(rule.model_copy(update={"bases": ()}) for rule in found[1].rules)
    outcomes = candidate({found[0]: found[1].model_copy(update={"rules": older})}).outcomes
    together = tuple(sorted(older[0].legal_basis))
    assert len(older) == 1 < len(together)
    assert outcomes.refugee_status.legal_basis == outcomes.permit.legal_basis == together
    assert outcomes.alternative_protection.legal_basis == ()


def test_an_outcome_that_no_rule_names_is_not_concerned() -> None:
    row = person(permits=(), statuses=(status(kind=StatusKind.ALTERNATIVE),))
    event = crossing(traveller=traveller(documents=(), dossier_number="12345678"))
    outcomes = candidate(findings(event, row=row), row).outcomes
    concerned = {kind for kind in OutcomeKind if getattr(outcomes, kind.value.lower()).concerned}
    assert concerned == {OutcomeKind.ALTERNATIVE_PROTECTION}


def test_a_review_without_entries_is_an_empty_list() -> None:
    got = review({})
    assert got.reviews == ()
    assert got.version != review(findings(crossing(traveller=POSSIBLE))).version
