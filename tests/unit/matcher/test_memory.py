"""What is said of the revisions of one event: the same in the end, however they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.examine import Examined
from matcher.memory import Outcome, Said, is_superseded, say
from schemas.ids import match_id
from schemas.records import (
    Direction,
    DocumentKind,
    Event,
    EventKind,
    EventMemory,
    Finding,
    IdentityLevel,
    RememberedMatch,
    RetractReason,
    StatusMatch,
    Traveller,
)
from tests.builders import (
    LAWS,
    STRANGER,
    crossing,
    digest,
    encode,
    found,
    known,
    name,
    person,
    seen,
    traveller,
    uuid,
)

REPORTED, CORRECTED, WITHDRAWN = EventKind.REPORTED, EventKind.CORRECTED, EventKind.WITHDRAWN
ANNA = person()
BERTA = person(
    2,
    documents=(known("RD0000002"), known("P0000002", "UTO", DocumentKind.PASSPORT)),
    personal_numbers=(),
    dossier_numbers=("00000002",),
    names=(name("Annan", "Berta"),),
    birth_dates=("1980-01-01",),
)
OF_ANNA = traveller()
OF_BERTA = Traveller(documents=(seen("P0000002"),), names=BERTA.names, birth_date="1980-01-01")
OF_BOTH = traveller(dossier_number="00000002")
LIKE_ANNA = traveller(documents=())


def handle(event: Event, before: EventMemory | None) -> Said:
    return say(event, Examined(found(event, ANNA, BERTA)), before, digest)


def holding(said: Iterable[StatusMatch]) -> dict[UUID, Finding]:
    """What a consumer of status-matches holds after them."""
    matches: dict[UUID, Finding] = {}
    for match in said:
        assert (match.finding is None) is not (match.retracted is None)
        if match.finding is None:
            matches.pop(match.match_id, None)
        else:
            matches[match.match_id] = match.finding
    return matches


def replay(events: Sequence[Event]) -> tuple[dict[UUID, Finding], EventMemory | None, list[Said]]:
    memory, all_said = None, []
    for event in events:
        said = handle(event, memory)
        if said.outcome is not Outcome.SUPERSEDED:
            assert said.changed is (said.memory != memory)
        memory = said.memory
        all_said.append(said)
    return holding(match for said in all_said for match in said.matches), memory, all_said


def of(holds: dict[UUID, Finding]) -> dict[UUID, int]:
    """The people matched, and by which revision."""
    return {
        person_id: holds[match_id(uuid(5000), person_id)].revision
        for person_id in (ANNA.person_id, BERTA.person_id)
        if match_id(uuid(5000), person_id) in holds
    }


def test_a_match_is_said_once_and_a_duplicate_says_nothing() -> None:
    holds, memory, said = replay([crossing(), crossing()])
    assert of(holds) == {uuid(1): 1}
    assert [one.outcome for one in said] == [Outcome.MATCHED, Outcome.DUPLICATE]
    assert said[1].matches == ()
    assert said[1].changed is False
    (match,) = said[0].matches
    assert memory == EventMemory(
        revision=1, kind=REPORTED, matches=(RememberedMatch(person_id=uuid(1), digest=digest(match)),)
    )
    assert match == StatusMatch(
        match_id=match_id(uuid(5000), uuid(1)),
        person_id=uuid(1),
        event_id=uuid(5000),
        revision=1,
        finding=found(crossing(), ANNA)[0].finding,
    )


def test_a_correction_to_another_person_moves_the_match() -> None:
    holds, _, said = replay([crossing(), crossing(revision=2, traveller=OF_BERTA)])
    assert of(holds) == {uuid(2): 2}
    published, retracted = sorted(said[1].matches, key=lambda match: match.finding is None)
    assert (published.person_id, retracted.person_id) == (uuid(2), uuid(1))
    assert retracted.retracted is RetractReason.CORRECTED
    assert retracted.revision == 2


def test_a_correction_that_matches_nobody_retracts_and_is_remembered() -> None:
    holds, memory, said = replay([crossing(), crossing(revision=2, country="NOR", traveller=STRANGER)])
    assert of(holds) == {}
    assert said[1].outcome is Outcome.NOT_RELEVANT
    # Whoever did not hear of the retraction can be told again.
    assert memory == EventMemory(revision=2, kind=CORRECTED, matches=(RememberedMatch(person_id=uuid(1), digest=""),))


def test_a_withdrawal_retracts_with_its_own_reason() -> None:
    holds, memory, said = replay([crossing(), crossing(revision=2, kind=WITHDRAWN, traveller=Traveller())])
    assert of(holds) == {}
    assert said[1].outcome is Outcome.WITHDRAWN
    assert [match.retracted for match in said[1].matches] == [RetractReason.WITHDRAWN]
    assert memory == EventMemory(revision=2, kind=WITHDRAWN, matches=(RememberedMatch(person_id=uuid(1), digest=""),))


def test_a_withdrawal_that_comes_before_its_event_is_remembered() -> None:
    holds, _, said = replay([crossing(revision=2, kind=WITHDRAWN), crossing()])
    assert of(holds) == {}
    assert [one.outcome for one in said] == [Outcome.WITHDRAWN, Outcome.SUPERSEDED]
    assert said[1].matches == ()


def test_a_late_report_does_not_undo_its_correction() -> None:
    holds, _, said = replay([crossing(revision=2, traveller=OF_BERTA), crossing()])
    assert of(holds) == {uuid(2): 2}
    assert said[1].outcome is Outcome.SUPERSEDED
    assert said[1].changed is False


def test_at_one_revision_a_withdrawal_beats_a_correction_in_either_order() -> None:
    correction, withdrawal = crossing(revision=2), crossing(revision=2, kind=WITHDRAWN)
    first, _, _ = replay([correction, withdrawal])
    second, _, said = replay([withdrawal, correction])
    assert of(first) == of(second) == {}
    assert said[1].outcome is Outcome.SUPERSEDED


def test_a_report_that_matches_nobody_leaves_no_memory() -> None:
    said = handle(crossing(traveller=STRANGER, country="NOR"), None)
    assert said == Said(Outcome.NOT_RELEVANT)


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        (OF_ANNA, Outcome.MATCHED),
        (LIKE_ANNA, Outcome.REVIEW),
        (OF_BOTH, Outcome.REVIEW),
        (STRANGER, Outcome.NOT_RELEVANT),
    ],
)
def test_the_outcome_tells_identified_from_possible(who: Traveller, outcome: Outcome) -> None:
    assert handle(crossing(traveller=who), None).outcome is outcome


def test_a_person_who_turns_from_identified_to_possible_keeps_one_match() -> None:
    holds, _, said = replay([crossing(), crossing(revision=2, traveller=LIKE_ANNA)])
    assert [finding.identity for finding in holds.values()] == [IdentityLevel.POSSIBLE]
    assert said[1].outcome is Outcome.REVIEW
    assert [match.retracted for match in said[1].matches] == [None]


def test_two_contents_at_one_revision_add_up() -> None:
    one, other = crossing(), crossing(traveller=OF_BERTA)
    for events in ([one, other], [other, one], [one, other, one, other]):
        holds, _, _ = replay(events)
        assert of(holds) == {uuid(1): 1, uuid(2): 1}


def test_two_contents_about_one_person_leave_the_same_one() -> None:
    one, other = crossing(), crossing(direction=Direction.EXIT)
    first, memory, _ = replay([one, other])
    second, same, said = replay([other, one])
    assert first == second
    assert memory == same
    assert {said[0].outcome, said[1].outcome} <= {Outcome.MATCHED, Outcome.DUPLICATE}


@pytest.mark.parametrize(
    ("revision", "kind", "held_revision", "held_kind", "superseded"),
    [
        (1, REPORTED, 2, CORRECTED, True),
        (2, CORRECTED, 1, REPORTED, False),
        (2, CORRECTED, 2, CORRECTED, False),
        (2, CORRECTED, 2, WITHDRAWN, True),
        (2, WITHDRAWN, 2, CORRECTED, False),
        (2, WITHDRAWN, 2, WITHDRAWN, False),
        (3, CORRECTED, 2, WITHDRAWN, False),
        (2, WITHDRAWN, 3, CORRECTED, True),
    ],
)
def test_superseded(revision: int, kind: EventKind, held_revision: int, held_kind: EventKind, superseded: bool) -> None:
    assert is_superseded(revision, kind, EventMemory(revision=held_revision, kind=held_kind, matches=())) is superseded


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_belongs_to_one_of_five_groups(outcome: Outcome) -> None:
    own = (Outcome.MATCHED, Outcome.REVIEW, Outcome.TAKEN_IN, Outcome.DEAD)
    assert outcome.group == (outcome.value if outcome in own else "discarded")


CONTENTS = st.fixed_dictionaries(
    {
        "traveller": st.sampled_from([OF_ANNA, OF_BERTA, OF_BOTH, LIKE_ANNA, STRANGER]),
        "direction": st.sampled_from(Direction),
        "country": st.sampled_from(["UTO", "NOR"]),
    }
)


@st.composite
def revisions(draw: st.DrawFn) -> Event:
    """Any revision that passes the checks: revision 1 is REPORTED, higher ones are not."""
    revision = draw(st.integers(1, 3))
    kind = REPORTED if revision == 1 else draw(st.sampled_from([CORRECTED, CORRECTED, WITHDRAWN]))
    return crossing(revision=revision, kind=kind, **draw(CONTENTS))


@st.composite
def two_orders(draw: st.DrawFn) -> tuple[list[Event], list[Event]]:
    """The same set of revisions in two orders, each with repetitions of its own."""
    some = draw(st.lists(revisions(), min_size=1, max_size=5))
    again = st.lists(st.sampled_from(some), max_size=3)
    return draw(st.permutations(some + draw(again))), draw(st.permutations(some + draw(again)))


@LAWS
@given(two_orders())
@example(([crossing(), crossing(revision=2)], [crossing(revision=2), crossing()]))
def test_any_order_and_repetition_of_revisions_ends_in_the_same_matches(
    orders: tuple[list[Event], list[Event]],
) -> None:
    (one, one_memory, _), (other, other_memory, _) = replay(orders[0]), replay(orders[1])
    assert one == other
    assert standing(one_memory) == standing(other_memory)
    assert {match.person_id for match in standing(one_memory)} == set(of(one))


def standing(memory: EventMemory | None) -> list[RememberedMatch]:
    """What holds. Of whom something was said before, and so is named too, depends on the order."""
    return [match for match in memory.matches if match.digest] if memory else []


def expected(events: Sequence[Event]) -> dict[UUID, int]:
    """By the law: the highest revision holds, a withdrawal at it ends all, and its contents add up."""
    highest = max(event.revision for event in events)
    latest = [event for event in events if event.revision == highest]
    if any(event.kind is WITHDRAWN for event in latest):
        return {}
    return {one.person_id: highest for event in latest for one in found(event, ANNA, BERTA)}


@LAWS
@given(st.lists(revisions(), min_size=1, max_size=6))
def test_what_holds_is_what_the_highest_revision_says(events: list[Event]) -> None:
    holds, _, said = replay(events)
    assert of(holds) == expected(events)
    # Nothing is said twice: a consumer is told only what it does not hold.
    seen_so_far: list[StatusMatch] = []
    for one in said:
        before = holding(seen_so_far)
        for match in one.matches:
            assert before.get(match.match_id) != match.finding
        seen_so_far.extend(one.matches)


@LAWS
@given(st.lists(revisions(), min_size=1, max_size=6))
def test_the_memory_holds_nothing_of_the_traveller(events: list[Event]) -> None:
    _, memory, _ = replay(events)
    if memory is None:
        return
    assert set(EventMemory.model_fields) == {"revision", "kind", "matches", "offset"}
    assert set(RememberedMatch.model_fields) == {"person_id", "digest"}
    kept = encode("event-memory", memory).upper()
    for text in ("BERGSSON", "INVENTA", "BERTA", "P0451298", "P0000002", "1974-08-12", "1980-01-01", "UTO", "NORDMANN"):
        assert text.encode() not in kept
