"""The vocabulary of the rules: each condition by itself, and what the author of a misspelt one is told."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from matcher.conditions import Circumstances, Conditions
from matcher.look_for import LookFor
from matcher.rule_book import DEFAULT_RULES, RuleBook
from matcher.rules import LegalBasis, Rule, RuleSet, basis_of, fire
from matcher.rules_faults import RuleSetError
from matcher.rules_file import MAX_KIB, read_rule_set
from matcher.status import permit_kinds, travel_document_kinds
from schemas.records import (
    CountryBasis,
    DocumentKind,
    EvidenceKind,
    OutcomeBasis,
    OutcomeKind,
    PermitKind,
    StatusKind,
)
from tests.builders import CROSSINGS, DAY, OBSERVATIONS, known, permit, person

TRAVELLED = EvidenceKind.TRAVELLED_TO
ALL_FOUR = tuple(OutcomeKind)
FILE = DEFAULT_RULES / "2026-1.toml"


def rule_set(outcomes: tuple[OutcomeKind, ...] = ALL_FOUR, **when: Any) -> RuleSet:
    conditions = Conditions(**{"evidence": (TRAVELLED,), **when})
    basis = LegalBasis.model_validate(dict.fromkeys(outcomes, ("UtlL 4:5",)))
    rule = Rule(id="one-rule", title="En regel", when=conditions, legal_basis=basis)
    return RuleSet(format=1, version="2026-9", applies_from=DAY, agreed_by=("Migrationsverket",), rule=(rule,))


def circumstances(**changes: Any) -> Circumstances:
    values: dict[str, Any] = {
        "source": CROSSINGS,
        "kinds": frozenset({TRAVELLED}),
        "country": "UTO",
        "country_basis": CountryBasis.STAMP,
        "direction": "ENTRY",
        "stay_days": 14,
        "status": StatusKind.REFUGEE,
        "person": person(),
        "day": DAY,
    }
    values |= changes
    held, day = values["person"], values.pop("day")
    return Circumstances(permits=permit_kinds(held, day), travel_documents=travel_document_kinds(held, day), **values)


# What is stated, circumstances that meet it, and others that do not.
CONDITIONS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (
        {"evidence": ("STAYED_IN", "TRAVELLED_TO")},
        {"kinds": frozenset({TRAVELLED, EvidenceKind.MET_IN_COUNTRY})},
        {"kinds": frozenset({EvidenceKind.INTENDED_DESTINATION})},
    ),
    (
        {"and_evidence": ("HOME_PASSPORT_PRESENTED", "HOME_PASSPORT_APPLIED_FOR")},
        {"kinds": frozenset({TRAVELLED, EvidenceKind.HOME_PASSPORT_PRESENTED})},
        {},
    ),
    (
        {"and_evidence": ("HOME_PASSPORT_PRESENTED",)},
        {"kinds": frozenset({TRAVELLED, EvidenceKind.HOME_PASSPORT_PRESENTED})},
        {"kinds": frozenset({EvidenceKind.HOME_PASSPORT_PRESENTED})},
    ),
    (
        {"source": OBSERVATIONS, "evidence": ("MET_IN_COUNTRY",)},
        {"source": OBSERVATIONS, "kinds": frozenset({EvidenceKind.MET_IN_COUNTRY})},
        {"kinds": frozenset({EvidenceKind.MET_IN_COUNTRY})},
    ),
    ({"country_basis": ("STAMP", "TICKET")}, {}, {"country_basis": CountryBasis.STATED}),
    ({"country_basis": ("STAMP",)}, {}, {"country_basis": None}),
    ({"direction": "EXIT"}, {"direction": "EXIT"}, {"direction": "ENTRY"}),
    ({"direction": "EXIT"}, {"direction": "EXIT"}, {"direction": None}),
    ({"status": ("ALTERNATIVE",)}, {"status": StatusKind.ALTERNATIVE}, {"status": StatusKind.REFUGEE}),
    ({"status": ("ALTERNATIVE", "REFUGEE")}, {"status": StatusKind.REFUGEE}, {"kinds": frozenset()}),
    ({"permit": ("TEMPORARY",)}, {}, {"person": person(permits=())}),
    (
        {"permit": ("PERMANENT",)},
        {"person": person(permits=(permit().model_copy(update={"kind": PermitKind.PERMANENT}),))},
        {},
    ),
    ({"permit": ("TEMPORARY",)}, {}, {"day": date(2027, 2, 20)}),
    (
        {"travel_document": ("ALIENS_PASSPORT",)},
        {"person": person(documents=(known(kind=DocumentKind.ALIENS_PASSPORT),))},
        {},
    ),
    ({"travel_document": ("ALIENS_PASSPORT", "REFUGEE_TRAVEL_DOCUMENT")}, {}, {"day": date(2028, 5, 2)}),
    (
        {"travel_document": ("REFUGEE_TRAVEL_DOCUMENT",)},
        {},
        {"person": person(documents=(known(issuing_state="NOR"),))},
    ),
    ({"citizen_of_country": True}, {}, {"country": "SYR"}),
    ({"citizen_of_country": False}, {"country": "SYR"}, {}),
    # Of whom no citizenship is known, or none told, neither is met.
    ({"citizen_of_country": True}, {}, {"person": person(citizenships=())}),
    ({"citizen_of_country": False}, {"country": "SYR"}, {"person": person(citizenships=()), "country": "SYR"}),
    ({"citizen_of_country": False}, {"country": "SYR"}, {"person": person(citizenships=("XXB",)), "country": "SYR"}),
    (
        {"citizen_of_country": False},
        {"person": person(citizenships=("XXA",))},
        {"person": person(citizenships=("XXX", "UTO"))},
    ),
    (
        {"citizen_of_country": True},
        {"person": person(citizenships=("D", "UTO")), "country": "DEU"},
        {"person": person(citizenships=("D",))},
    ),
    ({"holds_travel_document": True}, {}, {"person": person(documents=())}),
    ({"holds_travel_document": False}, {"person": person(documents=())}, {}),
    ({"holds_travel_document": True}, {}, {"day": date(2028, 5, 2)}),
    ({"stateless": True}, {"person": person(citizenships=("XXA",))}, {}),
    ({"stateless": False}, {}, {"person": person(citizenships=("XXA",))}),
    ({"stay_days_at_least": 14}, {"stay_days": 14}, {"stay_days": 13}),
    ({"stay_days_at_least": 0}, {"stay_days": 0}, {"stay_days": None}),
    ({"stay_days_at_most": 14}, {"stay_days": 14}, {"stay_days": 15}),
    ({"stay_days_at_most": 14}, {"stay_days": 0}, {"stay_days": None}),
    (
        {"stay_days_at_least": 7, "direction": "ENTRY", "source": CROSSINGS},
        {"stay_days": 7},
        {"stay_days": 7, "direction": "EXIT"},
    ),
]


@pytest.mark.parametrize(("when", "met", "not_met"), CONDITIONS)
def test_a_condition_is_met_or_not(when: dict[str, Any], met: dict[str, Any], not_met: dict[str, Any]) -> None:
    assert [fired.rule_id for fired in fire(rule_set(**when), circumstances(**met))] == ["one-rule"]
    assert fire(rule_set(**when), circumstances(**not_met)) == ()


def test_every_condition_of_the_vocabulary_is_tried_above() -> None:
    assert {name for when, _, _ in CONDITIONS for name in when} == set(Conditions.model_fields)


@pytest.mark.parametrize(
    ("changes", "outcomes"),
    [
        ({}, {OutcomeKind.REFUGEE_STATUS, OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT}),
        (
            {"status": StatusKind.ALTERNATIVE},
            {OutcomeKind.ALTERNATIVE_PROTECTION, OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT},
        ),
        ({"person": person(permits=())}, {OutcomeKind.REFUGEE_STATUS, OutcomeKind.TRAVEL_DOCUMENT}),
        ({"person": person(documents=())}, {OutcomeKind.REFUGEE_STATUS, OutcomeKind.PERMIT}),
        ({"person": person(documents=(), permits=())}, {OutcomeKind.REFUGEE_STATUS}),
        ({"day": date(2027, 2, 20)}, {OutcomeKind.REFUGEE_STATUS, OutcomeKind.TRAVEL_DOCUMENT}),
    ],
)
def test_a_rule_concerns_only_what_the_person_holds(changes: dict[str, Any], outcomes: set[OutcomeKind]) -> None:
    (fired,) = fire(rule_set(), circumstances(**changes))
    assert set(fired.outcomes) == outcomes


def test_a_rule_whose_outcomes_the_person_holds_none_of_does_not_fire() -> None:
    no_permit = circumstances(person=person(permits=()))
    assert fire(rule_set((OutcomeKind.PERMIT,)), no_permit) == ()
    assert fire(rule_set((OutcomeKind.ALTERNATIVE_PROTECTION,)), circumstances()) == ()


def test_the_shipped_rule_set_loads_and_says_what_was_agreed() -> None:
    shipped = read_rule_set(FILE).rules
    assert shipped.version == FILE.stem == "2026-1"
    assert shipped.agreed_by == ("Migrationsverket", "Polismyndigheten", "Utrikesdepartementet")
    assert (shipped.applies_from, shipped.applies_to) == (date(2010, 1, 1), None)
    assert [rule.id for rule in shipped.rule] == [
        "home-passport-despite-travel-document",
        "left-for-examined-country",
        "returned-from-examined-country",
        "observed-by-mission-in-examined-country",
    ]
    assert all(rule.in_favour for rule in shipped.rule)


@pytest.mark.parametrize("rule", read_rule_set(FILE).rules.rule, ids=lambda rule: str(rule.id))
def test_the_shipped_rules_rest_for_each_outcome_on_its_own_law_alone(rule: Rule) -> None:
    own = {
        # Refugee status never ceases by what ends alternative protection, nor the other way round.
        OutcomeKind.REFUGEE_STATUS: r"UtlL 4 kap\. 5 § .+|Förordning \(EU\) 2024/1347 art\. 14\.1",
        OutcomeKind.ALTERNATIVE_PROTECTION: r"UtlL 4 kap\. 5 a §|Förordning \(EU\) 2024/1347 art\. 19\.1",
        OutcomeKind.PERMIT: r"UtlL 7 kap\.",
        OutcomeKind.TRAVEL_DOCUMENT: r"UtlF 2 kap\. 1 c §",
    }
    for outcome, provisions in rule.legal_basis.by_outcome.items():
        assert [text for text in provisions if not re.fullmatch(own[outcome], text)] == []


def test_re_availment_is_never_named_without_the_citizenship_that_it_asks_for() -> None:
    # A stateless person cannot re-avail, and the candidate's page says so.
    named = re.findall(r'"([^"]* 5 § första stycket 1\b[^"]*)"', SHIPPED)
    assert set(named) == {"UtlL 4 kap. 5 § första stycket 1 (den som är medborgare i landet)"}


BY_OUTCOME = LegalBasis(
    PERMIT=("UtlL 7 kap.", "Gemensam grund"),
    REFUGEE_STATUS=("UtlL 4 kap. 5 §", "Gemensam grund"),
    ALTERNATIVE_PROTECTION=("UtlL 4 kap. 5 a §", "Gemensam grund"),
)


@pytest.mark.parametrize(
    ("status", "outcome", "own", "others"),
    [
        (StatusKind.REFUGEE, OutcomeKind.REFUGEE_STATUS, "UtlL 4 kap. 5 §", OutcomeKind.ALTERNATIVE_PROTECTION),
        (StatusKind.ALTERNATIVE, OutcomeKind.ALTERNATIVE_PROTECTION, "UtlL 4 kap. 5 a §", OutcomeKind.REFUGEE_STATUS),
    ],
)
def test_a_rule_that_fires_says_for_each_outcome_what_it_rests_on_and_nothing_of_those_not_held(
    status: StatusKind, outcome: OutcomeKind, own: str, others: OutcomeKind
) -> None:
    rules = rule_set()
    rule = rules.rule[0].model_copy(update={"legal_basis": BY_OUTCOME})
    (fired,) = fire(rules.model_copy(update={"rule": (rule,)}), circumstances(status=status))
    assert fired.outcomes == (outcome, OutcomeKind.PERMIT)
    assert fired.bases == (
        OutcomeBasis(outcome=outcome, legal_basis=(own, "Gemensam grund")),
        OutcomeBasis(outcome=OutcomeKind.PERMIT, legal_basis=("UtlL 7 kap.", "Gemensam grund")),
    )
    assert fired.legal_basis == (own, "Gemensam grund", "UtlL 7 kap.")
    assert basis_of(fired, OutcomeKind.PERMIT) == ("UtlL 7 kap.", "Gemensam grund")
    assert basis_of(fired, others) == basis_of(fired, OutcomeKind.TRAVEL_DOCUMENT) == ()


def test_of_an_older_record_all_that_a_rule_rests_on_stands_for_each_of_its_outcomes() -> None:
    (fired,) = fire(rule_set(), circumstances())
    older = fired.model_copy(update={"bases": (), "legal_basis": ("UtlL 4:5", "UtlL 7:3")})
    assert basis_of(older, OutcomeKind.PERMIT) == ("UtlL 4:5", "UtlL 7:3")
    assert basis_of(older, OutcomeKind.ALTERNATIVE_PROTECTION) == ()


SHIPPED = FILE.read_text("utf-8")


def refusal(tmp_path: Path, text: str | bytes) -> str:
    file = tmp_path / "2026-2.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(RuleSetError) as error:
        read_rule_set(file)
    return str(error.value)


def line_of(text: str, part: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if part in line)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # A misspelt name, in each kind of table.
        ('direction = "EXIT"', 'directon = "EXIT"', "rule.1.when.directon: is not a field of the vocabulary"),
        ("holds_travel_document = true", "holds_travel_dokument = true", "holds_travel_dokument: is not a field"),
        ('title = "Utresa', 'titel = "Utresa', "rule.1.titel: is not a field of the vocabulary"),
        ("applies_from =", "applies_form =", "applies_form: is not a field of the vocabulary"),
        # A misspelt value.
        (
            '"MET_IN_COUNTRY"',
            '"MET_IN_LAND"',
            'rule.3.when.evidence.0: "MET_IN_LAND" is none of HOME_PASSPORT_',
        ),
        (
            'source = "mission-observations"',
            'source = "missions"',
            'rule.3.when.source: "missions" is none of border-',
        ),
        ('direction = "EXIT"', 'direction = "OUT"', 'rule.1.when.direction: "OUT" is none of ENTRY, EXIT'),
        (
            'direction = "EXIT"',
            'status = ["FLYKTING"]',
            'rule.1.when.status.0: "FLYKTING" is none of REFUGEE, ',
        ),
        (
            'direction = "EXIT"',
            "stay_days_at_least = -1",
            "rule.1.when.stay_days_at_least: must be a whole number",
        ),
        ('direction = "EXIT"', 'stateless = "kanske"', "rule.1.when.stateless: must be true or false, without quotes"),
        (
            'id = "left-for-examined-country"',
            'id = "Left"',
            "rule.1.id: must be small letters, figures and hyphens",
        ),
        ('version = "2026-1"', 'version = "ett"', 'version: must be a year and a number, such as "2026-2"'),
        ("format = 1", "format = 2", "format: must be 1"),
        ('direction = "EXIT"', "stay_days_at_least = 40000", "rule.1.when.stay_days_at_least: must be a whole number"),
        ('direction = "EXIT"', "stay_days_at_least = true", "rule.1.when.stay_days_at_least: must be a whole number"),
        ('direction = "EXIT"', "stay_days_at_least = 2.5", "rule.1.when.stay_days_at_least: must be a whole number"),
        ('direction = "EXIT"', "stateless = 1", "rule.1.when.stateless: must be true or false, without quotes"),
        ("applies_from = 2010-01-01", 'applies_from = "snart"', "applies_from: must be a day without a time, such as"),
        ("2010-01-01", "2010-01-01T10:00:00", "applies_from: must be a day without a time, such as 2026-07-01"),
        # A value of another shape.
        (
            'direction = "EXIT"',
            'direction = ["EXIT"]',
            "must be one word without brackets, such as direction =",
        ),
        (
            '["MET_IN_COUNTRY", "STAYED_IN"]',
            '"MET_IN_COUNTRY"',
            'a list in brackets, such as evidence = ["MET_IN_COUNTRY"]',
        ),
        ('direction = "EXIT"', "permit = 3", "rule.1.when.permit: must be a list in brackets, such as permit = [...]"),
        # An empty list would mean anything, or nothing.
        ('direction = "EXIT"', "status = []", "rule.1.when.status: is an empty list; name at least one"),
        ('["MET_IN_COUNTRY", "STAYED_IN"]', "[]", "rule.3.when.evidence: is an empty list; name at least one"),
    ],
)
def test_what_is_not_of_the_vocabulary_is_refused_with_file_and_line(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    assert SHIPPED.count(old) == 1
    text = SHIPPED.replace(old, new)
    told = refusal(tmp_path, text)
    assert f"2026-2.toml, line {line_of(text, new)}: " in told
    assert says in told


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            'direction = "EXIT"',
            'permit = ["FOREVER"]',
            'permit.0: "FOREVER" is none of PERMANENT, TEMPORARY',
        ),
        ('direction = "EXIT"', 'direction = "exit"', '"exit" is none of ENTRY, EXIT; did you mean EXIT?'),
        ('["MET_IN_COUNTRY", "STAYED_IN"]', '["MET_IN_CONTRY"]', "did you mean MET_IN_COUNTRY?"),
        ('"PASSPORT_FROM_BEFORE"', '"PASPORT_FROM_BEFORE"', "did you mean PASSPORT_FROM_BEFORE?"),
    ],
)
def test_a_value_that_is_not_of_the_vocabulary_is_told_once_with_what_was_perhaps_meant(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    (told,) = refusal(tmp_path, SHIPPED.replace(old, new)).splitlines()
    assert told.endswith(says)


def test_texts_that_are_blank_long_or_no_texts_are_refused(tmp_path: Path) -> None:
    line = line_of(SHIPPED, 'title = "Utresa')
    for title, says in (
        ('"     "', "must have 3 characters or more, blanks around them not counted"),
        (f'"{"x" * 301}"', "has more than 300 characters; shorten it"),
        ("3", "must be text in quotes"),
    ):
        told = refusal(tmp_path, re.sub(r'title = "Utresa.*', f"title = {title}", SHIPPED))
        assert told == f"2026-2.toml, line {line}: rule.1.title: {says}"


def test_what_is_no_table_is_refused_with_how_to_write_it(tmp_path: Path) -> None:
    told = refusal(tmp_path, re.sub(r"when = .*EXIT.*", 'when = "x"', SHIPPED))
    assert told.endswith('rule.1.when: must be conditions in braces, such as when = { evidence = ["STAYED_IN"] }')
    head = SHIPPED.split("[[rule]]")[0]
    for rules in ("rule = [ 3 ]", '[rule]\nid = "one"'):
        assert refusal(tmp_path, f"{head}{rules}\n").endswith("must be written as tables, each below a line [[rule]]")


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "2026-1.toml"
    file.write_text(SHIPPED, "utf-8-sig")
    assert read_rule_set(file).rules == read_rule_set(FILE).rules


def test_the_line_told_is_that_of_the_rule_at_fault_where_rules_look_alike(tmp_path: Path) -> None:
    text = SHIPPED.replace('direction = "ENTRY" }', 'direction = "IN" }  # direction = "EXIT" is the other')
    line = line_of(text, 'direction = "IN"')
    assert f"2026-2.toml, line {line}: rule.2.when.direction" in refusal(tmp_path, text)


def test_a_field_that_is_missing_is_told_with_the_line_of_its_rule(tmp_path: Path) -> None:
    text = re.sub(r'title = "Utresa.*\n', "", SHIPPED)
    told = refusal(tmp_path, text)
    rule = [n for n, line in enumerate(text.splitlines(), 1) if line == "[[rule]]"][1]
    assert told == f"2026-2.toml, line {rule}: rule.1.title: is missing; add it"


def test_a_condition_must_state_its_evidence(tmp_path: Path) -> None:
    text = SHIPPED.replace('evidence = ["TRAVELLED_TO", "STAYED_IN"], ', "")
    assert "rule.2.when.evidence: is missing; add it" in refusal(tmp_path, text)


def test_a_missing_field_of_the_file_is_told_with_the_file(tmp_path: Path) -> None:
    text = re.sub(r"agreed_by = .*\n", "", SHIPPED)
    assert refusal(tmp_path, text) == "2026-2.toml: agreed_by: is missing; add it"


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = SHIPPED.replace('"MET_IN_COUNTRY"', '"MET"').replace("applies_from =", "applies_form =")
    assert len(refusal(tmp_path, text).splitlines()) == 2


@pytest.mark.parametrize(
    ("old", "new", "path", "meant"),
    [
        ("applies_from =", "applies_form =", "applies_form", "applies_from"),
        ('evidence = ["TRAVELLED_TO", "STAYED_IN"]', 'evidens = ["STAYED_IN"]', "rule.2.when.evidens", "evidence"),
        ('title = "Utresa', 'titel = "Utresa', "rule.1.titel", "title"),
        ('source = "', 'sourse = "', "rule.3.when.sourse", "source"),
    ],
)
def test_a_misspelt_field_is_told_once_with_what_was_meant(
    tmp_path: Path, old: str, new: str, path: str, meant: str
) -> None:
    text = SHIPPED.replace(old, new)
    (told,) = refusal(tmp_path, text).splitlines()
    says = f"{path}: is not a field of the vocabulary; did you mean {meant}?"
    assert told == f"2026-2.toml, line {line_of(text, new)}: {says}"


def test_a_field_that_is_missing_is_told_beside_an_unknown_one_that_means_something_else(tmp_path: Path) -> None:
    told = refusal(tmp_path, re.sub(r'title = "Utresa.*', "weight = 3", SHIPPED))
    assert "rule.1.weight: is not a field of the vocabulary; remove it or correct its spelling" in told
    assert "rule.1.title: is missing; add it" in told


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ({"stay_days_at_least": 9, "stay_days_at_most": 8}, "stay_days_at_least = 9 and stay_days_at_most = 8"),
        ({"direction": "EXIT", "stay_days_at_most": 8}, 'direction = "EXIT" and stay_days_at_most = 8'),
        (
            {"holds_travel_document": False, "travel_document": ("ALIENS_PASSPORT",)},
            'holds_travel_document = false and travel_document = ["ALIENS_PASSPORT"]',
        ),
        ({"stateless": True, "citizen_of_country": True}, "stateless = true and citizen_of_country = true"),
        (
            {"source": OBSERVATIONS, "evidence": ("STAYED_IN",), "direction": "ENTRY"},
            'source = "mission-observations" and direction = "ENTRY"',
        ),
        (
            {"source": OBSERVATIONS, "evidence": ("STAYED_IN",), "country_basis": ("STAMP",)},
            'source = "mission-observations" and country_basis = ["STAMP"]',
        ),
        (
            {"source": CROSSINGS, "evidence": ("MET_IN_COUNTRY",)},
            'evidence = ["MET_IN_COUNTRY"] and source = "border-crossings"',
        ),
        (
            {"source": OBSERVATIONS, "evidence": ("INTENDED_DESTINATION", "TRAVELLED_TO")},
            'evidence = ["INTENDED_DESTINATION", "TRAVELLED_TO"] and source = "mission-observations"',
        ),
        ({"direction": "EXIT", "evidence": ("STAYED_IN",)}, 'evidence = ["STAYED_IN"] and direction = "EXIT"'),
        (
            {"direction": "ENTRY", "evidence": ("INTENDED_DESTINATION",)},
            'evidence = ["INTENDED_DESTINATION"] and direction = "ENTRY"',
        ),
        (
            {"country_basis": ("STAMP",), "evidence": ("MET_IN_COUNTRY",)},
            'evidence = ["MET_IN_COUNTRY"] and country_basis = ["STAMP"]',
        ),
        ({"direction": "EXIT", "and_evidence": ("STAYED_IN",)}, 'and_evidence = ["STAYED_IN"] and direction = "EXIT"'),
        # One is of the missions, the other of the border.
        (
            {"evidence": ("MET_IN_COUNTRY",), "and_evidence": ("TRAVELLED_TO",), "status": ("REFUGEE",)},
            'evidence = ["MET_IN_COUNTRY"] and and_evidence = ["TRAVELLED_TO"]',
        ),
        # An exit to a country that is only stated is an intention, and one with a stamp is travel.
        (
            {"direction": "EXIT", "country_basis": ("STATED",)},
            'evidence = ["TRAVELLED_TO"], direction = "EXIT" and country_basis = ["STATED"]',
        ),
        (
            {"evidence": ("INTENDED_DESTINATION",), "country_basis": ("STAMP",)},
            'evidence = ["INTENDED_DESTINATION"] and country_basis = ["STAMP"]',
        ),
        # Only an exit shows an intention, and it has no length of stay.
        (
            {"evidence": ("INTENDED_DESTINATION",), "stay_days_at_least": 5},
            'evidence = ["INTENDED_DESTINATION"] and stay_days_at_least = 5',
        ),
        # A stay of no day is none, where it is not a mission that was told of it.
        (
            {"evidence": ("STAYED_IN",), "direction": "ENTRY", "stay_days_at_most": 0},
            'evidence = ["STAYED_IN"], direction = "ENTRY" and stay_days_at_most = 0',
        ),
    ],
)
def test_conditions_that_exclude_each_other_are_refused(when: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(f"{says} exclude each other: no ")):
        rule_set(**when)


def test_conditions_that_exclude_each_other_are_told_with_their_line(tmp_path: Path) -> None:
    text = SHIPPED.replace('direction = "EXIT"', 'direction = "EXIT", stay_days_at_least = 2')
    line = line_of(text, "stay_days_at_least")
    says = 'rule.1.when: direction = "EXIT" and stay_days_at_least = 2 exclude each other: no event meets both'
    assert refusal(tmp_path, text) == f"2026-2.toml, line {line}: {says}"
    # Also beside another fault of the same rule.
    told = refusal(tmp_path, text.replace('title = "Utresa', 'titel = "Utresa'))
    assert says in told
    assert "rule.1.titel: " in told


@pytest.mark.parametrize(
    ("outcome", "when", "says"),
    [
        ("ALTERNATIVE_PROTECTION", {"status": ("REFUGEE",)}, 'status = ["REFUGEE"]'),
        (
            "TRAVEL_DOCUMENT",
            {"evidence": ("STAYED_IN",), "holds_travel_document": False},
            "holds_travel_document = false",
        ),
    ],
)
def test_a_rule_whose_outcomes_nobody_concerned_can_hold_is_refused(
    outcome: str, when: dict[str, Any], says: str
) -> None:
    says = f"{says} and legal_basis of {outcome} exclude each other: no person meets both"
    with pytest.raises(ValidationError, match=re.escape(says)):
        rule_set((OutcomeKind(outcome),), **when)


def test_one_outcome_that_can_be_concerned_is_enough() -> None:
    assert rule_set((OutcomeKind.ALTERNATIVE_PROTECTION, OutcomeKind.PERMIT), status=("REFUGEE",))


def test_days_the_wrong_way_round_are_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, SHIPPED.replace("agreed_by", "applies_to = 2009-12-31\nagreed_by"))
    line = SHIPPED.splitlines().index("applies_from = 2010-01-01") + 2
    says = "applies_to 2009-12-31 is before applies_from 2010-01-01"
    assert told == f"2026-2.toml, line {line}: {says}"


def test_the_order_of_alternatives_and_their_number_mean_nothing() -> None:
    stayed = EvidenceKind.STAYED_IN
    assert Conditions(evidence=(TRAVELLED, stayed, TRAVELLED)) == Conditions(evidence=(stayed, TRAVELLED))


def test_the_basis_names_the_four_outcomes_in_the_order_in_which_they_are_shown() -> None:
    assert tuple(LegalBasis.model_fields) == tuple(OutcomeKind)
    # Whatever their order in a file.
    assert rule_set((OutcomeKind.PERMIT, OutcomeKind.REFUGEE_STATUS)).rule[0].outcomes == (
        OutcomeKind.REFUGEE_STATUS,
        OutcomeKind.PERMIT,
    )


HEAD = SHIPPED.split("[[rule]]")[0]
ONE_RULE = f'{HEAD}[[rule]]\nid = "one-rule"\ntitle = "En regel"\nwhen = {{ evidence = ["STAYED_IN"] }}\n'


@pytest.mark.parametrize(
    ("basis", "at", "says"),
    [
        # As it was before: one basis for all outcomes.
        (
            'legal_basis = ["UtlL 4 kap. 5 §"]',
            "legal_basis",
            ".legal_basis: must name each outcome with a basis of its own, such as "
            'legal_basis.PERMIT = ["UtlL 7 kap."]',
        ),
        (
            'outcomes = ["PERMIT"]\nlegal_basis.PERMIT = ["UtlL 7 kap."]',
            "outcomes",
            ".outcomes: is not a field of the vocabulary; remove it or correct its spelling",
        ),
        (
            'legal_basis.REFUGE_STATUS = ["UtlL 4 kap. 5 §"]',
            "REFUGE_STATUS",
            ".legal_basis.REFUGE_STATUS: is not a field of the vocabulary; did you mean REFUGEE_STATUS?",
        ),
        (
            'legal_bases.PERMIT = ["UtlL 7 kap."]',
            "legal_bases",
            ".legal_bases: is not a field of the vocabulary; did you mean legal_basis?",
        ),
        (
            "# PERMIT = 1\nlegal_basis.PERMIT = []",
            "legal_basis.PERMIT",
            ".legal_basis.PERMIT: is an empty list; name at least one, or leave it out if it need not be there",
        ),
        (
            'legal_basis.PERMIT = "UtlL 7 kap."',
            "PERMIT",
            '.legal_basis.PERMIT: must be a list in brackets, such as PERMIT = ["UtlL 7 kap."]',
        ),
        (
            'legal_basis.PERMIT = [\n"UtlL 7 kap.",\n3\n]',
            "PERMIT",
            ".legal_basis.PERMIT.1: must be text in quotes",
        ),
        (
            "legal_basis = {}",
            "legal_basis",
            '.legal_basis: names no outcome; add what it may concern, such as legal_basis.PERMIT = ["UtlL 7 kap."]',
        ),
        (
            "look_for = []\n[rule.legal_basis]",
            "rule.legal_basis",
            ".legal_basis: names no outcome; add what it may conc",
        ),
        ("", "[[rule]]", ".legal_basis: is missing; add it"),
        (
            'legal_basis.ALTERNATIVE_PROTECTION = ["UtlL 4 kap. 5 a §"]',
            "ALTERNATIVE_PROTECTION",
            '.legal_basis: status = ["REFUGEE"] and legal_basis of ALTERNATIVE_PROTECTION exclude each other: no',
        ),
        (
            '[rule.legal_basis]\nALTERNATIVE_PROTECTION = ["UtlL 4 kap. 5 a §"]',
            "ALTERNATIVE_PROTECTION",
            '.legal_basis: status = ["REFUGEE"] and legal_basis of ALTERNATIVE_PROTECTION exclude each other: no',
        ),
    ],
)
def test_a_basis_that_is_not_told_by_outcome_is_refused_once_with_its_line(
    tmp_path: Path, basis: str, at: str, says: str
) -> None:
    status = ', status = ["REFUGEE"]' if "ALTERNATIVE" in basis else ""
    text = ONE_RULE.replace('["STAYED_IN"]', f'["STAYED_IN"]{status}') + basis + "\n"
    (told,) = refusal(tmp_path, text).splitlines()
    assert told.startswith(f"2026-2.toml, line {line_of(text, at)}: rule.0{says}")


def test_the_basis_may_be_written_in_each_way_that_toml_has_for_a_table(tmp_path: Path) -> None:
    told = []
    for number, basis in enumerate(
        (
            'legal_basis.PERMIT = ["UtlL 7 kap."]\nlegal_basis.TRAVEL_DOCUMENT = ["UtlF 2 kap. 1 c §"]',
            '[rule.legal_basis]\nTRAVEL_DOCUMENT = ["UtlF 2 kap. 1 c §"]\nPERMIT = ["UtlL 7 kap."]',
            'legal_basis = { PERMIT = ["UtlL 7 kap."], TRAVEL_DOCUMENT = ["UtlF 2 kap. 1 c §"] }',
        )
    ):
        file = tmp_path / f"{number}.toml"
        file.write_text(f"{ONE_RULE}{basis}\n", "utf-8")
        told.append(RuleBook((read_rule_set(file).rules,)))
    assert told[0].sets == told[1].sets == told[2].sets
    assert len({book.digest for book in told}) == 1
    assert told[0].sets[0].rule[0].outcomes == (OutcomeKind.PERMIT, OutcomeKind.TRAVEL_DOCUMENT)


def test_what_a_rule_looks_for_is_told_with_its_own_sentences_each_once() -> None:
    rule = (
        rule_set()
        .rule[0]
        .model_copy(
            update={"look_for": (LookFor.FUNERAL, LookFor.ILLNESS), "favourable": ("Mer.", LookFor.ILLNESS.sentence)}
        )
    )
    assert rule.in_favour == (LookFor.FUNERAL.sentence, LookFor.ILLNESS.sentence, "Mer.")
    rules = rule_set().model_copy(update={"rule": (rule,)})
    assert fire(rules, circumstances())[0].favourable == rule.in_favour


def test_a_word_to_look_for_that_is_not_of_the_vocabulary_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, SHIPPED.replace('"PASSPORT_FROM_BEFORE"', '"WEDDING"'))
    assert 'rule.0.look_for.1: "WEDDING" is none of ILLNESS, FUNERAL, ' in told


def test_two_rules_of_one_id_are_refused(tmp_path: Path) -> None:
    text = SHIPPED.replace('"left-for-', '"returned-from-')
    second = [n for n, line in enumerate(text.splitlines(), 1) if '"returned-from-' in line][1]
    says = 'rules 1 and 2 have the same id "returned-from-examined-country"; give each its own'
    assert refusal(tmp_path, text) == f"2026-2.toml, line {second}: {says}"


def test_a_file_without_rules_is_refused(tmp_path: Path) -> None:
    told = refusal(tmp_path, SHIPPED.split("[[rule]]")[0])
    assert told == "2026-2.toml: rule: is missing; add it"


def test_a_rule_that_is_not_written_as_a_table_of_its_own_is_refused_without_a_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, SHIPPED.split("[[rule]]")[0] + "rule = [ { } ]\n")
    assert "rule.0.id: is missing; add it" in told


def test_a_fault_of_the_syntax_is_told_with_its_line(tmp_path: Path) -> None:
    text = SHIPPED.replace("agreed_by = [", "agreed_by = ")
    told = refusal(tmp_path, text)
    assert told.startswith(f"2026-2.toml, line {line_of(text, 'agreed_by')}: not valid TOML: ")


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    line = next(n for n, text in enumerate(SHIPPED.splitlines(), 1) if not text.isascii())
    told = refusal(tmp_path, SHIPPED.encode("latin-1", "replace"))
    assert told == f"2026-2.toml, line {line}: is not UTF-8; save the file in that encoding"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match=r"^nowhere\.toml: cannot be read \(.+\); check the path .+nowhere\.toml$"):
        read_rule_set(tmp_path / "nowhere.toml")


UNREADABLE = {
    "deep": ("a = " + "[" * 5000, "2026-2.toml: has too many brackets within brackets; rules need at most three"),
    "long number": (f"{SHIPPED}\nb = {'9' * 100_000}", "holds a number that is too long to be read; shorten it"),
    "long number, parted": (f"{SHIPPED}\nb = {'9_9' * 5000}", "holds a number that is too long to be read"),
    "long number, hexadecimal": (
        SHIPPED.replace('direction = "EXIT"', f"direction = 0x{'f' * 20_000}"),
        "rule.1.when.direction: must be one of ENTRY, EXIT, in quotes",
    ),
    "long version": (
        SHIPPED.replace('"2026-1"', f'"2026-{"9" * 5000}"'),
        'version: must be a year and a number, such as "2026-2", of at most six figures',
    ),
}


@pytest.mark.parametrize(("text", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_for_its_size_is_told_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    (told,) = refusal(tmp_path, text).splitlines()
    assert says in told
    assert len(told) < 200


def test_a_number_that_is_too_long_is_told_with_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, UNREADABLE["long number"][0])
    assert told.startswith(f"2026-2.toml, line {len(SHIPPED.splitlines()) + 2}: holds a number")


def test_faults_of_a_file_are_told_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = SHIPPED.replace('direction = "EXIT"', 'direction = "OUT"').replace(
        "applies_from =", "applies_to = 3\nfrom ="
    )
    found = [re.search(r"line (\d+)", told) for told in refusal(tmp_path, text).splitlines()]
    lines = [int(one[1]) if one else 0 for one in found]
    assert lines == sorted(lines)
    assert len(set(lines)) == 4


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    with pytest.raises(
        RuleSetError, match=r"^pipe\.toml: is no regular file; save the rules in a file, and name that$"
    ):
        read_rule_set(tmp_path / "pipe.toml")


def test_a_device_without_an_end_is_refused() -> None:
    with pytest.raises(RuleSetError, match="is no regular file"):
        read_rule_set(Path("/dev/zero"))


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleSetError, match="cannot be read"):
        read_rule_set(tmp_path)


def test_a_file_that_is_too_large_for_rules_is_refused_and_not_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_text(SHIPPED.ljust(MAX_KIB * 1024 - len(SHIPPED.encode()) + len(SHIPPED), "\n"), "utf-8")
    assert file.stat().st_size == MAX_KIB * 1024
    assert read_rule_set(file).rules == read_rule_set(FILE).rules
    os.truncate(file, 2**33)  # sparse: nothing that was read whole would pass
    with pytest.raises(
        RuleSetError, match=r"^large\.toml: is larger than 1024 KiB, so it is no rule set; check the path"
    ):
        read_rule_set(file)


def test_the_vocabulary_has_no_word_for_a_sensitive_category() -> None:
    assert not set(Conditions.model_fields) & {"citizenship", "citizenships", "nationality", "religion", "sex"}
