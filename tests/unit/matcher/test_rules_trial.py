"""What other rules would have made of events: each effect told apart, and figures that add up."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from matcher.examine import Found
from matcher.rule_book import RuleBook
from matcher.rules import LegalBasis
from matcher.rules_trial import Compared, Effect, Line, Trial, TrialReport, compare_findings
from schemas.records import IdentityLevel
from tests.builders import LAWS, crossing, found, observation, person, rules, traveller, uuid

RETURNED, OBSERVED = "returned-from-examined-country", "observed-by-mission-in-examined-country"
PASSPORT = "home-passport-despite-travel-document"
SHIPPED = rules().sets[0]


def without(*ids: str, basis: LegalBasis | None = None) -> RuleBook:
    """The shipped rules without some, and with another basis, and so other outcomes, for the rest where told."""
    left = [rule for rule in SHIPPED.rule if rule.id not in ids]
    changed = tuple(rule.model_copy(update={"legal_basis": basis}) if basis else rule for rule in left)
    return RuleBook((SHIPPED.model_copy(update={"rule": changed}),))


def effects(before: Sequence[Found], after: Sequence[Found]) -> list[Effect]:
    return [one.effect for one in compare_findings(before, after)]


def test_each_effect_is_told_apart() -> None:
    event = crossing()
    now = found(event, person())
    assert {rule.rule_id for rule in now[0].finding.rules} == {PASSPORT, RETURNED}
    assert effects(now, now) == [Effect.SAME]
    assert effects(now, found(event, person(), book=without(PASSPORT))) == [Effect.OTHER]
    only_permit = without(basis=LegalBasis(PERMIT=("UtlL 7 kap.",)))
    assert effects(now, found(event, person(), book=only_permit)) == [Effect.OTHER]
    assert effects(now, found(event, person(), book=without(PASSPORT, RETURNED))) == [Effect.GONE]
    assert effects(found(event, person(), book=without(PASSPORT, RETURNED)), now) == [Effect.NEW]
    assert effects([], []) == []


def test_another_version_and_other_words_are_no_change() -> None:
    reworded = tuple(rule.model_copy(update={"title": "Ny rubrik", "look_for": ()}) for rule in SHIPPED.rule)
    other = RuleBook((SHIPPED.model_copy(update={"version": "2026-2", "rule": reworded}),))
    assert effects(found(crossing(), person()), found(crossing(), person(), book=other)) == [Effect.SAME]


def test_each_person_is_compared_with_themselves() -> None:
    one, two = person(1, documents=()), person(2, documents=(), personal_numbers=(), dossier_numbers=())
    seen = traveller(documents=())
    both = found(crossing(traveller=seen), one, two)
    assert [found.finding.identity for found in both] == [IdentityLevel.POSSIBLE] * 2
    compared = compare_findings(both[:1], both[1:])
    assert [(one.person_id, one.effect) for one in compared] == [(uuid(1), Effect.GONE), (uuid(2), Effect.NEW)]


def test_a_trial_adds_up_by_rule_outcome_and_person() -> None:
    trial = Trial(show=1)
    after = without(RETURNED)
    for number, event in enumerate(
        [crossing(1), crossing(2, traveller=traveller(documents=(), dossier_number="12345678")), observation(3)]
    ):
        trial.add(event.event_id, compare_findings(found(event, person()), found(event, person(), book=after)))
        assert trial.report().events == number + 1
    report = trial.report()
    assert report.evidence == {Effect.NEW: 0, Effect.GONE: 1, Effect.OTHER: 1, Effect.SAME: 1}
    assert report.reviews == dict.fromkeys(Effect, 0)
    assert report.people == Line("people", 1, 0, 0)
    assert report.rules == (Line(PASSPORT, 2, 0, 0), Line(OBSERVED, 1, 0, 0), Line(RETURNED, 2, 2, 0))
    assert [line.after for line in report.rules] == [2, 1, 0]
    assert {line.name: (line.before, line.after) for line in report.outcomes} == {
        "REFUGEE_STATUS": (3, 2),
        "ALTERNATIVE_PROTECTION": (0, 0),
        "PERMIT": (3, 2),
        "TRAVEL_DOCUMENT": (2, 2),
    }
    assert report.shown == {Effect.NEW: (), Effect.GONE: (uuid(2),), Effect.OTHER: (uuid(1),)}


def test_the_events_named_are_the_first_by_id_whatever_their_order() -> None:
    compared = compare_findings(found(crossing(), person()), ())
    for numbers in ((1, 2, 3), (3, 1, 2)):
        trial = Trial(show=2)
        for number in numbers:
            trial.add(uuid(number), compared)
        assert trial.report().shown[Effect.GONE] == (uuid(1), uuid(2))


def test_possible_people_are_counted_apart_and_change_no_figure_of_the_evidence() -> None:
    namesake = person(documents=())
    event = crossing(traveller=traveller(documents=()))
    trial = Trial()
    trial.add(event.event_id, compare_findings(found(event, namesake), ()))
    report = trial.report()
    assert report.reviews[Effect.GONE] == 1
    assert sum(report.evidence.values()) == report.people.before == len(report.rules) == 0
    assert report.shown[Effect.GONE] == ()


@cache
def _found(number: int, book: str) -> tuple[Found, ...]:
    """One of a few events about two people, with one of a few books."""
    event = (crossing if number % 2 else observation)(100 + number)
    row = person(number % 3 + 1)
    books = {"none": (), "now": (), "no-passport": (PASSPORT,), "returned": (OBSERVED, PASSPORT)}
    return () if book == "none" else found(event, row, book=without(*books[book]))


_BOOKS = st.sampled_from(["none", "now", "no-passport", "returned"])


@LAWS
@given(
    drawn=st.lists(st.tuples(st.integers(0, 7), _BOOKS, _BOOKS), max_size=8), chance=st.randoms(use_true_random=False)
)
def test_every_figure_adds_up_and_the_order_of_events_does_not_matter(
    drawn: list[tuple[int, str, str]], chance: Random
) -> None:
    compared = [(number, compare_findings(_found(number, old), _found(number, new))) for number, old, new in drawn]
    report = _report(compared)
    chance.shuffle(compared)
    assert _report(compared) == report
    old = [one.before for _, ones in compared for one in ones if one.before]
    new = [one.after for _, ones in compared for one in ones if one.after]
    kept = report.evidence[Effect.OTHER] + report.evidence[Effect.SAME]
    assert kept + report.evidence[Effect.GONE] == len(old)
    assert kept + report.evidence[Effect.NEW] == len(new)
    for line in report.rules:
        assert line.before == sum(line.name in {rule.rule_id for rule in one.rules} for one in old)
        assert line.after == sum(line.name in {rule.rule_id for rule in one.rules} for one in new)
    for line in report.outcomes:
        assert line.before == sum(line.name in {kind for rule in one.rules for kind in rule.outcomes} for one in old)
        assert line.after == sum(line.name in {kind for rule in one.rules for kind in rule.outcomes} for one in new)


def _report(compared: Sequence[tuple[int, Sequence[Compared]]]) -> TrialReport:
    trial = Trial(show=2)
    for number, ones in compared:
        trial.add(uuid(100 + number), ones)
    return trial.report()


def test_a_rule_asked_for_that_fires_on_nothing_has_a_line() -> None:
    trial = Trial(rules=[rule.id for rule in SHIPPED.rule])
    trial.add(uuid(5), compare_findings((), found(crossing(), person())))
    lines = {line.name: line.after for line in trial.report().rules}
    assert lines == {PASSPORT: 1, RETURNED: 1, OBSERVED: 0, "left-for-examined-country": 0}
    assert list(lines) == sorted(lines)
