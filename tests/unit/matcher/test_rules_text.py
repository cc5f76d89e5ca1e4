"""Rules in Swedish: a sentence for every word of the vocabulary, and what changes between two sets."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import Any

import pytest

from matcher.conditions import Conditions
from matcher.look_for import LookFor
from matcher.rules import LegalBasis, Rule, RuleSet
from matcher.rules_diff import Change, Reach, diff
from matcher.rules_text import (
    CONDITIONS,
    EVIDENCE,
    OUTCOMES,
    ConcernText,
    condition,
    describe,
    describe_rule,
    either,
)
from schemas.records import EvidenceKind, OutcomeKind
from tests.builders import rules
from tests.unit.matcher.test_explain import VERDICT

SHIPPED = rules().sets[0]


def rule(number: int = 0, **when: Any) -> Rule:
    return Rule(
        id=f"rule-{number}",
        title="En regel",
        when=Conditions(**{"evidence": ("TRAVELLED_TO",), **when}),
        legal_basis=LegalBasis(PERMIT=("UtlL 7 kap.",)),
    )


def rule_set(*of: Rule, **changes: Any) -> RuleSet:
    values = {"format": 1, "version": "2026-1", "applies_from": date(2026, 1, 1), "agreed_by": ("Migrationsverket",)}
    return RuleSet(**{**values, "rule": of, **changes})


def test_every_word_of_the_vocabulary_has_its_sentence() -> None:
    assert set(CONDITIONS) == set(Conditions.model_fields)
    assert set(EVIDENCE) == set(EvidenceKind)
    assert set(OUTCOMES) == set(OutcomeKind)


def example(name: str) -> Conditions:
    (text,) = Conditions.model_fields[name].examples or [""]
    evidence = ["MET_IN_COUNTRY", "TRAVELLED_TO"]
    return Conditions(**{"evidence": evidence, **tomllib.loads(str(text))})


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "evidence",
            "Händelsen visar, om ett land som skyddsskälen har prövats mot, att personen enligt uppgift har vistats i "
            "landet eller att personen har rest till eller från landet.",
        ),
        ("and_evidence", "Samma händelse visar också att pass utfärdat av landet har visats."),
        ("source", "Uppgiften kommer från en utlandsmyndighet."),
        ("direction", "Det gäller en inresa till Sverige."),
        (
            "country_basis",
            "Landet som resan gick till eller från är känt genom direkt förbindelse eller stämpel eller visering.",
        ),
        ("status", "Personen hade då flyktingstatus."),
        ("permit", "Personen hade då permanent uppehållstillstånd."),
        ("holds_travel_document", "Personen hade då ett giltigt svenskt resedokument eller främlingspass."),
        ("travel_document", "Personen hade då ett giltigt svenskt främlingspass."),
        ("stateless", "Personen är inte statslös enligt registret."),
        ("citizen_of_country", "Personen är enligt registret medborgare i landet."),
        ("stay_days_at_least", "En vistelse om minst 90 dagar har uppgetts."),
        ("stay_days_at_most", "En vistelse om högst 14 dagar har uppgetts."),
    ],
)
def test_a_condition_says_in_swedish_what_it_requires(name: str, sentence: str) -> None:
    assert condition(example(name), name) == (sentence,)


def test_the_examples_are_of_every_condition() -> None:
    assert all(example(name) for name in Conditions.model_fields)


@pytest.mark.parametrize(
    ("when", "sentence"),
    [
        ({"direction": "EXIT"}, "Det gäller en utresa från Sverige."),
        ({"source": "border-crossings"}, "Uppgiften kommer från gränskontrollen."),
        (
            {"holds_travel_document": False},
            "Personen hade då inte något giltigt svenskt resedokument eller främlingspass.",
        ),
        ({"stateless": True}, "Personen är statslös enligt registret."),
        ({"citizen_of_country": False}, "Personen är enligt registret medborgare endast i andra länder än landet."),
        ({"stay_days_at_most": 1}, "En vistelse om högst 1 dag har uppgetts."),
        ({"permit": ("PERMANENT", "TEMPORARY")}, "Personen hade då permanent eller tidsbegränsat uppehållstillstånd."),
    ],
)
def test_the_opposite_has_its_own_words(when: dict[str, Any], sentence: str) -> None:
    assert sentence in describe_rule(rule(**when)).requires


def test_alternatives_are_joined() -> None:
    assert [either(["a"]), either(["a", "b"]), either("abc")] == ["a", "a eller b", "a, b eller c"]


def test_a_set_is_described_whole() -> None:
    text = describe(SHIPPED)
    assert text.applies == "Gäller händelser från och med 2010-01-01 och tills vidare."
    assert text.agreed_by == SHIPPED.agreed_by
    first = text.rules[0]
    assert first.requires == (
        "Händelsen visar, om ett land som skyddsskälen har prövats mot, att pass utfärdat av landet har sökts eller "
        "hämtats eller att pass utfärdat av landet har visats.",
        "Personen hade då ett giltigt svenskt resedokument eller främlingspass.",
    )
    assert first.may_concern == (
        ConcernText(
            "flyktingstatus",
            (
                "UtlL 4 kap. 5 § första stycket 1 (den som är medborgare i landet)",
                "Förordning (EU) 2024/1347 art. 14.1",
            ),
        ),
        ConcernText("alternativ skyddsstatus", ("UtlL 4 kap. 5 a §", "Förordning (EU) 2024/1347 art. 19.1")),
        ConcernText("uppehållstillstånd", ("UtlL 7 kap.",)),
        ConcernText("resedokument eller främlingspass", ("UtlF 2 kap. 1 c §",)),
    )
    assert first.in_favour == SHIPPED.rule[0].in_favour
    ended = SHIPPED.model_copy(update={"applies_to": date(2026, 12, 31)})
    assert describe(ended).applies == "Gäller händelser från och med 2010-01-01 till och med 2026-12-31."


def test_nothing_described_is_a_verdict() -> None:
    sentences = [text for name in Conditions.model_fields for text in condition(example(name), name)]
    assert [text for text in sentences if VERDICT.search(text)] == []
    assert all(re.fullmatch(r"[A-ZÅÄÖ].*\.", text) for text in sentences)


# --- what changes


def test_a_set_compared_with_itself_changes_nothing() -> None:
    assert diff(SHIPPED, SHIPPED).is_empty
    assert not diff(SHIPPED, SHIPPED.model_copy(update={"applies_to": date(2027, 1, 1)})).is_empty


@pytest.mark.parametrize(
    ("before", "after", "reach"),
    [
        ({}, {"evidence": ("TRAVELLED_TO", "STAYED_IN")}, Reach.WIDER),
        ({"evidence": ("TRAVELLED_TO", "STAYED_IN")}, {}, Reach.NARROWER),
        ({}, {"evidence": ("STAYED_IN",)}, Reach.OTHER),
        ({}, {"and_evidence": ("STAYED_IN",)}, Reach.NARROWER),
        ({}, {"status": ("REFUGEE",)}, Reach.NARROWER),
        ({"status": ("REFUGEE",)}, {"status": ("ALTERNATIVE", "REFUGEE")}, Reach.WIDER),
        ({"status": ("REFUGEE",)}, {}, Reach.WIDER),
        ({}, {"stay_days_at_least": 0}, Reach.NARROWER),
        ({"stay_days_at_least": 14}, {"stay_days_at_least": 7}, Reach.WIDER),
        ({"stay_days_at_least": 7}, {"stay_days_at_least": 14}, Reach.NARROWER),
        ({"stay_days_at_most": 14}, {"stay_days_at_most": 7}, Reach.NARROWER),
        ({"stay_days_at_most": 7}, {"stay_days_at_most": 14}, Reach.WIDER),
        ({"direction": "ENTRY"}, {"direction": "EXIT"}, Reach.OTHER),
        ({"stateless": True}, {"stateless": False}, Reach.OTHER),
        ({"stateless": False}, {}, Reach.WIDER),
        ({}, {"stateless": False}, Reach.NARROWER),
    ],
)
def test_a_changed_condition_is_wider_narrower_or_other(
    before: dict[str, Any], after: dict[str, Any], reach: Reach
) -> None:
    (changed,) = diff(rule_set(rule(**before)), rule_set(rule(**after))).changed
    (change,) = changed.changes
    assert (change.what, change.reach, changed.reach) == ("Krav", reach, reach)
    (name,) = before.keys() | after.keys()
    assert change.before == condition(rule(**before).when, name)
    assert change.after == condition(rule(**after).when, name)


def test_wider_and_narrower_together_are_other() -> None:
    old, new = rule(), rule(evidence=("TRAVELLED_TO", "STAYED_IN"), stateless=False)
    (changed,) = diff(rule_set(old), rule_set(new)).changed
    assert [change.reach for change in changed.changes] == [Reach.WIDER, Reach.NARROWER]
    assert changed.reach is Reach.OTHER
    both = rule(stateless=False, status=("REFUGEE",))
    assert diff(rule_set(rule()), rule_set(both)).changed[0].reach is Reach.NARROWER


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"status": ("REFUGEE", "ALTERNATIVE")}),
        ({"evidence": ("MET_IN_COUNTRY",)}, {"evidence": ("MET_IN_COUNTRY",), "source": "mission-observations"}),
        ({"direction": "EXIT"}, {"direction": "EXIT", "source": "border-crossings"}),
        # An entry with a stay is travel too, and no entry shows a meeting.
        ({"direction": "ENTRY"}, {"direction": "ENTRY", "evidence": ("TRAVELLED_TO", "STAYED_IN", "MET_IN_COUNTRY")}),
        (
            {"travel_document": ("ALIENS_PASSPORT",)},
            {"travel_document": ("ALIENS_PASSPORT",), "holds_travel_document": True},
        ),
    ],
)
def test_a_change_after_which_the_rule_fires_on_the_same_is_neither_wider_nor_narrower(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    for old, new in ((before, after), (after, before)):
        (changed,) = diff(rule_set(rule(**old)), rule_set(rule(**new))).changed
        assert (changed.reach, [change.reach for change in changed.changes]) == (None, [None])


def test_conditions_that_change_together_are_judged_together() -> None:
    old = rule(evidence=("MET_IN_COUNTRY",))
    new = rule(evidence=("MET_IN_COUNTRY", "STAYED_IN"), source="mission-observations")
    (changed,) = diff(rule_set(old), rule_set(new)).changed
    # Of the missions is every meeting, so that only more is seen, though the source by itself is narrower.
    assert [change.reach for change in changed.changes] == [Reach.WIDER, Reach.NARROWER]
    assert changed.reach is Reach.WIDER


def test_an_outcome_that_nobody_concerned_can_hold_changes_nothing() -> None:
    old = rule(status=("REFUGEE",))
    basis = LegalBasis(PERMIT=("UtlL 7 kap.",), ALTERNATIVE_PROTECTION=("UtlL 4 kap. 5 a §",))
    new = old.model_copy(update={"legal_basis": basis})
    (changed,) = diff(rule_set(old), rule_set(new)).changed
    assert changed.reach is None
    assert changed.changes == (
        Change("Kan beröra", (), ("alternativ skyddsstatus",)),
        Change("Rättslig grund för alternativ skyddsstatus", (), ("UtlL 4 kap. 5 a §",)),
    )


def test_a_provision_that_moves_from_one_outcome_to_another_is_told_for_both() -> None:
    old = rule().model_copy(
        update={"legal_basis": LegalBasis(REFUGEE_STATUS=("Grund A", "Grund B"), PERMIT=("Grund C",))}
    )
    new = old.model_copy(update={"legal_basis": LegalBasis(REFUGEE_STATUS=("Grund A",), PERMIT=("Grund C", "Grund B"))})
    (changed,) = diff(rule_set(old), rule_set(new)).changed
    assert changed.reach is None
    assert changed.changes == (
        Change("Rättslig grund för flyktingstatus", ("Grund B",), ()),
        Change("Rättslig grund för uppehållstillstånd", (), ("Grund B",)),
    )


def test_outcomes_legal_basis_title_and_what_speaks_for_the_person_are_compared() -> None:
    new = Rule(
        id="rule-0",
        title="Ny rubrik",
        when=rule().when,
        legal_basis=LegalBasis(PERMIT=("UtlL 7 kap. 3 §",), TRAVEL_DOCUMENT=("UtlF 2 kap. 1 c §",)),
        look_for=(LookFor.FUNERAL,),
    )
    (changed,) = diff(rule_set(rule()), rule_set(new)).changed
    assert changed.title == "Ny rubrik"
    assert changed.changes == (
        Change("Rubrik", ("En regel",), ("Ny rubrik",)),
        Change("Kan beröra", (), ("resedokument eller främlingspass",), Reach.WIDER),
        Change("Rättslig grund för uppehållstillstånd", ("UtlL 7 kap.",), ("UtlL 7 kap. 3 §",)),
        Change("Rättslig grund för resedokument eller främlingspass", (), ("UtlF 2 kap. 1 c §",)),
        Change("Till personens fördel", (), ("En nära anhörig kan ha avlidit eller begravts.",)),
    )
    assert changed.reach is Reach.WIDER
    narrower = diff(rule_set(new), rule_set(rule())).changed[0]
    assert narrower.changes[1] == Change("Kan beröra", ("resedokument eller främlingspass",), (), Reach.NARROWER)
    same_outcomes = new.model_copy(update={"legal_basis": LegalBasis(PERMIT=("UtlL 7 kap. 3 §",))})
    assert diff(rule_set(rule()), rule_set(same_outcomes)).changed[0].reach is None


def test_rules_that_come_and_go_and_the_set_itself_are_compared() -> None:
    old = rule_set(rule(1), rule(2), rule(3))
    new = rule_set(
        rule(3), rule(2), rule(4), version="2026-2", applies_from=date(2026, 7, 1), agreed_by=("Polismyndigheten",)
    )
    got = diff(old, new)
    assert (got.old, got.new, got.changed) == ("2026-1", "2026-2", ())
    assert [one.id for one in got.added] == ["rule-4"]
    assert [one.id for one in got.removed] == ["rule-1"]
    assert got.of_the_set == (
        Change(
            "Giltighet",
            ("Gäller händelser från och med 2026-01-01 och tills vidare.",),
            ("Gäller händelser från och med 2026-07-01 och tills vidare.",),
        ),
        Change("Överenskommet mellan", ("Migrationsverket",), ("Polismyndigheten",)),
        Change("Ordning mellan reglerna", ("rule-2", "rule-3"), ("rule-3", "rule-2")),
    )
