"""The peers' join in plain Python, the keys that every job makes, and what the page says of the figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matcher.registry import document_key
from schemas.swedish_time import day_begins_ms
from tests.benchmarks.peers import page, quix_job
from tests.benchmarks.peers.prepared import SCHEMAS, Events, Format, expected, pairs, table, versions
from tests.benchmarks.workload import without_names
from tests.builders import codec, crossing, encode

VECTORS = Path(quix_job.__file__).with_name("document-keys.tsv")
# 24 October 2024: in summer time, as the first day of the status is, and the day after its last one is not.
DAY = 20_020
PERSON = "6f1f9a80-0000-4000-8000-000000000001"


def at(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def registry_row(**changes: Any) -> dict[str, Any]:
    status = {"status_id": "a", "kind": "REFUGEE", "countries": ["SYR"], "valid_from": DAY - 100, "valid_to": DAY + 10}
    row = {
        "person_id": PERSON,
        "naturalised_on": None,
        "documents": [{"issuing_state": "SWE", "number": "R 123"}, {"issuing_state": "SYR", "number": "N1"}],
        "statuses": [status | {"superseded_at": None}],
    }
    return row | changes


def seen(**changes: Any) -> dict[str, Any]:
    event = {
        "event_id": "e1",
        "kind": "REPORTED",
        "occurred_at": at("2024-10-24T02:00:00+02:00"),
        "country": "SYR",
        "traveller": {"documents": [{"issuing_state": "SWE", "number": "r-123"}]},
    }
    return event | changes


def lines() -> list[tuple[str, str, str]]:
    split = (line.split("\t") for line in VECTORS.read_text("utf-8").splitlines())
    return [(state, number, key) for state, number, key in split]


@pytest.mark.parametrize(("state", "number", "key"), lines())
def test_the_keys_that_the_jobs_are_checked_against_are_those_of_the_matcher(state: str, number: str, key: str) -> None:
    assert document_key(state, number) == key
    assert quix_job.document_key(state, number) == key


def test_the_keys_cover_every_way_in_which_a_number_is_changed() -> None:
    assert any(state != key.split(":")[0] for state, _, key in lines())
    assert any(not number.isascii() for _, number, _ in lines())
    assert any(number.upper() != key.split(":")[1] for _, number, key in lines())


def test_a_key_that_differs_is_told(tmp_path: Path) -> None:
    wrong = tmp_path / "keys.tsv"
    wrong.write_text("SWE\tA1\tSWE:A1\nSWE\ta 1\tSWE:A-1\n", "utf-8")
    with pytest.raises(ValueError, match="line 2 gives SWE:A1"):
        quix_job.check(wrong)


MATCHES = [("e1", PERSON)]
CASES = {
    "in force": (registry_row(), seen(), MATCHES),
    "on its first day": (registry_row(), seen(occurred_at=at("2024-07-16T00:00:00+02:00")), MATCHES),
    "the moment before": (registry_row(), seen(occurred_at=at("2024-07-15T23:59:59.999+02:00")), []),
    "the moment before its end": (registry_row(), seen(occurred_at=at("2024-11-02T23:59:59.999+01:00")), MATCHES),
    "ended": (registry_row(), seen(occurred_at=at("2024-11-03T00:00:00+01:00")), []),
    "naturalised that day": (registry_row(naturalised_on=DAY), seen(), []),
    "naturalised the day after": (registry_row(naturalised_on=DAY + 1), seen(), MATCHES),
    "another country": (registry_row(), seen(country="TUR"), []),
    "no country": (registry_row(), seen(country=None), []),
    "withdrawn": (registry_row(), seen(kind="WITHDRAWN"), []),
    "another document": (
        registry_row(),
        seen(traveller={"documents": [{"issuing_state": "SYR", "number": "R123"}]}),
        [],
    ),
    "superseded": (registry_row(statuses=[registry_row()["statuses"][0] | {"superseded_at": 5}]), seen(), []),
}


@pytest.mark.parametrize("case", CASES)
def test_the_join_finds_who_held_a_status_for_the_country_on_the_day(case: str) -> None:
    row, event, matches = CASES[case]
    prepared = table([row])
    assert list(pairs(event, prepared)) == matches
    if case != "another document":  # Quix has looked the document up before
        found = quix_job.match(event, prepared["SWE:R123"])
        assert [(found["event_id"], found["person_id"]) for found in [found] if found is not None] == matches


def test_a_document_that_names_two_people_is_in_no_table() -> None:
    other = registry_row(person_id="someone-else", documents=[{"issuing_state": "SYR", "number": "n1"}])
    assert set(table([registry_row(), other])) == {"SWE:R123"}


def test_the_table_has_a_record_from_the_first_day_of_each_status() -> None:
    earlier = registry_row()["statuses"][0] | {"status_id": "b", "valid_from": DAY - 500, "valid_to": DAY - 400}
    row = registry_row(statuses=[*registry_row()["statuses"], earlier])
    records = list(versions(table([row])))
    assert [(record.key, record.at) for record in records] == [
        (b"SWE:R123", at("2023-06-12T00:00:00+02:00")),
        (b"SYR:N1", at("2023-06-12T00:00:00+02:00")),
        (b"SWE:R123", at("2024-07-16T00:00:00+02:00")),
        (b"SYR:N1", at("2024-07-16T00:00:00+02:00")),
    ]
    assert [status["valid_from"] for status in Format("status").decode(records[0].value)["statuses"]] == [
        DAY - 100,
        DAY - 500,
    ]


def test_quix_has_the_swedish_days_of_the_registry() -> None:
    days = [date(2025, 1, 1) + timedelta(days=days) for days in range(800)]
    for day in (*days, date(1996, 1, 2), date(2099, 12, 31)):
        number = (day - date(1970, 1, 1)).days
        begins = day_begins_ms(number)
        assert [quix_job.swedish_day(moment) for moment in (begins - 1, begins)] == [number - 1, number]


def test_quix_reads_and_writes_what_the_benchmark_does() -> None:
    (row, *_) = table([registry_row()]).values()
    status = quix_job.Schemas(SCHEMAS / "status.avsc")
    assert status.decode(Format("status").encode(dict(row))) == row
    assert status.decode(Format("status").encode(dict(row)) + b"\0") is None
    match = quix_job.match(seen(), row)
    assert Format("match").decode(quix_job.Schemas(SCHEMAS / "match.avsc").encode(match)) == match


def test_what_cannot_be_read_is_expected_of_nobody() -> None:
    assert Events().by_document("border-crossings", b"\xc3\x01") == []
    assert expected([("border-crossings", b"k", b"")], {}) == (frozenset(), frozenset())


def measured(key: str, **figures: float) -> page.Measured:
    values = {row.key: [figures.get(row.key, 10.0)] for row in page.ROWS}
    return page.Measured(key, key, "does it", key == "matching", values)


RESULTS = page.Results(
    facts={"runs": "1"},
    people=1,
    events=2,
    keyed_events=3,
    table_rows=4,
    matches=5,
    common=6,
    live_rate=7,
    live_s=8.0,
    jobs=[],
)


def test_a_ratio_above_one_is_ahead_in_rates_and_in_times() -> None:
    ours, peer = measured("matching", rate=30.0, memory=5.0), measured("quix-asof", rate=10.0, memory=10.0)
    rows = {row.key: page.ratio(row, ours, peer) for row in page.ROWS}
    assert rows["rate"] == 3
    assert rows["memory"] == 2


def test_the_page_says_where_ours_is_behind() -> None:
    ours = measured("matching", rate=14.0, rate_late=20.0, processor=1, processor_late=1, p50=1, p90=1, p99=1)
    ours = replace(ours, runs={**ours.runs, "memory": [5.0], "ready": [1.0], "restart": [30.0]})
    peers = [measured("streams-global"), measured("quix-asof", restart=40.0)]
    said = page.behind(replace(RESULTS, jobs=[ours, *peers]))
    assert said == [
        "restart to first match, s: 30.0, not ahead of streams-global (0.33).",
        "1.40 times Kafka Streams' fastest (streams-global) in events/s; the target is ≥ 1.50.",
    ]
    text = page.markdown(replace(RESULTS, jobs=[ours, *peers]))
    assert f"- {said[0]}" in text
    assert "| streams-global | 1.40 | 2.00 |" in text


def test_the_page_says_so_where_ours_is_ahead_in_every_row() -> None:
    best = {row.key: 99.0 if row.more_is_better else 1.0 for row in page.ROWS}
    results = replace(RESULTS, jobs=[measured("matching", **best), measured("streams-global")])
    assert page.behind(results) == []
    assert "Nowhere in this run." in page.markdown(results)


def test_an_equal_figure_is_not_ahead() -> None:
    results = replace(RESULTS, jobs=[measured("matching"), measured("streams-global")])
    assert len(page.behind(results)) == len(page.ROWS) + 1


def test_the_page_tells_apart_what_holds_without_names() -> None:
    best = {row.key: 99.0 if row.more_is_better else 1.0 for row in page.ROWS}
    results = replace(RESULTS, jobs=[measured("matching", **best), measured("streams-global")])
    ours, peers = measured("matching", rate=30.0), [measured("streams-global"), measured("streams-memory", rate=25.0)]
    results = replace(results, exact=[ours, *peers])
    assert page.behind(results) == [
        "Without names 1.20 times Kafka Streams' fastest (streams-memory) in events/s; the target is ≥ 1.50."
    ]
    text = page.markdown(results)
    assert "## Throughput where keys are exact or absent" in text
    assert "| streams-memory | 1.20 | 1.00 | 1.00 | 1.00 |" in text
    assert page.document(results)["without_names"]


def test_events_lose_their_names_and_nothing_else() -> None:
    value, decode = encode("border-crossing", crossing()), codec("border-crossing", raw=True).decode
    broken = ("border-crossings", b"k", b"no record")
    (topic, key, changed), left = without_names([("border-crossings", b"k", value), broken])
    before, after = decode(value), decode(changed)
    assert before["traveller"]["names"]
    assert after == {**before, "traveller": {**before["traveller"], "names": []}}
    assert (topic, key, left) == ("border-crossings", b"k", broken)
