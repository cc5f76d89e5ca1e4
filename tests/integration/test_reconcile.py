"""Reconciliation of what the real services did on real Kafka and PostgreSQL, and of differences planted there."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import typer
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient
from typer.testing import CliRunner, Result

from consumers.dead_letters import LetterReader
from consumers.kafka import Inbound, Partition
from consumers.progress import Progress
from consumers.reconcile import Problem, Reconciliation, await_handled, reconcile
from consumers.reconcile.result import Check
from consumers.scan import Scanner
from deploy.commands.reconcile import reconcile_command
from schemas.ids import candidate_id
from schemas.records import DocumentKind, EventKind, Traveller
from schemas.topics import BORDER_CROSSINGS, REVOCATION_CANDIDATES
from tests import builders, servers
from tests.builders import crossing, observation, person, uuid
from tests.pipeline import Pipeline, pipeline

PEOPLE = 30
# Ports of the discard service: nobody answers there.
NOBODY = "127.0.0.1:9"

app = typer.Typer()
app.command()(reconcile_command)


def known_by(number: int) -> Traveller:
    seen = builders.seen(f"RD{number:07d}", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT)
    return builders.traveller(documents=(seen,))


@pytest.fixture(scope="module")
def way(postgres_server: servers.PostgresAccess) -> Iterator[Pipeline]:
    """A way on which all kinds of events have come to their end, and no service runs."""
    with pipeline(postgres_server) as made:
        made.register(
            *(
                person(
                    number,
                    documents=(builders.known(f"RD{number:07d}"),),
                    personal_numbers=(),
                    dossier_numbers=(),
                    names=(builders.own_name(number),),
                )
                for number in range(1, PEOPLE + 1)
            )
        )
        events = [crossing(1000 + n, traveller=known_by(n)) for n in range(1, PEOPLE + 1)]
        strangers = [crossing(2000 + n, traveller=builders.STRANGER) for n in range(200)]
        possible = builders.traveller(documents=(builders.seen("Z1", "NOR"),), names=(builders.own_name(4),))
        with made.running():
            made.publish(*events, *strangers, events[0], observation(3000, traveller=known_by(1)))
            made.publish(
                crossing(1001, revision=2, traveller=builders.STRANGER),
                crossing(1002, revision=2, kind=EventKind.WITHDRAWN, traveller=known_by(2)),
                crossing(1003, revision=2, traveller=known_by(3), stay_days=9),
                crossing(4000, traveller=possible),
            )
            made.write(BORDER_CROSSINGS.name, "k", b"junk")
            assert await_handled(made.clients(), made.database_url, 60) == 0
            made.write("protection-statuses", str(uuid(5)), None)
            # Who is no longer in the registry is forgotten: the event is looked at again, and that is waited for.
            assert await_handled(made.clients(), made.database_url, 60) == 0
            assert compare(made).matches.taken_back == 3
        yield made


def compare(way: Pipeline) -> Reconciliation:
    return reconcile(way.clients(), way.database_url)


def problems(way: Pipeline) -> Counter[str]:
    """The differences that the command tells of, by problem."""
    result = run(way, "--json")
    document = json.loads(result.stdout)
    assert result.exit_code == (0 if document["agrees"] else 1)
    return Counter(one["problem"] for one in document["differences"])


def run(way: Pipeline, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(app, arguments, env={**way.environment(), "COLUMNS": "160", **environment})


def test_everything_agrees_and_says_how_that_was_shown(way: Pipeline) -> None:
    result = compare(way)
    assert result.differences == ()
    assert result.agrees
    totals: Counter[tuple[str, str]] = Counter()
    for one in result.books:
        assert sum(one.outcomes.values()) == one.consumed
        for outcome, count in one.outcomes.items():
            totals[(f"{one.group} {one.partition.topic}", outcome)] += count
    assert {outcome: n for (where, outcome), n in totals.items() if where == "matching border-crossings"} == {
        # Of those corrected, one matches again and one is nobody now.
        "matched": PEOPLE + 1,
        "no-person": 200,
        "duplicate": 1,
        "not-relevant": 1,
        "withdrawn": 1,
        "review": 1,
        "dead-lettered": 1,
    }
    by_topic: dict[tuple[str, str], set[Check]] = {}
    for one in result.books:
        by_topic.setdefault((one.group, one.partition.topic), set()).add(one.check)
    assert by_topic[("matching", "border-crossings")] == {Check.EVERY_OFFSET}
    # Markers of transactions lie between its records.
    assert Check.READ_AGAIN in by_topic[("candidates", "status-matches")]
    assert Check.READ_AGAIN in by_topic[("case-queue", "revocation-candidates")]
    assert [(one.counted, one.standing, one.answered) for one in result.letters] == [(1, 1, 0)]
    assert (result.matches.holding, result.matches.taken_back) == (PEOPLE - 1, 3)
    # The withdrawn one was its person's only evidence, and so was the one of the person removed.
    assert (result.queue.open_candidates, result.queue.reviews) == (PEOPLE - 2, 1)


def test_the_command_ends_with_0_and_a_verdict(way: Pipeline) -> None:
    shown = run(way)
    assert shown.exit_code == 0, shown.output
    assert "Everything agrees." in shown.stdout
    document = json.loads(run(way, "--json").stdout)
    assert (document["agrees"], document["lag"], document["differences"]) == (True, 0, [])
    assert builders.own_name(4).surname not in shown.stdout + json.dumps(document)


def test_what_is_not_handled_yet_is_lag_and_no_difference(way: Pipeline) -> None:
    way.publish(*(crossing(5000 + n, traveller=builders.STRANGER) for n in range(7)))
    try:
        result = compare(way)
        assert (result.lag, result.balanced, result.agrees) == (7, True, False)
        shown = run(way, "--wait", "0.5")
        assert shown.exit_code == 1
        assert "7 records have not been handled yet" in shown.stdout
    finally:
        with way.running():
            assert run(way, "--wait", "30").exit_code == 0


def test_while_services_run_nothing_is_ever_reported_as_different(way: Pipeline) -> None:
    done = threading.Event()

    def publish() -> None:
        number = 6000
        while not done.is_set():
            way.publish(crossing(number, traveller=known_by(number % PEOPLE + 1)))
            way.publish(crossing(number, revision=2, traveller=known_by((number + 1) % PEOPLE + 1)))
            number += 1

    thread = threading.Thread(target=publish)
    with way.running():
        thread.start()
        try:
            found = [compare(way) for _ in range(5)]
        finally:
            done.set()
            thread.join()
        assert [one.differences for one in found] == [()] * 5
        assert await_handled(way.clients(), way.database_url, 60) == 0
    assert compare(way).agrees
    # Otherwise nothing was going on.
    assert sum(one.consumed for one in found[0].books) < sum(one.consumed for one in found[-1].books)


# --- planted differences


@contextmanager
def changed(way: Pipeline, table: str, statement: str) -> Iterator[None]:
    """The table as the statement leaves it, until the context ends. Foreign keys are not asked."""
    way.sql(f"CREATE TABLE kept AS TABLE {table}")
    try:
        way.sql(f"SET session_replication_role = replica; {statement}")
        yield
    finally:
        restore = f"DELETE FROM {table}; INSERT INTO {table} TABLE kept; DROP TABLE kept"  # noqa: S608 - a constant
        way.sql(f"SET session_replication_role = replica; {restore}")


SEVEN = candidate_id(uuid(7))


# OF_SEVEN stands for a condition on one candidate, OF_ONE for one on a partition.
PLANTED = [
    ("candidate", "DELETE FROM candidate OF_SEVEN", Problem.NOT_IN_QUEUE),
    ("candidate", "UPDATE candidate SET state = 'RETRACTED' OF_SEVEN", Problem.QUEUE_DIFFERS),
    ("candidate", "UPDATE candidate SET version = 'x' OF_SEVEN", Problem.QUEUE_DIFFERS),
    (
        "candidate",
        """INSERT INTO candidate SELECT (jsonb_populate_record(c,
            '{"candidate_id": "00000000-0000-4000-8000-00000000aaaa",
              "person_id": "00000000-0000-4000-8000-00000000bbbb"}')).* FROM candidate c OF_SEVEN""",
        Problem.NOT_ON_TOPIC,
    ),
    ("evidence", "DELETE FROM evidence OF_SEVEN", Problem.QUEUE_DIFFERS),
    ("identity_review", "DELETE FROM identity_review", Problem.NOT_IN_QUEUE),
    (
        "stream_position",
        "UPDATE stream_position SET counts = counts || '{\"taken-in\": 1000000}' OF_ONE",
        Problem.OUTCOMES_DIFFER,
    ),
    (
        "stream_position",
        """UPDATE stream_position SET counts = counts || jsonb_build_object(
            'consumed', (counts->>'consumed')::int - 1, 'taken-in', (counts->>'taken-in')::int - 1) OF_ONE""",
        Problem.UNCOUNTED,
    ),
    (
        "stream_position",
        """UPDATE stream_position SET counts = counts || jsonb_build_object(
            'dead-lettered', 1, 'taken-in', (counts->>'taken-in')::int - 1) OF_ONE""",
        Problem.REFUSALS_DIFFER,
    ),
]


@pytest.mark.parametrize(("table", "statement", "expected"), PLANTED)
def test_a_change_in_the_database_is_found(way: Pipeline, table: str, statement: str, expected: Problem) -> None:
    place = "WHERE topic = 'revocation-candidates' AND partition = 0"
    of_one = statement.replace("OF_SEVEN", f"WHERE candidate_id = '{SEVEN}'").replace("OF_ONE", place)
    with changed(way, table, of_one):
        assert problems(way) == Counter({expected.value: 1})


@pytest.mark.parametrize(
    ("consumed", "outcome", "expected"),
    [
        (-1, "no-person", {Problem.UNCOUNTED: 1}),
        (+1, "no-person", {Problem.COUNTED_TOO_OFTEN: 1}),
        (0, "no-person", {Problem.OUTCOMES_DIFFER: 1}),
        (0, "", {Problem.COUNTS_UNREADABLE: 1}),
    ],
)
def test_counts_committed_to_kafka_that_are_not_true_are_found(
    way: Pipeline, consumed: int, outcome: str, expected: dict[Problem, int]
) -> None:
    place = Partition(BORDER_CROSSINGS.name, 0)
    scanner = Scanner(way.clients())
    before = scanner.committed("matching", [place.topic])[place]
    progress = Progress.read(before.next_offset, before.metadata)
    progress.consumed += consumed
    progress.outcomes["no-person"] += consumed or 5
    commit(way, place, progress.next_offset, progress.metadata() if outcome else "{}")
    try:
        found = problems(way)
        assert {problem: found[problem.value] for problem in expected} == expected
    finally:
        commit(way, place, before.next_offset, before.metadata or "")


def commit(way: Pipeline, place: Partition, offset: int, metadata: str) -> None:
    consumer = Consumer({"bootstrap.servers": way.bootstrap, "group.id": "matching", "enable.auto.commit": False})
    try:
        consumer.commit(offsets=[TopicPartition(*place, offset, metadata=metadata)], asynchronous=False)
    finally:
        consumer.close()


def test_a_letter_that_vanished_is_found(way: Pipeline) -> None:
    reader = LetterReader()
    scanner = Scanner(way.clients())
    kept: list[Inbound] = []
    scanner.read(scanner.bounds(["dead-letters"]), kept.append)
    for record in kept:
        reader.take(record)
    (place,) = reader.letters.standing
    (letter,) = [record for record in kept if record.key == place.key and record.value]
    way.write("dead-letters", str(place), None)
    assert problems(way) == Counter({Problem.LETTERS_DIFFER.value: 1})
    way.write("dead-letters", str(place), letter.value)


def test_evidence_that_vanished_from_the_candidates_is_found(way: Pipeline) -> None:
    scanner = Scanner(way.clients())
    kept: dict[bytes | None, Inbound] = {}
    scanner.read(scanner.bounds([REVOCATION_CANDIDATES.name]), lambda record: kept.update({record.key: record}))
    newest = kept[str(uuid(7)).encode()]
    held = way.sql("SELECT evidence_count FROM candidate WHERE candidate_id = %s", SEVEN)
    with way.running():
        way.write(REVOCATION_CANDIDATES.name, str(uuid(7)), None)
        await_handled(way.clients(), way.database_url, 30)
        # The queue follows the topic, so it is not the queue that differs.
        assert problems(way) == Counter({Problem.MATCH_MISSING.value: held[0][0]})
        way.write(REVOCATION_CANDIDATES.name, str(uuid(7)), newest.value)
        await_handled(way.clients(), way.database_url, 30)


def test_a_row_that_no_event_was_compared_with_is_no_agreement_before_it_is(way: Pipeline) -> None:
    way.register(person(PEOPLE + 1, documents=(), personal_numbers=(), dossier_numbers=(), names=()))
    document = json.loads(run(way, "--json").stdout)
    assert (document["balanced"], document["agrees"], bool(document["due"])) == (True, False, True)
    with way.running():
        assert await_handled(way.clients(), way.database_url, 30) == 0
    assert compare(way).agrees


def test_once_all_is_as_it_was_everything_agrees_again(way: Pipeline) -> None:
    result = compare(way)
    assert result.differences == ()
    assert result.agrees


def test_records_that_expire_unread_are_told_as_lost_before_and_after_the_service_is_back(way: Pipeline) -> None:
    """Deletes records as retention would; nothing puts them back, so no test of everything agreeing follows."""
    places = way.publish(*(crossing(8000 + n, traveller=builders.STRANGER) for n in range(6)))
    number = places[0][1]
    lost = sum(place[1] == number for place in places)
    admin = AdminClient({"bootstrap.servers": way.bootstrap, "log_level": 0})
    # -1 deletes all that is there.
    for future in admin.delete_records([TopicPartition(BORDER_CROSSINGS.name, number, -1)]).values():
        future.result()

    def told() -> list[str]:
        return [f"{one.problem} {one.where}: {one.detail}" for one in compare(way).differences]

    where = f"records-lost matching {BORDER_CROSSINGS.name}/{number}"
    assert told() == [f"{where}: {lost} records expired before they were read"]
    with way.running():
        assert await_handled(way.clients(), way.database_url, 30) == 0
        way.publish(*(crossing(8100 + n, traveller=builders.STRANGER) for n in range(30)))
        assert await_handled(way.clients(), way.database_url, 30) == 0
    assert told() == [f"{where}: {lost} records expired before they were read, or were never counted"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("RESESIGNAL_KAFKA_BOOTSTRAP", NOBODY),
        ("RESESIGNAL_DATABASE_URL", f"postgresql://nobody@{NOBODY}/nothing"),
    ],
)
def test_where_a_server_does_not_answer_the_command_ends_with_3(way: Pipeline, setting: str, value: str) -> None:
    result = run(way, **{setting: value})
    assert result.exit_code == 3
    assert setting in result.stderr


def test_without_a_database_setting_the_command_ends_with_2(way: Pipeline) -> None:
    environment = {"RESESIGNAL_KAFKA_BOOTSTRAP": way.bootstrap}
    result = CliRunner().invoke(app, [], env=environment)
    assert result.exit_code == 2
    assert "RESESIGNAL_DATABASE_URL is not set" in result.stderr
