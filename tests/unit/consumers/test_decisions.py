"""What people decide about who a traveller is: honoured at once, from then on, and whatever comes in which order.

`CompletenessMachine` throws decisions among everything else; here is each thing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from consumers.decisions import Decisions
from consumers.loop import Held
from matcher.examine import Verdict
from matcher.memory import Outcome
from schemas.reasons import Reason, Refused
from schemas.records import (
    EventKind,
    FeatureResult,
    Finding,
    IdentityDecision,
    IdentityLevel,
    IdentityVerdict,
    RetractReason,
    StatusMatch,
)
from tests.builders import CROSSINGS, codec, crossing, encode, known, observation, status, traveller, uuid
from tests.unit.consumers.completeness_model import ANNA, holding_in
from tests.unit.consumers.matchers import BERTA, DECISIONS, MATCHES, NOBODY, OF_BERTA, Matchers

pytestmark = pytest.mark.usefixtures("index")

SAME, NOT_SAME, UNDECIDED = IdentityVerdict.SAME_PERSON, IdentityVerdict.NOT_SAME_PERSON, IdentityVerdict.UNDECIDED
# By name and birth date alone Anna is only possible.
POSSIBLE = crossing(traveller=traveller(documents=()))
ANNA_ID, BERTA_ID = ANNA.person_id, BERTA.person_id


def found(service: Matchers) -> dict[object, Finding]:
    """The findings that hold, by person."""
    records = (record for place, log in service.topics.logs.items() if place.topic == MATCHES for record in log)
    return {match.person_id: match.finding for match in holding_in(records).values() if match.finding}


def levels(service: Matchers) -> dict[object, IdentityLevel]:
    return {person: finding.identity for person, finding in found(service).items()}


def decide(
    service: Matchers, verdict: IdentityVerdict, event: object = None, person: object = ANNA_ID, revision: int = 1
) -> None:
    """Somebody decides, and the service takes it in."""
    record = service.decide(event or POSSIBLE.event_id, person, verdict, revision)  # type: ignore[arg-type]
    assert service.handle([record]).outcomes == [Outcome.TAKEN_IN]
    service.settle()


def test_a_possible_match_that_somebody_confirms_becomes_identified_and_says_why() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}
    decide(service, SAME)
    (finding,) = found(service).values()
    assert finding.identity is IdentityLevel.IDENTIFIED
    decision = finding.features[-1]
    assert (decision.name, decision.result, decision.detail) == ("decision", FeatureResult.AGREE, "decided-by-a-person")


def test_a_match_that_somebody_rejects_is_taken_back_with_the_reason() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, NOT_SAME)
    assert found(service) == {}
    (log,) = (log for place, log in service.topics.logs.items() if place.topic == MATCHES)
    assert StatusMatch.from_avro(codec("status-match").decode(log[-1].value)).retracted is RetractReason.RECONSIDERED


def test_a_document_that_named_the_wrong_person_is_set_aside_too() -> None:
    service = Matchers()
    service.send(crossing())
    decide(service, NOT_SAME, crossing().event_id)
    assert found(service) == {}


def come_and_go(service: Matchers) -> None:
    service.topics.write("protection-statuses", str(ANNA_ID).encode(), None)
    service.settle()
    service.register(ANNA)


def expire(service: Matchers) -> None:
    """The source no longer holds what it held: other events lie there."""
    for place, log in tuple(service.topics.logs.items()):
        if place.topic == CROSSINGS:
            others = [service.record(crossing(9000 + number, **NOBODY)) for number, _ in enumerate(tuple(log))]
            log[:] = [other._replace(offset=record.offset) for record, other in zip(tuple(log), others, strict=False)]


@pytest.mark.parametrize("verdict", [NOT_SAME, SAME])
def test_whom_a_decision_rules_out_is_taken_back_also_where_the_source_no_longer_holds_the_event(
    verdict: IdentityVerdict,
) -> None:
    twin = BERTA.model_copy(update={"names": ANNA.names, "birth_dates": ANNA.birth_dates})
    service = Matchers(people=[ANNA, twin])
    service.send(POSSIBLE)
    assert levels(service).keys() == {ANNA_ID, BERTA_ID}
    expire(service)
    decide(service, verdict)
    # To raise the level of the one who is confirmed would need the record.
    assert levels(service) == {ANNA_ID if verdict is SAME else BERTA_ID: IdentityLevel.POSSIBLE}
    (log,) = (log for place, log in service.topics.logs.items() if place.topic == MATCHES)
    gone = [StatusMatch.from_avro(codec("status-match").decode(record.value)) for record in log][-1]
    assert gone.retracted is RetractReason.RECONSIDERED
    service.restart(service.new_handler())
    service.settle()
    assert len(found(service)) == 1


def test_of_an_event_that_is_gone_a_decision_about_an_earlier_revision_confirms_nobody() -> None:
    twin = BERTA.model_copy(update={"names": ANNA.names, "birth_dates": ANNA.birth_dates})
    service = Matchers(people=[ANNA, twin])
    service.send(POSSIBLE, CORRECTED)
    expire(service)
    decide(service, SAME, revision=1)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE, BERTA_ID: IdentityLevel.POSSIBLE}
    decide(service, SAME, revision=2)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


CORRECTED = POSSIBLE.model_copy(update={"revision": 2, "kind": EventKind.CORRECTED})
AGAIN: dict[str, Callable[[Matchers], object]] = {
    "the same record": lambda service: service.send(POSSIBLE),
    "a correction": lambda service: service.send(CORRECTED),
    "a changed row": lambda service: service.register(ANNA.model_copy(update={"citizenships": ("NOR", "UTO")})),
    "a restart": lambda service: service.restart(service.new_handler()),
    "a row gone and back": come_and_go,
}


@pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)
def test_a_rejected_match_stays_rejected(again: Callable[[Matchers], object]) -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, NOT_SAME)
    again(service)
    service.settle()
    assert found(service) == {}


@pytest.mark.parametrize("again", [make for name, make in AGAIN.items() if name != "a correction"])
def test_a_confirmed_match_stays_confirmed(again: Callable[[Matchers], object]) -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME)
    again(service)
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_a_correction_wants_another_look_at_whom_somebody_confirmed() -> None:
    """Nobody has seen what it says of the traveller."""
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME)
    service.send(CORRECTED)
    service.settle()
    (finding,) = found(service).values()
    assert (finding.revision, finding.identity) == (2, IdentityLevel.POSSIBLE)
    assert (finding.features[-1].name, finding.features[-1].result, finding.features[-1].detail) == (
        "decision",
        FeatureResult.MISSING,
        "decided-for-an-earlier-revision",
    )
    decide(service, SAME, revision=2)
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_a_correction_that_names_somebody_else_is_theirs() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME)
    service.send(CORRECTED.model_copy(update={"traveller": OF_BERTA}))
    service.settle()
    assert levels(service) == {BERTA_ID: IdentityLevel.IDENTIFIED}


def test_of_a_document_that_identifies_also_after_a_correction_nobody_needs_to_decide() -> None:
    service = Matchers()
    service.send(crossing())
    decide(service, SAME, crossing().event_id)
    service.send(crossing(revision=2, kind=EventKind.CORRECTED))
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_a_decision_about_a_correction_may_come_before_it() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME, revision=2)
    service.send(CORRECTED)
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_a_decision_may_come_before_the_event() -> None:
    early, late = Matchers(), Matchers()
    decide(early, SAME)
    early.send(POSSIBLE)
    late.send(POSSIBLE)
    decide(late, SAME)
    assert found(early) == found(late) != {}
    assert early.topics.newest("border-crossings-memory") == late.topics.newest("border-crossings-memory")


@pytest.mark.parametrize("verdict", [SAME, NOT_SAME])
def test_a_decision_taken_back_leaves_what_there_was_before(verdict: IdentityVerdict) -> None:
    service = Matchers()
    service.send(POSSIBLE)
    before = found(service)
    decide(service, verdict)
    assert found(service) != before
    decide(service, UNDECIDED)
    assert found(service) == before


def test_a_rejection_may_turn_into_a_confirmation() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, NOT_SAME)
    decide(service, SAME)
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_what_was_decided_while_no_instance_ran_is_honoured_at_the_next_start() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    service.decide(POSSIBLE.event_id, ANNA_ID, NOT_SAME)
    service.restart(service.new_handler())
    service.settle()
    assert found(service) == {}


def test_a_note_from_before_there_were_decisions_counts_all_of_them_as_new() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    service.committed = {
        place: Held(held.next_offset, {**held.note, "registry": held.note["registry"][:6]}) if held.note else held
        for place, held in service.committed.items()
    }
    service.decide(POSSIBLE.event_id, ANNA_ID, NOT_SAME)
    service.restart(service.new_handler())
    service.settle()
    assert found(service) == {}


def test_a_decision_makes_no_match_that_the_matcher_would_not_make() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME, person=BERTA_ID)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


def test_a_decision_is_about_one_event_only() -> None:
    service = Matchers()
    service.send(POSSIBLE, observation(traveller=traveller(documents=())))
    decide(service, NOT_SAME)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


def two_keys(service: Matchers) -> None:
    """Anna's passport and Berta's dossier number in one event: each is only possible."""
    service.send(crossing(traveller=traveller(dossier_number=OF_BERTA.dossier_number)))
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE, BERTA_ID: IdentityLevel.POSSIBLE}


def test_where_the_traveller_is_one_person_it_is_not_another() -> None:
    service = Matchers()
    two_keys(service)
    decide(service, SAME)
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}
    decide(service, UNDECIDED)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE, BERTA_ID: IdentityLevel.POSSIBLE}


def test_rejecting_one_does_not_confirm_the_other() -> None:
    service = Matchers()
    two_keys(service)
    decide(service, NOT_SAME, person=BERTA_ID)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


def test_rejecting_whom_a_document_named_brings_back_who_only_shares_the_name() -> None:
    holder = ANNA.model_copy(update={"person_id": uuid(3), "personal_numbers": (), "dossier_numbers": ("00000003",)})
    namesake = ANNA.model_copy(update={"documents": (), "personal_numbers": (), "dossier_numbers": ()})
    service = Matchers(people=[holder, namesake])
    service.send(crossing())
    assert levels(service) == {uuid(3): IdentityLevel.IDENTIFIED}
    decide(service, NOT_SAME, crossing().event_id, uuid(3))
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


def test_whom_a_human_confirmed_stays_confirmed_when_another_gets_the_document() -> None:
    namesake = ANNA.model_copy(update={"documents": (), "personal_numbers": (), "dossier_numbers": ()})
    service = Matchers(people=[namesake, BERTA])
    service.send(crossing())
    decide(service, SAME, crossing().event_id)
    service.register(BERTA.model_copy(update={"documents": (known("P0451298", "UTO"),)}))
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_two_confirmations_contradict_each_other_and_a_human_must_look_again() -> None:
    service = Matchers()
    two_keys(service)
    decide(service, SAME)
    decide(service, SAME, person=BERTA_ID)
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE, BERTA_ID: IdentityLevel.POSSIBLE}
    for finding in found(service).values():
        assert finding.features[-1].detail == "decided-for-several-people"


def test_a_confirmation_does_not_outlive_the_status() -> None:
    service = Matchers()
    service.send(POSSIBLE)
    decide(service, SAME)
    service.register(ANNA.model_copy(update={"statuses": (status(valid_to=date(2025, 1, 1)),)}))
    service.settle()
    assert found(service) == {}


def test_a_confirmation_holds_when_the_matcher_finds_the_person_again_by_other_means() -> None:
    service = Matchers()
    service.send(crossing())
    decide(service, SAME, crossing().event_id)
    service.register(ANNA.model_copy(update={"documents": (known(),)}))
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.IDENTIFIED}


def test_a_confirmation_outlives_that_the_person_was_away_and_had_no_status_then() -> None:
    namesake = ANNA.model_copy(update={"documents": (), "personal_numbers": (), "dossier_numbers": ()})
    other = namesake.model_copy(
        update={
            "person_id": uuid(4),
            "statuses": (status(valid_from=POSSIBLE.occurred_at.date() + timedelta(days=20)),),
        }
    )
    service = Matchers(people=[namesake, other])
    service.send(POSSIBLE)
    decide(service, SAME, person=other.person_id)
    assert found(service) == {}
    service.topics.write("protection-statuses", str(other.person_id).encode(), None)
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}
    service.register(other)
    service.settle()
    assert found(service) == {}


# --- bad ones

VALID = IdentityDecision.from_avro(
    codec("identity-decision").decode(Matchers(people=[]).decide(POSSIBLE.event_id, ANNA_ID, SAME).value)
)
BAD: dict[str, tuple[bytes | None, bytes, Reason]] = {
    "a tombstone": (None, str(VALID.match_id).encode(), Reason.PAYLOAD_MISSING),
    "junk": (b"\xff", str(VALID.match_id).encode(), Reason.FRAMING_UNKNOWN),
    "another key": (encode("identity-decision", VALID), str(uuid(1)).encode(), Reason.KEY_MISMATCH),
    "nobody": (
        encode("identity-decision", VALID.model_copy(update={"decided_by": " "})),
        str(VALID.match_id).encode(),
        Reason.DECISION_UNSIGNED,
    ),
    "another match": (
        encode("identity-decision", VALID.model_copy(update={"match_id": uuid(1)})),
        str(uuid(1)).encode(),
        Reason.EVENT_ID_INVALID,
    ),
}


@pytest.mark.parametrize(("value", "key", "reason"), BAD.values(), ids=BAD)
def test_a_decision_that_cannot_be_honoured_is_refused_and_changes_nothing(
    value: bytes | None, key: bytes, reason: Reason
) -> None:
    service = Matchers()
    service.send(POSSIBLE)
    handled = service.handle([service.topics.write(DECISIONS, key, value)])
    assert [refusal.reason for refusal in handled.refusals.values()] == [reason]
    service.settle()
    service.restart(service.new_handler())
    service.settle()
    assert levels(service) == {ANNA_ID: IdentityLevel.POSSIBLE}


def test_what_was_handed_out_does_not_change_with_the_next_decision() -> None:
    topics, decisions = Matchers(people=[]), Decisions()
    event = str(POSSIBLE.event_id)
    decisions.take(topics.decide(POSSIBLE.event_id, ANNA_ID, SAME))
    before = decisions.of(event)
    decisions.take(topics.decide(POSSIBLE.event_id, ANNA_ID, UNDECIDED))
    assert before == {ANNA_ID: Verdict(SAME, 1)}
    assert decisions.of(event) == {}
    with pytest.raises(Refused):
        decisions.take(topics.topics.write(DECISIONS, b"key", b"junk"))
