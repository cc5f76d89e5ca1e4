"""`resesignal replay` on real Kafka, with the services that it orders; and the same bytes at another instance count."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consumers.candidates import Candidates
from consumers.kafka import Clients, Inbound, Partition
from consumers.loop import Tended, TransactionalLoop
from consumers.matching import Matching
from consumers.metrics import Metrics
from consumers.observe import lag
from consumers.reconcile import await_handled, reconcile
from consumers.redriving import GROUP, note_of, read_letters
from consumers.restore import Restorer
from consumers.scan import Scanner
from deploy.cli import app
from matcher.rule_book import DEFAULT_RULES
from schemas.records import EventMemory
from schemas.topics import MEMORY_OF, PROTECTION_STATUSES, REDRIVES, STATUS_MATCHES, TOPICS
from tests import servers
from tests.builders import STRANGER, codec, crossing, encode, observation, person, uuid
from tests.instances import Instance
from tests.pipeline import Pipeline, eventually, pipeline
from tests.unit.consumers.completeness_model import ROWS
from tests.unit.consumers.fakes import KeptLog
from tests.unit.consumers.matchers import BERTA, OF_BERTA
from tests.unit.consumers.same_bytes import RESULTS, digests, some_events, standing

# A port of the discard service: nobody answers there.
NOBODY = "127.0.0.1:9"
LONG_AGO = ("--from", "2020-01-01")
MEMORY = "border-crossings-memory"


@pytest.fixture(scope="module")
def way(postgres_server: servers.PostgresAccess) -> Iterator[Pipeline]:
    with pipeline(postgres_server) as made:
        made.register(*ROWS[:1], ROWS[8])
        with made.running():
            made.publish(
                *(crossing(number) for number in range(1, 9)),
                crossing(9, traveller=OF_BERTA),
                crossing(10, traveller=STRANGER),
                observation(101),
            )
            handled(made)
        yield made


def handled(way: Pipeline) -> None:
    assert await_handled(way.clients(), way.database_url, 30) == 0


def run(way: Pipeline, *words: str) -> Result:
    environment = {**way.environment(), "COLUMNS": "160", "TERM": "dumb"}
    return CliRunner().invoke(app, ["replay", *words], env=environment)


def replayed(way: Pipeline, status: int, *words: str) -> dict[str, Any]:
    result = run(way, *LONG_AGO, "--json", *words)
    assert result.exit_code == status, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def states(told: dict[str, Any]) -> dict[str, int]:
    """Number of matches by state, of all topics; what there is none of left out."""
    total: dict[str, int] = {}
    for topic in told["topics"].values():
        for state, count in topic["matches"].items():
            if count:
                total[state] = total.get(state, 0) + count
    return total


def records_of(way: Pipeline, *topics: str) -> list[Inbound]:
    records: list[Inbound] = []
    places = [Partition(topic, number) for topic in topics for number in range(TOPICS[topic].partitions)]
    Restorer(way.clients(), lambda _: None, lambda: False).read(places, records.append)
    return records


def memory(way: Pipeline) -> dict[bytes, bytes]:
    newest: dict[bytes, bytes | None] = {}
    for record in records_of(way, MEMORY):
        newest[record.key or b""] = record.value
    return {key: value for key, value in newest.items() if value is not None}


def ordered(way: Pipeline) -> bool:
    """Whether an order stands in the note of a partition."""
    committed = Scanner(way.clients()).committed(GROUP, MEMORY_OF)
    return any("ordered" in note_of(one) for one in committed.values())


def orders_taken_in(way: Pipeline) -> bool:
    scanner = Scanner(way.clients())
    ends, committed = scanner.bounds([REDRIVES.name]), scanner.committed(GROUP, [REDRIVES.name])
    return all(committed[place].next_offset >= end for place, (_, end) in ends.items() if end)


def lose(way: Pipeline, *numbers: int) -> None:
    """Take what is remembered of events away; no service runs."""
    for number in numbers:
        way.write(MEMORY, str(uuid(number)), None)


def test_after_ordinary_running_nothing_differs_and_nothing_is_written(way: Pipeline) -> None:
    before = Scanner(way.clients()).bounds(TOPICS)
    told = replayed(way, 0)
    assert (told["before"]["differences"], told["after"]) == (0, None)
    assert states(told["before"]) == {"same": 10}
    assert told["before"]["topics"]["border-crossings"]["records"] == {"read": 10, "refused": 0, "nobody": 1}
    assert replayed(way, 0, "--dry-run")["before"] == told["before"]
    assert Scanner(way.clients()).bounds(TOPICS) == before


def test_all_of_a_span_is_said_again_where_that_is_asked_for(way: Pipeline) -> None:
    right, before = memory(way), records_of(way, STATUS_MATCHES.name)
    with way.running():
        told = replayed(way, 0, "--again", "--timeout", "60")
        assert (told["before"]["differences"], states(told["after"])) == (0, {"same": 10})
        handled(way)
    after = records_of(way, STATUS_MATCHES.name)
    assert len(after) == len(before) + states(told["after"])["same"]
    assert memory(way) == right
    assert run(way, *LONG_AGO, "--again", "--dry-run").exit_code == 2


def test_a_planted_difference_is_shown_put_right_and_gone(way: Pipeline) -> None:
    right = memory(way)
    held = EventMemory.from_avro(codec("event-memory").decode(right[str(uuid(2)).encode()]))
    (match,) = held.matches
    wrong = held.model_copy(update={"matches": (match.model_copy(update={"digest": "0" * 32}),)})
    lose(way, 1)
    way.write(MEMORY, str(uuid(2)), encode("event-memory", wrong))
    with way.running():
        shown = replayed(way, 1, "--dry-run", "--show", "5")
        assert states(shown["before"]) == {"same": 8, "missing": 1, "different": 1}
        assert shown["before"]["topics"]["border-crossings"]["shown"] == {
            "missing": [str(uuid(1))],
            "different": [str(uuid(2))],
        }
        table = run(way, *LONG_AGO, "--dry-run", "--show", "5")
        assert f"missing: border-crossings {uuid(1)}" in table.stdout
        assert "2 differences." in table.stdout
        for secret in ("bergsson", "Berta", "P0451298", "1974", str(person().person_id) + " "):
            assert secret not in table.output.replace(str(uuid(1)), "")
        put_right = replayed(way, 0, "--timeout", "60")
        assert (put_right["before"]["differences"], states(put_right["after"])) == (2, {"same": 10})
        assert replayed(way, 0, "--dry-run")["before"] == put_right["after"]
        handled(way)
    assert memory(way) == right
    # The orders answer no dead letter, and are none.
    assert read_letters(Scanner(way.clients())).orders == {}
    assert run_letters(way) == []
    assert reconcile(way.clients(), way.database_url).differences == ()


def run_letters(way: Pipeline) -> list[Any]:
    result = CliRunner().invoke(app, ["dead-letters", "list", "--json"], env=way.environment())
    assert result.exit_code == 0
    letters: list[Any] = json.loads(result.stdout)["letters"]
    return letters


def test_an_order_stands_while_no_service_runs_and_through_a_death_before_it_is_done(
    way: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = memory(way)
    lose(way, 3, 4, 5)
    waiting = run(way, *LONG_AGO, "--timeout", "1")
    assert waiting.exit_code == 1
    assert "the orders stand" in waiting.stderr
    with monkeypatch.context() as patch:
        # It takes the orders in and dies before it has looked at anything.
        patch.setattr(Matching, "_look_again", lambda _self, _job: Tended())
        with way.running():
            eventually(lambda: ordered(way))
            eventually(lambda: orders_taken_in(way))
        assert ordered(way)
    assert states(replayed(way, 1, "--dry-run")["before"])["missing"] == 3
    with way.running():
        eventually(lambda: not ordered(way))
        handled(way)
    assert replayed(way, 0, "--dry-run")["before"]["differences"] == 0
    assert memory(way) == right


def test_only_what_came_within_the_span_is_compared(way: Pipeline) -> None:
    time.sleep(1.1)
    start = datetime.now(UTC).replace(microsecond=0)
    tomorrow = f"{start + timedelta(days=1):%Y-%m-%d}"
    with way.running():
        way.publish(crossing(20))
        handled(way)
    told = json.loads(run(way, "--from", f"{start:%Y-%m-%dT%H:%M:%S}", "--to", tomorrow, "--json").stdout)
    assert states(told["before"]) == {"same": 1}
    assert replayed(way, 0, "--to", f"{start:%Y-%m-%dT%H:%M:%S}")["before"]["differences"] == 0
    # The same time as the product prints it.
    elsewhere = start.astimezone(timezone(timedelta(hours=5, minutes=30)))
    for text in (f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{start:%Y-%m-%d %H:%M:%SZ}", elsewhere.isoformat()):
        assert states(json.loads(run(way, "--from", text, "--json").stdout)["before"]) == {"same": 1}


def test_a_span_in_which_nothing_came_is_no_passed_check(way: Pipeline) -> None:
    done = run(way, "--from", "2999-01-01", "--dry-run")
    assert done.exit_code == 4
    assert "Nothing was compared: no record came in this span" in done.stdout
    assert "No difference" not in done.stdout


def test_what_matching_has_still_to_do_is_told_beside_the_result(way: Pipeline) -> None:
    way.publish(crossing(30))
    way.register(ROWS[1])
    told = replayed(way, 1, "--dry-run")["before"]
    assert told["behind"] == {"events": 1, "decisions": 0, "registry": 1, "ordered": 0}
    shown = run(way, *LONG_AGO, "--dry-run").stdout
    assert "matching has still to look at 1 record of this span" in shown
    assert "Some or all may only wait for matching to look again: it has not noted up to 1 record of the" in shown
    with way.running():
        eventually(lambda: replayed_same(way))
        handled(way)
    told = replayed(way, 0, "--dry-run")["before"]
    assert told["behind"] == {"events": 0, "decisions": 0, "registry": 0, "ordered": 0}


def test_other_rules_are_compared_with_dry_run_only(way: Pipeline, tmp_path: Path) -> None:
    text = (DEFAULT_RULES / "2026-1.toml").read_text("utf-8").replace('"2026-1"', '"2026-2"')
    file = tmp_path / "2026-2.toml"
    file.write_text(text, "utf-8")
    refused = run(way, *LONG_AGO, "--rules", str(file))
    assert refused.exit_code == 2
    assert "--dry-run" in refused.stderr
    assert set(states(replayed(way, 1, "--rules", str(file), "--dry-run")["before"])) == {"version"}
    shown = run(way, *LONG_AGO, "--rules", str(file), "--dry-run").stdout
    assert "of them only in the version of the rules that is named" in shown
    environment = {**way.environment(), "RESESIGNAL_RULES_FILE": str(file)}
    mine = CliRunner().invoke(app, ["replay", *LONG_AGO, "--dry-run"], env=environment)
    assert mine.exit_code == 2
    assert "matching has compared events with rules 2026-1" in mine.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--from", "yesterday"),
        ("--from", "2026-03-01", "--to", "2026-03-01"),
        ("--from", "2026-03-01", "--show", "-1"),
    ],
)
def test_wrong_usage_ends_with_2(way: Pipeline, words: tuple[str, ...]) -> None:
    assert run(way, *words).exit_code == 2


def test_where_no_broker_answers_the_command_ends_with_3() -> None:
    result = CliRunner().invoke(app, ["replay", *LONG_AGO], env={"RESESIGNAL_KAFKA_BOOTSTRAP": NOBODY})
    assert result.exit_code == 3
    assert "Kafka does not answer" in result.stderr


# --- identical bytes


@contextmanager
def folding(way: Pipeline, count: int) -> Iterator[None]:
    """So many instances of `candidates`."""
    stop = threading.Event()
    threads = []
    for number in range(count):
        clients = Clients(way.bootstrap, "candidates", f"c{number}", session_timeout_ms=6000)
        loop = TransactionalLoop(
            Candidates(KeptLog()), clients, Metrics("candidates"), KeptLog(), stop.is_set, version="test"
        )
        threads.append(threading.Thread(target=loop.run, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def result(postgres: servers.PostgresAccess, instances: int) -> dict[str, list[str]]:
    """What stands at the end with so many instances of each service, a row coming late."""
    with pipeline(postgres) as way, folding(way, instances):
        way.register(*ROWS[:3], *ROWS[8:10])
        running = [Instance(way, number) for number in range(instances)]
        events = some_events(3, 120)
        way.publish(*events[:60])
        way.register(*ROWS[10:12], BERTA)
        way.publish(*events[60:])
        asker, admin = way.clients("matching").asker(lambda _: None), way.clients("matching").admin(lambda _: None)
        eventually(lambda: not sum(lag(asker, admin, tuple(MEMORY_OF), lambda: False).values()), 90)
        # The rows are followed by each instance by itself: what is to come of them is known by what should be there.
        eventually(lambda: replayed_same(way) and not any(one.looks_again() for one in running), 90)
        asker.close()
        folders = way.clients("candidates")
        asker, admin = folders.asker(lambda _: None), folders.admin(lambda _: None)
        read = (STATUS_MATCHES.name, PROTECTION_STATUSES.name)
        eventually(lambda: not sum(lag(asker, admin, read, lambda: False).values()), 90)
        asker.close()
        for one in running:
            one.stop()
        return digests(standing(records_of(way, *RESULTS)))


def replayed_same(way: Pipeline) -> bool:
    return run(way, *LONG_AGO, "--dry-run").exit_code == 0


def test_one_instance_and_three_give_the_identical_bytes(postgres_server: servers.PostgresAccess) -> None:
    one = result(postgres_server, 1)
    assert all(len(held) > 1 for held in one.values()), {topic: len(held) for topic, held in one.items()}
    assert result(postgres_server, 3) == one
