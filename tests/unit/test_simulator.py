"""The simulator: its truth holds under an oracle written from the matching contract, and its bytes follow the seed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import islice

import pycountry
import pytest

from producers.simulator import BULK, CATEGORIES, LIVE_RELEVANT, Scenario, World, build
from producers.simulator.people import Population
from producers.simulator.strangers import BirthDateIndex
from schemas.checks import check_protected_person, valid_personal_number
from schemas.codec import Codec, schema
from schemas.records import RECORDS, ProtectedPerson
from schemas.swedish_time import in_sweden
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, TOPICS
from tests.unit.simulator_oracle import Found, Oracle, day_of, document_key, found_topics, written

DAY_MS = 86_400_000
SMALL = Scenario(seed=11, people=4_000, crossings=12_000, observations=700)


@pytest.fixture(scope="module")
def world() -> World:
    return build(SMALL)


def found_in(world: World, codecs: dict[str, Codec] | None = None) -> Found:
    oracle = Oracle(list(world.registry()))
    return oracle.examine([(record.topic, record.key, record.value) for record in world.events()], codecs)


# --- truth


def test_the_truth_is_what_an_oracle_finds(world: World) -> None:
    found = found_in(world)
    assert found.candidates == world.truth.candidates
    assert found.reviews == world.truth.reviews
    assert {topic: dict(reasons) for topic, reasons in found.dead_letters.items()} == world.truth.dead_letters


@pytest.mark.parametrize(("seed", "start"), [(1, date(2026, 5, 1)), (2, date(2026, 3, 24)), (3, date(2026, 10, 20))])
def test_the_truth_holds_for_other_seeds_sizes_and_changes_of_clocks(seed: int, start: date) -> None:
    world = build(Scenario(seed=seed, people=900, crossings=2_000, observations=200, start=start, days=10))
    found = found_in(world)
    assert found.candidates == world.truth.candidates
    assert found.reviews == world.truth.reviews


def test_the_truth_holds_in_the_framing_of_a_schema_registry() -> None:
    def codec(record: str, *, raw: bool) -> Codec:
        registered = {7: schema(record)}
        return Codec(record, raw=raw, confluent_id=7, resolve_id=registered.__getitem__)

    written_with = {topic: codec(TOPICS[topic].record, raw=False) for topic in found_topics()}
    world = build(Scenario(seed=1, people=900, crossings=2_000, observations=200), written_with)
    read_with = {topic: codec(TOPICS[topic].record, raw=True) for topic in found_topics()}
    found = found_in(world, read_with)
    assert found.candidates == world.truth.candidates
    assert {topic: dict(reasons) for topic, reasons in found.dead_letters.items()} == world.truth.dead_letters


def test_people_whom_name_and_birth_date_do_not_tell_apart_are_not_taken_for_namesakes() -> None:
    population = Population(Scenario(seed=1))
    index = BirthDateIndex(population)
    alike: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in range(len(population)):
        identity = population.identity(number)
        alike[identity.birth_dates[0], identity.name.mask].append(number)
    doubles = [number for numbers in alike.values() if len(numbers) > 1 for number in numbers]
    assert doubles
    assert not any(index.is_unmistakable(population.person(number)) for number in doubles)
    assert index.is_unmistakable(population.person(next(n for n in range(len(population)) if n not in doubles)))


def test_near_misses_lead_nowhere_and_relevant_records_lead_somewhere(world: World) -> None:
    evidence = {str(event) for events in world.truth.candidates.values() for event in events}
    reviewed = {str(event) for event, _ in world.truth.reviews}
    for record in world.events():
        event = record.key.decode()
        if record.category.startswith("relevant"):
            assert event in evidence
        elif record.category.startswith("review"):
            assert event in reviewed
        elif record.category.startswith(("near", "refused")) or record.category in (BULK, "withdrawn"):
            assert event not in evidence | reviewed


def test_the_demo_has_every_category_at_least_twenty_times_and_its_full_size() -> None:
    started = time.perf_counter()
    world = build(Scenario(seed=1))
    print(f"\nbuilt the demo in {time.perf_counter() - started:.1f} s")  # noqa: T201 - a speed to read, not to assert
    categories = dict(world.truth.categories)
    assert sum(categories.values()) == 102_000
    assert categories.pop(BULK) > 98_000
    assert set(categories) == {category.name for category in CATEGORIES}
    assert min(categories.values()) >= 20
    assert 900 <= len(world.truth.candidates) <= 1_300
    assert all(count >= 20 for count in world.truth.dead_letters[BORDER_CROSSINGS.name].values())
    assert len(world.truth.dead_letters[MISSION_OBSERVATIONS.name]) == 15


def test_statuses_begin_and_end_at_midnight_in_sweden() -> None:
    world = build(Scenario(seed=1))
    rows = {row["person_id"]: row for row in world.registry()}
    codecs = {topic: Codec(TOPICS[topic].record, raw=True) for topic in found_topics()}
    begins, ends = {"relevant-first-day", "near-before-status"}, {"relevant-last-day", "near-after-naturalisation"}
    # By category, days from the first or to the first without the status, and Swedish time.
    seen: dict[str, set[tuple[int, str]]] = defaultdict(set)
    for record in world.events():
        if record.person_id is not None and record.category in begins | ends | {"near-after-revocation"}:
            event, row = codecs[record.topic].decode(record.value), rows[record.person_id]
            status = row["statuses"][-1]
            edge = status["valid_from"] if record.category in begins else row["naturalised_on"] or status["valid_to"]
            local, _ = in_sweden(datetime.fromtimestamp(event["occurred_at"] / 1000, UTC))
            seen[record.category].add((day_of(event) - edge, f"{local:%H:%M:%S}"))
    assert seen["relevant-first-day"] == {(0, "00:00:00")}
    assert max(seen["near-before-status"]) == (-1, "23:59:59")
    assert {days for days, _ in seen["relevant-last-day"]} == {-1}
    assert min(seen["near-after-naturalisation"]) == min(seen["near-after-revocation"]) == (0, "00:00:00")


def test_the_categories_published_are_those_told(world: World) -> None:
    assert Counter(record.category for record in world.events()) == world.truth.categories


def test_bulk_travellers_share_no_name_with_anybody_of_their_birth_date(world: World) -> None:
    known: dict[str, set[str]] = defaultdict(set)
    for row in world.registry():
        for born in row["birth_dates"]:
            known[born].update(word for name in row["names"] for part in written(name) for word in part)
    codecs = {topic: Codec(TOPICS[topic].record, raw=True) for topic in found_topics()}
    seen_before = 0
    for record in world.events():
        if record.category == BULK:
            seen = codecs[record.topic].decode(record.value)["traveller"]
            words = {word for name in seen["names"] for part in written(name) for word in part}
            assert not words & (known[seen["birth_date"]] | known[seen["birth_date"][:4]])
            seen_before += bool(words & {"ALI", "AHMAD", "FATIMA", "MOHAMMAD"})
    # And yet they have the names of the registry: it is the birth dates that keep them apart.
    assert seen_before > 100


# --- the stream


def test_well_formed_events_are_valid_records(world: World) -> None:
    codecs = {topic: Codec(TOPICS[topic].record) for topic in found_topics()}
    for record in world.events():
        if record.category != BULK and not record.category.startswith("refused"):
            values = codecs[record.topic].decode(record.value)
            event = RECORDS[TOPICS[record.topic].record].from_avro(values)
            assert str(event.event_id).encode() == record.key  # type: ignore[attr-defined]


def test_a_mission_tells_of_the_country_it_lies_in_or_covers_from_outside(world: World) -> None:
    covered = {"AFG": "QA", "ERI": "SD", "SOM": "KE", "SYR": "LB", "YEM": "SA"}
    codec = Codec("mission-observation", raw=True)
    told: set[tuple[str, str]] = set()
    for record in world.events():
        if record.topic == MISSION_OBSERVATIONS.name and not record.category.startswith("refused"):
            event = codec.decode(record.value)
            # At a counter no country is told of but that of the passport.
            country = event["country"] or event["traveller"]["documents"][0]["issuing_state"]
            there = pycountry.countries.lookup(country).alpha_2
            assert event["mission"][:2] == covered.get(country, there), record.category
            told.add((event["observation"], record.category))
    assert {observation for observation, _ in told} == {
        "HOME_PASSPORT_PRESENTED",
        "HOME_PASSPORT_APPLIED_FOR",
        "MET_IN_COUNTRY",
        "STAY_STATED",
    }
    # Corrections to another country are among them.
    assert any(category == "corrected-into" for _, category in told)


def test_refused_records_have_keys_of_their_own(world: World) -> None:
    keys = [record.key for record in world.events() if record.category.startswith("refused")]
    assert len(set(keys)) == len(keys)


def test_the_stream_is_in_order_of_recording_but_for_the_disorder_told(world: World) -> None:
    codec = Codec("border-crossing", raw=True)
    recorded = [
        codec.decode(record.value)["recorded_at"]
        for record in world.events()
        if record.topic == BORDER_CROSSINGS.name and record.category == BULK
    ]
    start = SMALL.start_ms
    assert all(start - DAY_MS <= at < start + 30 * DAY_MS for at in recorded)
    latest, late = 0, 0
    for at in recorded:
        latest = max(latest, at)
        late += at < latest - 60_000
        assert at > latest - 6 * 3_600_000 - 60_000
    assert 0.005 < late / len(recorded) < 0.04


def test_corrections_and_withdrawals_come_first_where_the_category_says_so(world: World) -> None:
    codec = Codec("border-crossing", raw=True)
    revisions: dict[bytes, list[int]] = defaultdict(list)
    for record in world.events():
        first = record.category.startswith("correction-first") or record.category == "withdrawal-first"
        if first and record.topic == BORDER_CROSSINGS.name:
            revisions[record.key].append(codec.decode(record.value)["revision"])
    assert len(revisions) >= 9
    assert set(map(tuple, revisions.values())) == {(2, 1)}


# --- determinism

_DIGEST = """
import hashlib, json
from producers.simulator import Scenario, build
world = build(Scenario(seed=5, people=400, crossings=1200, observations=150))
digest = hashlib.sha256()
for record in world.events():
    digest.update(repr(tuple(record)).encode())
for row in world.registry():
    digest.update(json.dumps(row).encode())
for person, events in world.truth.candidates.items():
    digest.update(f"{person}{sorted(events)}".encode())
print(digest.hexdigest())
"""


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", _DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_events_can_be_generated_again_and_another_seed_gives_others(world: World) -> None:
    def digest(of: World) -> str:
        return hashlib.sha256(b"".join(record.value for record in islice(of.events(), 500))).hexdigest()

    assert digest(world) == digest(world)
    other = Scenario(seed=12, people=4_000, crossings=12_000, observations=700)
    assert digest(world) != digest(build(other))


# --- the registry


def test_rows_are_valid_records(world: World) -> None:
    codec, raw = Codec("protected-person"), Codec("protected-person", raw=True)
    for row in islice(world.registry(), 0, None, 4):
        value = codec.encode(row)
        assert str(ProtectedPerson.from_avro(codec.decode(value)).person_id) == row["person_id"]
        check_protected_person(raw.decode(value))
        assert all(valid_personal_number(number) for number in row["personal_numbers"])
        for document in row["documents"]:
            assert document["valid_to"] is None or document["valid_from"] < document["valid_to"]


def test_no_two_people_share_a_document_or_number() -> None:
    seen: set[tuple[str, ...]] = set()
    for row in build(Scenario(seed=3, people=8_000, crossings=0, observations=0)).registry():
        keys = {document_key(document) for document in row["documents"]}
        keys |= {("personal", number) for number in row["personal_numbers"]}
        keys |= {("dossier", number) for number in row["dossier_numbers"]}
        keys.add(("person", row["person_id"]))
        assert not keys & seen
        seen |= keys


def test_the_registry_is_a_mixture(world: World) -> None:
    rows = list(world.registry())
    share = Counter[str]()
    for row in rows:
        statuses = row["statuses"]
        share["refugee"] += statuses[-1]["kind"] == "REFUGEE"
        share["two countries"] += len(statuses[-1]["countries"]) == 2
        share["stateless"] += "XXA" in row["citizenships"]
        share["naturalised"] += row["naturalised_on"] is not None
        share["revoked"] += statuses[-1]["end_reason"] == "REVOKED"
        share["superseded"] += statuses[0]["superseded_at"] is not None
        share["protected identity"] += row["protected_identity"]
        share["first of January"] += row["birth_dates"][0].endswith("-01-01")
        share["home passport"] += any(document["kind"] == "PASSPORT" for document in row["documents"])
        share["citizenship not examined"] += not set(row["citizenships"]) & {"XXA", *statuses[-1]["countries"]}
    assert all(0.01 < count / len(rows) < 0.7 for count in share.values()), share


# --- live


def test_live_events_carry_the_time_given_and_relevant_ones_are_found(world: World) -> None:
    now = SMALL.start_ms + DAY_MS
    clock = iter(range(now, now + 1_000_000))
    records = list(islice(world.live_events(lambda: next(clock), relevant_share=0.2), 1_000))
    codec = Codec("border-crossing", raw=True)
    assert [codec.decode(record.value)["recorded_at"] for record in records] == list(range(now, now + 1_000))
    oracle = Oracle(list(world.registry()))
    found = oracle.examine([(record.topic, record.key, record.value) for record in records])
    expected = {(record.key.decode(), record.person_id) for record in records if record.category == LIVE_RELEVANT}
    assert {(str(event), str(person)) for person, events in found.candidates.items() for event in events} == expected
    assert 100 < len(expected) < 300
    assert not found.reviews
    assert not found.dead_letters


# --- limits


@pytest.mark.parametrize(
    ("changes", "named"),
    [({"people": 10}, "people"), ({"days": 2}, "days"), ({"crossings": -1}, "crossings"), ({"seed": -1}, "seed")],
)
def test_an_impossible_scenario_is_refused(changes: dict[str, int], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        Scenario(**({"seed": 1} | changes))  # type: ignore[arg-type]


def test_too_little_traffic_for_the_categories_is_refused() -> None:
    with pytest.raises(ValueError, match="border-crossings"):
        build(Scenario(seed=1, people=400, crossings=20, observations=200))
