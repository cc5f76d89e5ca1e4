"""What the native filter passes over, Python would have called NO_PERSON; and it passes over nearly all of those."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.kafka import Inbound
from consumers.source_events import check_event
from matcher.identity import could_be
from matcher.memory import Outcome
from matcher.native import Index, LookAt, _core, make_filter, make_index
from producers.simulator import Scenario, build
from schemas.checks import LIMITS
from schemas.codec import Codec, schema, without_logical_types
from schemas.countries import COUNTRY_CODES
from schemas.reasons import Reason
from schemas.records import EventKind, Traveller
from schemas.topics import TOPICS
from tests.builders import (
    CROSSINGS,
    DOSSIER,
    LAWS,
    NOON,
    OBSERVATIONS,
    PERSONAL_NUMBER,
    codec,
    crossing,
    encode,
    name,
    observation,
    person,
    raw,
    uuid,
)
from tests.contract.examples import accepted, rejected
from tests.unit.consumers.matchers import BERTA, NOBODY, Matchers
from tests.unit.consumers.memory_kafka import Topics
from tests.unit.natively import needs_native

pytestmark = needs_native

SOURCES = {"border-crossing": CROSSINGS, "mission-observation": OBSERVATIONS}
PLAIN = {"border-crossing": crossing(**NOBODY), "mission-observation": observation(**NOBODY)}


@cache
def look(record: str) -> LookAt:
    """A filter with the people that `Matchers` has."""
    index = make_index(codec("protected-person", raw=True), native=True)
    for one in (person(), BERTA):
        index.upsert(str(one.person_id), encode("protected-person", one))
    return make_filter(index, TOPICS[SOURCES[record]], codec(record, raw=True))


# The last moment of the calendar: no event is dated later than the broker's clock.
_LATE = 253_402_300_799_999


def looked_at(ask: LookAt, values: list[bytes | None], keys: list[bytes | None], *rest: int) -> list[int]:
    """Indices of the records that must be looked at, nothing being remembered."""
    return [index for index, _ in ask(values, keys, {}, *rest)]


def passed(record: str, value: bytes | None, key: bytes | None, memory: dict[str, bytes] | None = None) -> bool:
    return not look(record)([value], [key], memory or {})


@cache
def python() -> Matchers:
    assert not Matchers.native
    return Matchers()


def judged(record: str, value: bytes | None, key: bytes | None) -> Outcome:
    """What Python says, remembering nothing."""
    (outcome,) = python().handler.handle([Inbound(SOURCES[record], 0, 0, _LATE, key, value)]).outcomes
    if outcome is not Outcome.NO_PERSON:
        python().restart()
    return outcome


def key_of(value: bytes) -> bytes:
    """What stands where the event id stands."""
    return value[11:47]


@pytest.mark.parametrize("record", SOURCES)
def test_an_ordinary_traveller_is_passed_over(record: str) -> None:
    value = encode(record, PLAIN[record])
    assert passed(record, value, key_of(value))
    assert judged(record, value, key_of(value)) is Outcome.NO_PERSON


@pytest.mark.parametrize("record", SOURCES)
def test_one_of_the_registry_is_looked_at_and_so_is_one_who_is_remembered(record: str) -> None:
    event = crossing() if record == "border-crossing" else observation()
    value = encode(record, event)
    assert not passed(record, value, key_of(value))
    value = encode(record, PLAIN[record])
    assert not passed(record, value, key_of(value), {key_of(value).decode(): b""})
    assert passed(record, value, key_of(value), {str(uuid(77)): b""})


@pytest.mark.parametrize("record", SOURCES)
def test_what_is_no_first_report_is_looked_at(record: str) -> None:
    make = crossing if record == "border-crossing" else observation
    for event in (make(revision=2, **NOBODY), make(revision=2, kind=EventKind.WITHDRAWN, **NOBODY)):
        value = encode(record, event)
        assert not passed(record, value, key_of(value))


@pytest.mark.parametrize("record", SOURCES)
@pytest.mark.parametrize("key", [None, b"", str(uuid(77)).encode()])
def test_a_key_that_is_not_the_event_id_is_looked_at(record: str, key: bytes | None) -> None:
    assert not passed(record, encode(record, PLAIN[record]), key)


def test_an_event_from_the_future_is_looked_at() -> None:
    value = encode("border-crossing", PLAIN["border-crossing"])
    occurred = raw("border-crossing", PLAIN["border-crossing"])["occurred_at"]
    ask = look("border-crossing")
    assert looked_at(ask, [value], [key_of(value)], occurred) == []
    assert looked_at(ask, [value], [key_of(value)], occurred - 1) == [0]


@pytest.mark.parametrize("example", [e for e in accepted() if e.record in SOURCES], ids=lambda e: e.name)
def test_the_valid_examples(example: Any) -> None:
    if passed(example.record, example.encoded, key_of(example.encoded)):
        assert judged(example.record, example.encoded, key_of(example.encoded)) is Outcome.NO_PERSON


@pytest.mark.parametrize(
    "example", [e for e in rejected() if e.record in SOURCES and e.data is not None], ids=lambda e: e.name
)
def test_the_refused_examples_are_looked_at(example: Any) -> None:
    assert not passed(example.record, example.data, key_of(example.data))


NOON_MS = int(NOON.timestamp() * 1000)
# What stands at a place, and what else might: good, bad, and just beyond.
TEXTS = ["", " ", "\x1c", "\xa0", "\u2003", "x", "å" * 500, "å" * 501, "x" * 500, "x" * 501, "\0", "é\u0301"]
STATES = ["UTO", "NOR", "D", "DEU", "XKX", "XXA", "uto", "ZZZ", "", "NORX", "ÅLA", "\0UTO", "\0NOR", "D\0"]
MIDNIGHT_MS = NOON_MS - NOON_MS % 86_400_000
CHANGES: dict[str, list[Any]] = {
    "event_id": ["A" * 36, str(uuid(1)).upper(), str(uuid(1)), "0" * 36, "-" * 36, str(uuid(1))[:-1] + "g", ""],
    "revision": [0, 1, 2, -1, 2**31 - 1],
    "kind": ["REPORTED", "CORRECTED", "WITHDRAWN"],
    "occurred_at": [
        MIDNIGHT_MS, MIDNIGHT_MS - 1, 631_152_000_000, 631_151_999_999, 0, -1, 2**62, 2**63 - 1, -(2**63),
    ],
    "occurred_precision": ["SECOND", "HOUR", "DAY"],
    "recorded_at": [
        NOON_MS - 300_000, NOON_MS - 300_001, MIDNIGHT_MS - 50_700_000, MIDNIGHT_MS - 50_700_001,
        631_152_000_000 - 300_000, 253_402_300_799_999, 253_402_300_800_000, 2**63 - 1, -(2**63),
    ],
    "traveller.documents": [[], [{"number": "1", "issuing_state": "NOR", "kind": "VISA", "use": "HELD"}] * 51],
    "traveller.documents.0.number": ["P0451298", "p 0451-298", " P1", "-", "P" * 30, "P" * 31, "", "ı1", "P1\n", "²"],
    "traveller.documents.0.issuing_state": STATES,
    "traveller.documents.0.kind": ["PASSPORT", "IDENTITY_CARD", "OTHER"],
    "traveller.documents.0.use": ["PRESENTED", "APPLIED_FOR", "HELD"],
    "traveller.personal_number": [None, PERSONAL_NUMBER, "191212121213", "19121212121２", "", "1" * 13, "900101010106"],
    "traveller.dossier_number": [None, DOSSIER, "00000002", "1234567", "123456789", "", "1234567８"],
    "traveller.names": [[], [{"surname": "", "given_names": "", "form": "MRZ"}] * 51],
    "traveller.names.0.surname": [*TEXTS, "Åbergsson", "AABERGSSON"],
    "traveller.names.0.given_names": [*TEXTS, "Inventa Maria", "Maria"],
    "traveller.birth_date": [
        None, "", "1974", "1974-08", "1974-08-12", "1974-12-08", "1850", "1849", "2200-12-31", "2201", "1900-02-29",
        "2000-02-29", "1353",
        "1353-02-31", "1353-02-32", "1353-13-01", "1200", "1199", "1499-12-30", "1500",
        "1974-13", "1974-00", "1974-04-31", "1974-8-1", "1974-08-", "1974-08-12 ", "19740812", "197４",
    ],
    "traveller.citizenships": [[], ["UTO"], ["NOR"] * 50, ["NOR"] * 51, ["XX"], [""]],
    "traveller.sex": [None, "F", "M", "X"],
    "disclosure.authority": [*TEXTS, "POLISMYNDIGHETEN", "UTLANDSMYNDIGHETERNA", "TULLVERKET", "polismyndigheten"],
    "disclosure.unit": TEXTS,
    "disclosure.legal_ground": TEXTS,
    "disclosure.weighing": TEXTS,
    "disclosure.purpose": TEXTS,
    "direction": ["ENTRY", "EXIT"],
    "border_point": ["SEARN", "searn", "SE1RN", "SE2RN", "SEAR", "SEARNX", "", "ÅEARN", "S2ARN"],
    "mission": ["UTOPI", "utopi", "UT", ""],
    "observation": ["HOME_PASSPORT_PRESENTED", "HOME_PASSPORT_APPLIED_FOR", "MET_IN_COUNTRY", "STAY_STATED"],
    "country": [None, *STATES],
    "country_basis": [None, "STATED", "STAMP"],
    "stay_days": [None, 0, 1, 36_525, 36_526, -1, 2**31 - 1],
}  # fmt: skip


def put(values: dict[str, Any], path: str, value: Any) -> bool:
    """Put a value at a place; whether there is one."""
    *way, last = path.split(".")
    at: Any = values
    for step in way:
        at = at[int(step)] if isinstance(at, list) and int(step) < len(at) else at.get(step, []) if at else at
        if isinstance(at, list) and not at:
            return False
    if not isinstance(at, dict) or last not in at:
        return False
    at[last] = value
    return True


@LAWS
@given(st.sampled_from(sorted(SOURCES)), st.lists(st.sampled_from(sorted(CHANGES)), max_size=3), st.data())
def test_whatever_stands_in_an_event(record: str, paths: list[str], data: st.DataObject) -> None:
    values = deepcopy(raw(record, PLAIN[record]))
    for path in paths:
        put(values, path, data.draw(st.sampled_from(CHANGES[path])))
    value = encode(record, PLAIN[record])[:10] + codec(record, raw=True).encode_body(values)
    key = values["event_id"].encode()
    if passed(record, value, key):
        assert judged(record, value, key) is Outcome.NO_PERSON


@pytest.mark.parametrize("use", ["PRESENTED", "APPLIED_FOR"])
@pytest.mark.parametrize("kind", ["PASSPORT", "IDENTITY_CARD"])
@pytest.mark.parametrize("observed", ["PRESENTED", "APPLIED_FOR"])
def test_a_passport_that_was_observed_is_among_the_documents(observed: str, kind: str, use: str) -> None:
    values = deepcopy(raw("mission-observation", PLAIN["mission-observation"]))
    values["observation"] = f"HOME_PASSPORT_{observed}"
    other = {"number": "X9990002", "issuing_state": "NOR", "kind": "OTHER", "use": "HELD"}
    values["traveller"]["documents"] = [other, {**other, "kind": kind, "use": use}, other]
    value = encode("mission-observation", PLAIN["mission-observation"])[:10] + codec(
        "mission-observation", raw=True
    ).encode_body(values)
    as_it_should_be = kind == "PASSPORT" and use == observed
    assert passed("mission-observation", value, key_of(value)) is as_it_should_be
    outcome = judged("mission-observation", value, key_of(value))
    assert outcome is (Outcome.NO_PERSON if as_it_should_be else Outcome.DEAD)


@pytest.mark.parametrize("record", SOURCES)
def test_each_value_at_each_place(record: str) -> None:
    seen = {True: 0, False: 0}
    for path, some in CHANGES.items():
        for one in some:
            values = deepcopy(raw(record, PLAIN[record]))
            if not put(values, path, one):
                continue
            value = encode(record, PLAIN[record])[:10] + codec(record, raw=True).encode_body(values)
            key = values["event_id"].encode()
            outcome = judged(record, value, key)
            over = passed(record, value, key)
            seen[over] += 1
            # What is passed over is nobody; and nobody is passed over, but for blanks and letters that are not ASCII.
            assert not over or outcome is Outcome.NO_PERSON, (path, one)
            odd = (
                one == "\0" or (isinstance(one, str) and not one.isascii()) or (isinstance(one, list) and len(one) > 8)
            )
            assert over or odd or outcome is not Outcome.NO_PERSON, (path, one)
    assert min(seen.values()) > 40


@pytest.mark.parametrize("record", SOURCES)
def test_a_disclosure_is_checked_though_others_came_before(record: str) -> None:
    """More of them than the core keeps, each one twice; of which some are not as they must be."""
    units = [f"Gränspolisenheten {number:02}" for number in range(40)]
    for number, unit in enumerate([*units, *reversed(units), "Gräns", units[0]]):
        for told, over in ((unit, True), ("  " if number % 2 else unit + "x" * LIMITS["text"], False), (unit, True)):
            values = deepcopy(raw(record, PLAIN[record]))
            values["disclosure"]["unit"] = told
            value = encode(record, PLAIN[record])[:10] + codec(record, raw=True).encode_body(values)
            assert passed(record, value, key_of(value)) is over, told


def in_order(record: str, value: bytes, key: bytes) -> bool:
    """Whether the filter takes it to be in order, so that Python does not check it again."""
    looked = look(record)([value], [key], {}, _LATE)
    return bool(looked) and looked[0][1] is not None


@pytest.mark.parametrize("record", SOURCES)
@pytest.mark.parametrize("revision", ["first", "corrected", "withdrawn", "withdrawn-without-a-traveller"])
def test_what_is_told_to_be_in_order_python_takes(record: str, revision: str) -> None:
    make = crossing if record == "border-crossing" else observation
    event = {
        "first": make(),
        "corrected": make(revision=2),
        "withdrawn": make(revision=2, kind=EventKind.WITHDRAWN),
        "withdrawn-without-a-traveller": make(revision=3, kind=EventKind.WITHDRAWN, traveller=Traveller()),
    }[revision]
    seen = 0
    for path, some in CHANGES.items():
        for one in some:
            values = deepcopy(raw(record, event))
            if not put(values, path, one):
                continue
            value = encode(record, event)[:10] + codec(record, raw=True).encode_body(values)
            for key in (values["event_id"].encode(), str(uuid(77)).encode()):
                if in_order(record, value, key):
                    seen += 1
                    check_event(TOPICS[SOURCES[record]], Inbound(SOURCES[record], 0, 0, _LATE, key, value), values)
    assert seen > 40


def test_what_comes_under_another_key_or_too_early_is_not_in_order() -> None:
    value = encode("border-crossing", crossing())
    occurred = raw("border-crossing", crossing())["occurred_at"]
    assert in_order("border-crossing", value, key_of(value))
    assert not in_order("border-crossing", value, str(uuid(77)).encode())
    ((_, near),) = look("border-crossing")([value], [key_of(value)], {}, occurred - 1)
    assert near is None


@pytest.mark.parametrize("native", [False, True])
def test_an_event_dated_after_its_own_record_is_refused_though_the_first_of_its_batch_is_later(
    monkeypatch: pytest.MonkeyPatch, native: bool
) -> None:
    """Where the topic has the senders' clocks, against what it is created with."""
    monkeypatch.setattr(Matchers, "native", native)
    service = Matchers()
    first, second = crossing(**NOBODY, event_id=uuid(500)), crossing(event_id=uuid(501))
    records = [service.record(first), service.record(second)._replace(timestamp=NOON_MS - 40 * 86_400_000)]
    records = [one._replace(partition=0, offset=at) for at, one in enumerate(records)]
    handled = service.handler.handle(records)
    assert handled.outcomes == [Outcome.NO_PERSON, Outcome.DEAD]
    assert handled.refusals[1].reason is Reason.TIME_IMPOSSIBLE


def test_a_near_miss_that_the_core_leaves_to_python_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """More names than the core compares, one of which shares a block with the traveller's."""
    monkeypatch.setattr(Matchers, "native", True)
    names = (name("Hasan", "Zarghuna"), *(name(f"Annan{n}", f"Berta{n}") for n in range(20)))
    row = person(3, documents=(), personal_numbers=(), dossier_numbers=(), names=names, birth_dates=("1980-02-03",))
    event = crossing(**{**NOBODY, "traveller": Traveller(names=(name("Hasan", "Kyrylo"),), birth_date="1980-02-03")})
    service = Matchers(people=[row])
    value = encode("border-crossing", event)
    ((_, near),) = make_filter(service.registry.index, TOPICS[CROSSINGS], codec("border-crossing", raw=True))(
        [value], [key_of(value)], {}
    )
    assert near == [(0, False)]
    assert service.send(event).outcomes == [Outcome.NO_PERSON]


@LAWS
@given(st.sampled_from(sorted(SOURCES)), st.data())
def test_whatever_bytes_are_damaged(record: str, data: st.DataObject) -> None:
    value = bytearray(encode(record, data.draw(st.sampled_from([PLAIN[record]]))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(value) - 1))
        value[at : at + data.draw(st.integers(0, 1))] = data.draw(st.binary(max_size=2))
    key = key_of(bytes(value))
    if passed(record, bytes(value), key):
        assert judged(record, bytes(value), key) is Outcome.NO_PERSON


@pytest.mark.parametrize("record", SOURCES)
def test_each_byte_damaged(record: str) -> None:
    value = encode(record, PLAIN[record])
    for at in range(len(value)):
        for byte in (0, 1, 2, 0x7F, 0x80, 0xFF, value[at] ^ 1, value[at] ^ 2):
            damaged = value[:at] + bytes([byte]) + value[at + 1 :]
            if passed(record, damaged, key_of(damaged)):
                assert judged(record, damaged, key_of(damaged)) is Outcome.NO_PERSON


def test_hostile_bytes_are_looked_at() -> None:
    value = encode("border-crossing", PLAIN["border-crossing"])
    ask = look("border-crossing")
    hostile = [None, b"", value[:10], value[:10] + b"\xff" * 50, value[:10] + b"\xfe" * 9 + b"\1", b"\0" * 99]
    assert looked_at(ask, hostile, [key_of(value)] * len(hostile)) == list(range(len(hostile)))
    cuts: list[bytes | None] = [value[:length] for length in range(len(value))]
    assert looked_at(ask, cuts, [key_of(value)] * len(cuts)) == list(range(len(cuts)))


def test_what_is_looked_at_counts_as_remembered_from_then_on() -> None:
    plain, corrected = crossing(**NOBODY), crossing(revision=2, **NOBODY)
    values: list[bytes | None] = [encode("border-crossing", one) for one in (plain, corrected, plain)]
    keys: list[bytes | None] = [str(plain.event_id).encode()] * 3
    assert looked_at(look("border-crossing"), values, keys) == [1, 2]


def test_an_id_of_a_schema_registry_is_passed_over_once_it_is_known() -> None:
    events = Codec("border-crossing", raw=True, resolve_id=lambda _number: schema("border-crossing"))
    index = make_index(codec("protected-person", raw=True), native=True)
    ask = make_filter(index, TOPICS[CROSSINGS], events)
    value = encode("border-crossing", PLAIN["border-crossing"])
    framed = b"\0\0\0\0\7" + value[10:]
    assert looked_at(ask, [framed], [key_of(value)]) == [0]
    events.decode(framed)
    assert looked_at(ask, [framed], [key_of(value)]) == []


def test_a_fault_in_making_codes_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_text: str) -> tuple[tuple[str, int], ...]:
        raise ArithmeticError

    monkeypatch.setattr("matcher.blocking.codes", fail)
    ask = make_filter(
        make_index(codec("protected-person", raw=True), native=True),
        TOPICS[CROSSINGS],
        codec("border-crossing", raw=True),
    )
    # Letters of no table, which Python is asked about.
    traveller = Traveller(names=(name("กขค", "Inventa"),), birth_date="1980-02-03")
    value = encode("border-crossing", crossing(traveller=traveller))
    assert looked_at(ask, [value], [key_of(value)]) == [0]


def make_core(definition: dict[str, Any]) -> Any:
    return _core.EventFilter(json.dumps(definition), LIMITS, sorted(COUNTRY_CODES), {"POLISMYNDIGHETEN"})


def test_a_schema_with_another_field_is_not_taken() -> None:
    definition = deepcopy(without_logical_types(schema("border-crossing")))
    make_core(definition)
    definition["fields"].append({"name": "new", "type": "string", "default": ""})
    with pytest.raises(ValueError, match="no role for the field new"):
        make_core(definition)
    del definition["fields"][-2:]
    with pytest.raises(ValueError, match="has no field"):
        make_core(definition)
    with pytest.raises(ValueError, match="no event"):
        make_core(schema("redrive"))


@pytest.fixture(scope="module")
def world() -> Any:
    """A simulated world: its registry, and its events in the order in which they come."""
    made = build(Scenario(seed=5, people=400, crossings=3_000, observations=150))
    return [dict(row) for row in made.registry()], [(e.topic, e.key, e.value) for e in made.events()]


def test_a_simulated_world_has_the_same_outcomes_and_bytes_with_both(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, events = world
    results = []
    for native in (False, True):
        monkeypatch.setattr(Matchers, "native", native)
        topics = Topics()
        topics.now = _LATE
        for row in registry:
            value = codec("protected-person").encode(row)
            topics.write("protection-statuses", str(row["person_id"]).encode(), value)
        service = Matchers(topics, people=[])
        records = [topics.write(*event) for event in events]
        handled = [service.handle(records[at : at + 500]) for at in range(0, len(records), 500)]
        outcomes = [outcome for one in handled for outcome in one.outcomes]
        refusals = [(n, at, one.reason, one.field) for n, h in enumerate(handled) for at, one in h.refusals.items()]
        results.append((outcomes, refusals, [sorted(one.outbound, key=repr) for one in handled]))
    assert results[0] == results[1]
    assert Outcome.MATCHED in results[0][0]
    assert Outcome.REVIEW in results[0][0]


def _could_be_anybody(index: Index, traveller: dict[str, Any]) -> bool:
    return any(could_be(traveller, index.values(slot)) for slot in index.find(traveller))


def test_with_each_comes_whom_the_index_itself_would_name(world: Any) -> None:
    registry, events = world
    index = make_index(codec("protected-person", raw=True), native=True)
    for row in registry:
        index.upsert(str(row["person_id"]), codec("protected-person").encode(row))
    for where, record in ((CROSSINGS, "border-crossing"), (OBSERVATIONS, "mission-observation")):
        values = [value for topic, _, value in events if topic == where]
        keys = [key for topic, key, _ in events if topic == where]
        decode = codec(record, raw=True).decode
        told = make_filter(index, TOPICS[where], codec(record, raw=True))(values, keys, {})
        known = [(decode(values[at])["traveller"], near) for at, near in told if near is not None]
        assert {sure for _, near in known for _, sure in near} == {True, False}
        assert [near for _, near in known] == [index.near(traveller) for traveller, _ in known]
        assert len(known) > len(told) / 3


def test_nearly_all_who_are_nobody_are_passed_over(world: Any) -> None:
    registry, events = world
    index, twin = (make_index(codec("protected-person", raw=True), native=native) for native in (True, False))
    for row in registry:
        for one in (index, twin):
            one.upsert(str(row["person_id"]), codec("protected-person").encode(row))
    values = [value for where, _, value in events if where == CROSSINGS]
    keys = [key for where, key, _ in events if where == CROSSINGS]
    looked = make_filter(index, TOPICS[CROSSINGS], codec("border-crossing", raw=True))(values, keys, {})
    rows, refused = codec("border-crossing", raw=True).decode_batch(values)
    somebody = sum(1 for row in rows if row and (row["revision"] != 1 or _could_be_anybody(twin, row["traveller"])))
    # Besides these: what is refused for what it says, and what comes after one with the same event id.
    assert somebody + len(refused) <= len(looked) <= somebody + len(refused) + 0.02 * len(values)
