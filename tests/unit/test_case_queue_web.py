"""The parts of the pages that need no database."""

from __future__ import annotations

import base64
import re
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from unittest.mock import Mock

import pytest

import consumers.case_queue
from consumers.case_queue import words
from consumers.case_queue.api import WebSettings, create_app
from consumers.case_queue.cursor import CursorInvalid, Place, read_cursor, write_cursor
from consumers.case_queue.errors import NotLoopback
from consumers.case_queue.guard import check_loopback
from consumers.case_queue.pages import in_favour, rule_lines, stay_lines
from consumers.case_queue.templates import render
from matcher.explain_stay import explain_stay
from matcher.naming import place_name
from schemas import records
from schemas.records import OutcomeKind, StatusKind, Stay
from tests.asgi import AsgiClient
from tests.builders import crossing, finding, person, status
from tests.builders_queue import START, make_candidate, person_id

TEMPLATES = Path(consumers.case_queue.__file__).parent / "templates"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost"])
def test_loopback_addresses_may_be_bound(host: str) -> None:
    assert check_loopback(host) == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "", "example.org", "localhost.example.org"])  # noqa: S104
def test_other_addresses_are_refused_with_advice(host: str) -> None:
    with pytest.raises(NotLoopback, match=r"bind it to 127\.0\.0\.1"):
        check_loopback(host)


def test_a_cursor_comes_back_as_it_was() -> None:
    place = Place(START + timedelta(microseconds=1), person_id(1))
    assert read_cursor("received-newest", write_cursor("received-newest", place)) == place


@pytest.mark.parametrize(
    "cursor", ["", "x", "!!!!", "YWJj", write_cursor("received-oldest", Place(START, person_id(1)))]
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        read_cursor("received-newest", cursor)


@pytest.mark.parametrize("time", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-10:00", "2026-03-14T09:26:53", "soon"])
def test_a_cursor_of_no_time_is_refused(time: str) -> None:
    cursor = base64.urlsafe_b64encode(f"received-newest|{time}|{person_id(1)}".encode()).decode()
    with pytest.raises(CursorInvalid):
        read_cursor("received-newest", cursor)


def test_a_request_that_is_invalid_is_told_where_the_openapi_document_is() -> None:
    client = AsgiClient(create_app(Mock(), Mock(), WebSettings(), lambda: START), "http://127.0.0.1")
    refused = client.get("/api/v1/candidates?limit=101")
    assert refused.status_code == 422
    (path,) = re.findall(r"/api/\S+\.json", refused.json()["detail"])
    assert client.get(path).json()["openapi"].startswith("3.")


def test_days_between_stays_are_counted_from_return_to_departure() -> None:
    def stay(left: int | None, returned: int | None) -> Stay:
        return Stay(
            country="IRQ",
            left_sweden_at=None if left is None else START + timedelta(days=left),
            returned_at=None if returned is None else START + timedelta(days=returned),
            told=False,
        )

    lines = stay_lines((stay(0, 10), stay(25, None), stay(60, 70), stay(None, 80)))
    assert [line.gap_days for line in lines] == [None, 15, None, None]
    assert [line.sentence for line in lines] == [explain_stay(line.stay) for line in lines]


def test_what_is_known_for_the_person_is_kept_apart_from_what_to_ask_about() -> None:
    candidate = make_candidate()
    asked = candidate.evidence[0].finding.rules[0].favourable
    both = candidate.model_copy(update={"favourable": ("Personen är statslös.", *asked)})
    got = in_favour(both)
    assert (got.known, got.to_ask) == (("Personen är statslös.",), asked)
    assert asked


def test_a_rule_is_shown_once_with_each_outcome_on_its_own_basis_whichever_event_it_fired_on() -> None:
    as_refugee, as_alternative = (
        [
            rule
            for rule in finding(crossing(), person(statuses=(status(kind=kind),))).rules
            if "returned" in rule.rule_id
        ]
        for kind in StatusKind
    )
    pieces = [
        piece.model_copy(update={"finding": piece.finding.model_copy(update={"rules": tuple(rules)})})
        for piece, rules in zip(make_candidate(pieces=2).evidence, (as_refugee, as_alternative), strict=True)
    ]
    (line,) = rule_lines(pieces)
    assert line.title == "Inresa från ett land som skyddsskälen har prövats mot"
    assert list(line.concerns.items()) == [
        (
            OutcomeKind.REFUGEE_STATUS,
            (
                "UtlL 4 kap. 5 § första stycket 1 (den som är medborgare i landet)",
                "UtlL 4 kap. 5 § första stycket 4",
                "Förordning (EU) 2024/1347 art. 14.1",
            ),
        ),
        (OutcomeKind.ALTERNATIVE_PROTECTION, ("UtlL 4 kap. 5 a §", "Förordning (EU) 2024/1347 art. 19.1")),
        (OutcomeKind.PERMIT, ("UtlL 7 kap.",)),
    ]


def test_times_are_shown_no_more_exact_than_they_are_known() -> None:
    late = datetime(2026, 3, 2, 23, 40, tzinfo=UTC)
    assert words.moment(late, "DAY") == "2 mars 2026"
    assert words.moment(late, "HOUR") == "3 mars 2026 omkring kl. 00"
    assert words.moment(late) == "3 mars 2026 kl. 00.40"
    assert words.day(date(2026, 5, 9)) == "9 maj 2026"


def test_places_are_named_or_told_by_country() -> None:
    assert place_name("SEARN") == "Arlanda (SEARN)"
    assert place_name("IQBGW") == "Irak (IQBGW)"
    assert place_name("SE") == "Sverige"
    assert place_name("??") == "??"


@pytest.mark.parametrize(
    ("table", "enum"),
    [
        (words.OUTCOMES, records.OutcomeKind),
        (words.KINDS, records.EvidenceKind),
        (words.STATES, records.CandidateState),
        (words.RESULTS, records.FeatureResult),
        (words.STATUSES, records.StatusKind),
        (words.DOCUMENTS, records.DocumentKind),
        (words.USES, records.DocumentUse),
        (words.BASES, records.CountryBasis),
        (words.DIRECTIONS, records.Direction),
        (words.IDENTITIES, records.IdentityLevel),
    ],
)
def test_every_value_of_the_contract_has_a_swedish_word(table: dict[str, str], enum: type[StrEnum]) -> None:
    assert table.keys() == {member.value for member in enum}


def test_templates_never_switch_escaping_off_and_hold_no_script() -> None:
    for template in TEMPLATES.glob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"\|\s*safe|autoescape|<script|\son\w+=|style=|javascript:", text), template.name


def test_pages_never_decide() -> None:
    text = " ".join(file.read_text("utf-8") for file in TEMPLATES.glob("*.html"))
    text += " ".join(value for table in words.WORDS.values() for value in table.values())
    assert not re.search(
        r"ska återkallas|bör återkallas|poäng|risk|misstänkt|sannolikhet|prioritet", text, re.IGNORECASE
    )


def test_what_is_put_into_a_page_is_escaped() -> None:
    page = render("fault.html", heading="<script>alert(1)</script>", words="\"'><b>")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "<b>" not in page
