"""What the caseworker reads: facts in Swedish, what speaks for the person as clearly as the rest, and no verdict."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.case_queue import words
from matcher.explain import explain, favourable
from matcher.explain_stay import explain_stay
from matcher.look_for import LookFor
from matcher.naming import country_name
from matcher.rule_book import DEFAULT_RULES
from matcher.stays import stays
from schemas.records import (
    CountryBasis,
    Direction,
    DocumentKind,
    DocumentUse,
    Event,
    Evidence,
    Observation,
    ProtectedPerson,
    StatusKind,
    Stay,
    TimePrecision,
)
from tests.builders import (
    DOSSIER,
    PERSONAL_NUMBER,
    crossing,
    finding,
    known,
    name,
    observation,
    person,
    seen,
    status,
    traveller,
    uuid,
)

# Real countries here, because their Swedish names are what is tested; the person stays invented.
ROW = person(
    documents=(known(), known("P0451298", "SYR", DocumentKind.PASSPORT)),
    statuses=(status(countries=("SYR", "IRQ")),),
    citizenships=("SYR",),
)
BY_DOSSIER = traveller(documents=(), dossier_number=DOSSIER, citizenships=())
SYRIAN = seen("P0451298", "SYR")
HELD_THEN = (
    "Personen hade då flyktingstatus (skyddsskäl prövade mot Syrien och Irak, gäller från 2019-02-20). "
    "Identifierad genom {}."
)


def of(*events: Event, row: ProtectedPerson = ROW) -> list[Evidence]:
    return [Evidence(match_id=uuid(1), finding=finding(event, row)) for event in events]


def at_border(**changes: Any) -> Event:
    return crossing(**{"traveller": BY_DOSSIER, "country": "SYR", **changes})


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        (
            at_border(),
            "2026-03-02 kl. 13.00, Arlanda (SEARN): reste in från Syrien (med direkt förbindelse). "
            + HELD_THEN.format("dossiernummer"),
        ),
        (
            at_border(stay_days=1, country_basis=CountryBasis.STATED, occurred_precision=TimePrecision.DAY),
            "2026-03-02, Arlanda (SEARN): hade enligt uppgift vistats i Syrien i 1 dag; "
            "reste in från Syrien (enligt egen uppgift). " + HELD_THEN.format("dossiernummer"),
        ),
        (
            at_border(
                direction=Direction.EXIT,
                country="IRQ",
                country_basis=CountryBasis.TICKET,
                occurred_precision=TimePrecision.HOUR,
            ),
            "2026-03-02, timmen från kl. 13, Arlanda (SEARN): uppgav Irak som resmål (enligt biljett eller bokning). "
            + HELD_THEN.format("dossiernummer"),
        ),
        (
            at_border(direction=Direction.EXIT, country_basis=CountryBasis.OBSERVED),
            "2026-03-02 kl. 13.00, Arlanda (SEARN): reste ut till Syrien (enligt myndighetens iakttagelse). "
            + HELD_THEN.format("dossiernummer"),
        ),
        (
            at_border(
                traveller=traveller(documents=(SYRIAN,), personal_number=PERSONAL_NUMBER),
                country_basis=CountryBasis.STAMP,
            ),
            "2026-03-02 kl. 13.00, Arlanda (SEARN): visade pass utfärdat av Syrien; "
            "reste in från Syrien (enligt stämpel eller visering). " + HELD_THEN.format("handling, personnummer"),
        ),
        (
            observation(
                traveller=traveller(documents=(seen("P0451298", "SYR", use=DocumentUse.APPLIED_FOR),)),
                observation=Observation.HOME_PASSPORT_APPLIED_FOR,
                country=None,
                occurred_precision=TimePrecision.SECOND,
            ),
            "2026-03-02 kl. 13.00, UTOPI: ansökte om eller hämtade pass utfärdat av Syrien. "
            + HELD_THEN.format("handling"),
        ),
        (
            observation(traveller=BY_DOSSIER, country="IRQ"),
            "2026-03-02 kl. 13.00, UTOPI: möttes av utlandsmyndigheten i Irak. " + HELD_THEN.format("dossiernummer"),
        ),
        (
            observation(traveller=BY_DOSSIER, country="IRQ", observation=Observation.STAY_STATED, stay_days=90),
            "2026-03-02 kl. 13.00, UTOPI: hade enligt uppgift vistats i Irak i 90 dagar. "
            + HELD_THEN.format("dossiernummer"),
        ),
        (
            observation(traveller=BY_DOSSIER, country="IRQ", observation=Observation.STAY_STATED),
            "2026-03-02 kl. 13.00, UTOPI: hade enligt uppgift vistats i Irak. " + HELD_THEN.format("dossiernummer"),
        ),
        (
            at_border(traveller=traveller(documents=(), citizenships=())),
            "2026-03-02 kl. 13.00, Arlanda (SEARN): reste in från Syrien (med direkt förbindelse). "
            + HELD_THEN.format("namn och födelsedatum"),
        ),
    ],
)
def test_a_finding_is_told_in_plain_swedish(event: Event, sentence: str) -> None:
    assert explain(of(event)) == (sentence,)


@pytest.mark.parametrize(
    ("precision", "when"),
    [
        (TimePrecision.SECOND, "2026-05-26 kl. 00.17,"),
        (TimePrecision.MINUTE, "2026-05-26 kl. 00.17,"),
        (TimePrecision.HOUR, "2026-05-26, timmen från kl. 00,"),
        # A day is one as it was told, and not an interval of 24 hours that a time zone could move.
        (TimePrecision.DAY, "2026-05-25,"),
    ],
)
def test_a_moment_reads_in_swedish_time_as_on_the_page(precision: TimePrecision, when: str) -> None:
    late = datetime(2026, 5, 25, 22, 17, tzinfo=UTC)
    (sentence,) = explain(of(at_border(at=late, occurred_precision=precision)))
    assert sentence.startswith(when)
    # The page has the same day and the same clock in other signs.
    clock = re.search(r"kl\. ([\d.]+)", sentence)
    assert words.moment(late, precision).split(" ")[0] == str(int(when[8:10]))
    assert clock is None or words.moment(late, precision).endswith(clock[1])


def test_a_place_is_named_as_on_the_page() -> None:
    (sentence,) = explain(of(observation(traveller=BY_DOSSIER, country="IRQ", mission="JOAMM")))
    assert "Jordanien (JOAMM): möttes av" in sentence


def test_alternative_protection_is_named_as_such() -> None:
    row = person(statuses=(status(kind=StatusKind.ALTERNATIVE),))
    (sentence,) = explain(of(crossing(), row=row))
    assert "Personen hade då alternativ skyddsstatus (skyddsskäl prövade mot UTO" in sentence


def test_the_passports_named_are_those_of_examined_countries() -> None:
    event = at_border(traveller=traveller(documents=(seen("N1", "NOR"), SYRIAN, seen("I1", "IRQ"))))
    assert "visade pass utfärdat av Irak och Syrien;" in explain(of(event))[0]


def test_a_passport_is_told_although_its_state_has_another_code_than_the_grant() -> None:
    row = person(statuses=(status(countries=("DEU",)),), documents=(known(), known("C1", "DEU")))
    event = crossing(traveller=traveller(documents=(seen("C1", "D"), seen("N1", "NOR"))), country="NOR")
    assert "visade pass utfärdat av Tyskland." in explain(of(event, row=row))[0]


@pytest.mark.parametrize(
    ("code", "swedish"),
    [("SYR", "Syrien"), ("IRN", "Iran"), ("DEU", "Tyskland"), ("D", "Tyskland"), ("UTO", "UTO"), ("", "")],
)
def test_countries_have_their_swedish_names(code: str, swedish: str) -> None:
    assert country_name(code) == swedish


STATELESS = "Personen är statslös och kan inte på nytt ställa sig under ett medborgarskapslands skydd."
SHORT = "Den längsta uppgivna vistelsen är {}; en kort vistelse är inte bosättning."
INTENTION = "Endast en avsikt att resa är känd; inget visar att resan har genomförts."
DEVIATES = "Någon uppgift om resenären avviker från registret; se jämförelsen för varje händelse."
ALTERNATIVE = "Alternativ skyddsstatus upphör endast om förhållandena har ändrats väsentligt och varaktigt."
KNOWN = {STATELESS, INTENTION, DEVIATES, ALTERNATIVE}
INTENDED = at_border(direction=Direction.EXIT, country_basis=CountryBasis.STATED)
MARRIED = (name("Gift", "Inventa Maria"),)


@pytest.mark.parametrize(
    ("events", "row", "said"),
    [
        ((at_border(),), ROW, set()),
        ((at_border(),), ROW.model_copy(update={"citizenships": ("XXA",)}), {STATELESS}),
        ((INTENDED,), ROW, {INTENTION}),
        ((INTENDED, at_border()), ROW, set()),
        ((at_border(traveller=BY_DOSSIER.model_copy(update={"names": MARRIED})),), ROW, {DEVIATES}),
        (
            (at_border(),),
            ROW.model_copy(update={"statuses": (status(1, kind="ALTERNATIVE", countries=("SYR",)),)}),
            {ALTERNATIVE},
        ),
    ],
)
def test_what_the_data_say_for_the_person_is_told(
    events: tuple[Event, ...], row: ProtectedPerson, said: set[str]
) -> None:
    assert {text for text in favourable(of(*events, row=row), row) if text in KNOWN} == said


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ((1,), SHORT.format("1 dag")),
        ((0,), SHORT.format("0 dagar")),
        ((3, 30), SHORT.format("30 dagar")),
        ((3, 31), None),
        ((None,), None),
    ],
)
def test_a_short_stay_is_told_as_such(told: tuple[int | None, ...], sentence: str | None) -> None:
    texts = favourable(of(*(at_border(stay_days=days) for days in told)), ROW)
    assert [text for text in texts if text.startswith("Den längsta")] == ([sentence] if sentence else [])


def test_a_resedokument_that_tells_of_no_citizenship_is_no_deviation() -> None:
    document = seen("RD1234567", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT)
    event = at_border(traveller=traveller(documents=(document,), citizenships=("XXB",)))
    assert DEVIATES not in favourable(of(event), ROW)


def test_what_the_rules_ask_to_look_for_follows_each_once() -> None:
    texts = favourable(of(at_border(), at_border()), ROW)
    asked = (LookFor.SHORT_STAY, LookFor.ILLNESS, LookFor.FUNERAL, LookFor.FAMILY, LookFor.TRANSIT)
    assert texts == tuple(word.sentence for word in asked)


def test_without_a_row_only_the_evidence_speaks() -> None:
    assert STATELESS not in favourable(of(at_border()), None)


# Words that would decide, advise, judge or add up; the person decides (rules 1 and 2).
VERDICT = re.compile(
    r"återkalla(s|de)?\b|ska (upphöra|återkallas|prövas)|bör\b|måste|misstänk|fusk|missbruk|bedrägeri|skyldig|brott"
    r"|sannolik|risk|poäng|procent|%|uppenbart|bevisar|träffsäker",
    re.IGNORECASE,
)


def test_no_sentence_holds_a_verdict() -> None:
    alternative = person(statuses=(status(kind=StatusKind.ALTERNATIVE),), citizenships=("XXA",))
    texts = [
        *explain(of(at_border(stay_days=400), INTENDED, observation(traveller=BY_DOSSIER, country="IRQ"))),
        *explain(of(crossing(), row=alternative)),
        *favourable(of(INTENDED), ROW),
        *favourable(of(crossing(stay_days=3), row=alternative), alternative),
        (DEFAULT_RULES / "2026-1.toml").read_text("utf-8"),
        *(word.sentence for word in LookFor),
    ]
    assert [text for text in texts if VERDICT.search(text)] == []


def test_the_words_that_are_looked_for_would_be_found() -> None:
    for text in ("Statusen ska återkallas.", "Sannolikheten är 93 %.", "Resan bevisar ett missbruk."):
        assert VERDICT.search(text)


SEEN = datetime(2026, 3, 2, 12, tzinfo=UTC)


def stay(**changes: Any) -> Stay:
    return Stay(**{"country": "IRQ", "told": False, **changes})


@pytest.mark.parametrize(
    ("of_whom", "sentence"),
    [
        (
            {
                "certainty": "BOTH_ENDS",
                "left_sweden_at": SEEN,
                "returned_at": SEEN + timedelta(days=14),
                "days": 14,
                "days_at_least": 13,
                "days_at_most": 14,
                "told_days": 3,
            },
            "Utresa 2026-03-02 mot Irak och inresa från Irak 2026-03-16; båda gränspassagerna är iakttagna: "
            "14 dagar. "
            "Uppgiven längd: 3 dagar, vilket är kortare än personen var borta enligt iakttagelserna.",
        ),
        (
            {
                "certainty": "BOTH_ENDS",
                "left_sweden_at": SEEN,
                "returned_at": SEEN,
                "days": 1,
                "days_at_least": 0,
                "days_at_most": 2,
            },
            "Utresa 2026-03-02 mot Irak och inresa från Irak 2026-03-02; båda gränspassagerna är iakttagna: "
            "0 till 2 dagar.",
        ),
        (
            {
                "certainty": "BOTH_ENDS",
                "left_sweden_at": SEEN,
                "returned_at": SEEN,
                "days": 0,
                "days_at_least": 0,
                "days_at_most": 0,
                "may_be_transit": True,
            },
            "Utresa 2026-03-02 mot Irak och inresa från Irak 2026-03-02; båda gränspassagerna är iakttagna: 0 dagar. "
            "Kan ha varit genomresa: högst ett dygn.",
        ),
        (
            {"certainty": "ONE_END", "left_sweden_at": SEEN},
            "Utresa 2026-03-02 mot Irak; återkomsten är inte känd.",
        ),
        (
            {
                "certainty": "ONE_END",
                "left_sweden_at": SEEN,
                "seen_after_at": SEEN + timedelta(days=5),
                "days_at_most": 5,
            },
            "Utresa 2026-03-02 mot Irak; återkomsten är inte känd. "
            "Personen sågs åter vid Sveriges gräns 2026-03-07: kortare än 6 dagar.",
        ),
        (
            {
                "certainty": "ONE_END",
                "returned_at": SEEN,
                "seen_before_at": SEEN - timedelta(days=1),
                "days_at_most": 1,
                "days": 9,
                "told": True,
                "told_days": 9,
            },
            "Inresa från Irak 2026-03-02; utresan är inte känd. "
            "Personen sågs dessförinnan vid Sveriges gräns 2026-03-01: kortare än 2 dagar. Uppgiven längd: 9 dagar, "
            "vilket inte stämmer med iakttagelserna: personen var borta i kortare tid.",
        ),
        (
            {"certainty": "INTENDED", "left_sweden_at": SEEN},
            "Utresa 2026-03-02 med Irak som uppgett resmål; inget visar att resan dit har genomförts.",
        ),
        (
            {"certainty": "SEEN_THERE"},
            "Personen möttes av en utlandsmyndighet i Irak; varken utresa eller återkomst är känd.",
        ),
        (
            {"certainty": "TOLD", "told": True, "days": 90, "told_days": 90},
            "Vistelse i Irak enligt uppgift; varken utresa eller återkomst är känd. Uppgiven längd: 90 dagar.",
        ),
        # Of candidates from before certainty was told.
        (
            {"left_sweden_at": SEEN, "returned_at": SEEN + timedelta(days=14), "days": 14},
            "Utresa 2026-03-02 mot Irak och inresa från Irak 2026-03-16; båda gränspassagerna är iakttagna: 14 dagar.",
        ),
        (
            {"returned_at": SEEN, "days": 9, "told": True},
            "Inresa från Irak 2026-03-02; utresan är inte känd. Uppgiven längd: 9 dagar.",
        ),
        ({"told": True}, "Vistelse i Irak enligt uppgift; varken utresa eller återkomst är känd."),
    ],
)
def test_every_form_of_a_stay_has_its_sentence(of_whom: dict[str, Any], sentence: str) -> None:
    assert explain_stay(stay(**of_whom)) == sentence
    assert not VERDICT.search(sentence)


LEFT, BACK = SEEN - timedelta(days=5), SEEN
TICKET = crossing(
    1, at=LEFT, traveller=BY_DOSSIER, direction=Direction.EXIT, country="SYR", country_basis=CountryBasis.TICKET
)
RETURN = crossing(2, at=BACK, traveller=BY_DOSSIER, country="SYR", country_basis=CountryBasis.STATED, stay_days=35)


def evidence_of(*events: Event) -> list[Evidence]:
    return [Evidence(match_id=event.event_id, finding=finding(event, ROW)) for event in events]


def test_a_told_length_that_the_crossings_contradict_is_said_to_be_so_everywhere() -> None:
    evidence = evidence_of(TICKET, RETURN)
    (joined,) = stays(evidence)
    assert explain_stay(joined, evidence) == (
        "Utresa 2026-02-25 med Syrien som uppgett resmål (enligt biljett eller bokning) och inresa från Syrien "
        "2026-03-02 (enligt egen uppgift); båda gränspassagerna är iakttagna: 5 dagar. "
        "Uppgiven längd: 35 dagar, vilket inte stämmer med iakttagelserna: personen var borta i kortare tid."
    )
    left, returned = explain(evidence, [joined])
    assert "stämmer" not in left
    assert "hade enligt uppgift vistats i Syrien i 35 dagar" in returned
    assert returned.endswith(
        " Uppgiften om 35 dagar stämmer inte med gränspassagerna: vistelsen var kortare än 6 dagar."
    )
    assert [text for text in favourable(evidence, ROW, [joined]) if text.startswith("Varje vistelse")] == [
        "Varje vistelse som framgår var kortare än 6 dagar enligt iakttagelserna, men 35 dagar har uppgetts; "
        "en kort vistelse är inte bosättning."
    ]


def test_a_told_length_much_shorter_than_the_absence_is_said_to_be_so() -> None:
    evidence = evidence_of(
        TICKET.model_copy(update={"occurred_at": BACK - timedelta(days=60)}),
        RETURN.model_copy(update={"stay_days": 3}),
    )
    (joined,) = stays(evidence)
    assert explain(evidence, [joined])[1].endswith(
        " Enligt gränspassagerna var personen borta i minst 59 dagar, längre än de uppgivna 3 dagar."
    )
    assert "Den längsta uppgivna vistelsen är 3 dagar, men en frånvaro om minst 59 dagar är iakttagen; " in " ".join(
        favourable(evidence, ROW, [joined])
    )


@pytest.mark.parametrize(("told", "differs"), [(2, True), (3, False), (5, False), (7, False), (8, True)])
def test_days_that_are_only_counted_otherwise_are_no_disagreement(told: int, differs: bool) -> None:
    # Five whole days and some hours touch seven dates of the calendar.
    observed = stay(certainty="BOTH_ENDS", left_sweden_at=LEFT, returned_at=BACK, days=5, days_at_least=5,
                    days_at_most=5, told_days=told)  # fmt: skip
    assert ("iakttagelserna" in explain_stay(observed)) is differs
    texts = explain(evidence_of(RETURN.model_copy(update={"stay_days": told})), [
        observed.model_copy(update={"evidence": (RETURN.event_id,)})
    ])  # fmt: skip
    assert ("gränspassagerna" in texts[0]) is differs


def test_a_ticket_is_not_told_as_travel_although_the_return_is_known() -> None:
    for basis, words_of_it in (
        (CountryBasis.TICKET, "med Syrien som uppgett resmål (enligt biljett eller bokning)"),
        (CountryBasis.DIRECT_ROUTE, "mot Syrien (med direkt förbindelse)"),
    ):
        left = TICKET.model_copy(update={"country_basis": basis})
        met = observation(3, at=LEFT + timedelta(days=1), traveller=BY_DOSSIER, country="SYR")
        for events in ((left, RETURN), (left, met)):
            evidence = evidence_of(*events)
            (joined,) = stays(evidence)
            assert explain_stay(joined, evidence).startswith(f"Utresa 2026-02-25 {words_of_it}")


def test_the_day_of_an_end_is_the_swedish_one_and_a_day_as_told_stays() -> None:
    late = LEFT.replace(hour=23, minute=30)
    for precision, told in ((TimePrecision.MINUTE, "2026-02-26"), (TimePrecision.DAY, "2026-02-25")):
        left = TICKET.model_copy(update={"occurred_at": late, "occurred_precision": precision})
        evidence = evidence_of(left)
        (joined,) = stays(evidence)
        assert explain_stay(joined, evidence).startswith(f"Utresa {told} med Syrien som uppgett resmål")


TRANSIT = "En vistelse var högst ett dygn och kan ha varit genomresa."
BRIEF = "Varje vistelse som framgår var kortare än {}; en kort vistelse är inte bosättning."


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ([], []),
        ([stay(certainty="ONE_END")], []),
        ([stay(certainty="BOTH_ENDS", days_at_most=14)], [BRIEF.format("15 dagar")]),
        (
            [stay(certainty="BOTH_ENDS", days_at_most=30), stay(certainty="ONE_END", days_at_most=1)],
            [BRIEF.format("31 dagar")],
        ),
        ([stay(certainty="BOTH_ENDS", days_at_most=14), stay(certainty="ONE_END")], []),
        ([stay(certainty="BOTH_ENDS", days_at_most=31)], []),
        ([stay(certainty="BOTH_ENDS", days_at_most=14), stay(certainty="INTENDED")], [BRIEF.format("15 dagar")]),
        ([stay(certainty="BOTH_ENDS", days_at_most=0, may_be_transit=True)], [TRANSIT, BRIEF.format("1 dag")]),
    ],
)
def test_short_stays_and_possible_transit_are_told_for_the_person(held: list[Stay], said: list[str]) -> None:
    told = favourable(of(at_border()), ROW, held)
    assert [text for text in told if text == TRANSIT or text.startswith("Varje vistelse")] == said
    assert not any(VERDICT.search(text) for text in said)
