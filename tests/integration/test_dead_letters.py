"""Dead letters listed, shown and redriven through the real services on real Kafka and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consumers.reconcile import await_handled, reconcile
from deploy.commands.dead_letters import app
from schemas.records import BorderCrossing, DocumentKind, ProtectedPerson
from schemas.topics import BORDER_CROSSINGS, TOPICS
from tests import builders, servers
from tests.builders import crossing, person, uuid
from tests.pipeline import Pipeline, pipeline

CUSTOMS = builders.POLICE.model_copy(update={"authority": "SKATTEVERKET"})
# A port of the discard service: nobody answers there.
NOBODY = "127.0.0.1:9"


@pytest.fixture(scope="module")
def way(postgres_server: servers.PostgresAccess) -> Iterator[Pipeline]:
    """One way for the module: each test has people and events of its own."""
    with pipeline(postgres_server) as made:
        made.register(person(1), traveller(2), traveller(3))
        yield made


def traveller(number: int) -> ProtectedPerson:
    """A protected person who is known by one document of their own."""
    return person(number, documents=(builders.known(f"RD{number:07d}"),), personal_numbers=(), dossier_numbers=())


def travelling(event: int, number: int, **changes: Any) -> BorderCrossing:
    """That person's return from Utopia."""
    seen = builders.seen(f"RD{number:07d}", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT)
    return crossing(event, traveller=builders.traveller(documents=(seen,)), **changes)


def run(way: Pipeline, *arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=way.environment())


def letters(way: Pipeline, *arguments: str) -> dict[str, dict[str, Any]]:
    result = run(way, "list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return {letter["place"]: letter for letter in json.loads(result.stdout)["letters"]}


def handled(way: Pipeline) -> None:
    assert await_handled(way.clients(), way.database_url, 30) == 0


def candidates(way: Pipeline, number: int) -> list[tuple[object, ...]]:
    return way.sql("SELECT state, evidence_count FROM candidate WHERE person_id = %s", uuid(number))


def text(place: tuple[str, int, int]) -> str:
    return "{}/{}/{}".format(*place)


def test_a_letter_is_listed_shown_and_answered_once_its_cause_is_mended(
    way: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    with way.running():
        (place,) = way.publish(travelling(5100, 2, disclosure=CUSTOMS))
        handled(way)
        letter = letters(way)[text(place)]
        assert (letter["reason"], letter["field"]) == ("authority-not-permitted", "disclosure.authority")
        assert letter["advice"].startswith("This authority may not publish")
        assert letter["refused_redrives"] == []
        shown = run(way, "show", text(place), "--json")
        assert shown.exit_code == 0
        assert json.loads(shown.stdout)["source"] == "same"

        # Nothing was mended yet: refused again, and the letter stands.
        again = run(way, "redrive", text(place), "--yes", "--json", "--by", "an operator")
        assert again.exit_code == 1, again.output
        document = json.loads(again.stdout)
        assert (document["answered"], document["refused-again"]) == (0, 1)
        assert document["orders"][0]["reason"] == "authority-not-permitted"
        assert document["orders"][0]["order"].startswith(f"redrives/{place[1]}/")
        listed = letters(way)
        assert [one["reason"] for one in listed[text(place)]["refused_redrives"]] == ["authority-not-permitted"]
        assert not any(place.startswith("redrives/") for place in listed)
        assert document["orders"][0]["order"] in letters(way, "--topic", "redrives")
        assert candidates(way, 2) == []

        # The agencies agree that this authority may publish.
        wider = replace(BORDER_CROSSINGS, authorities=BORDER_CROSSINGS.authorities | {"SKATTEVERKET"})
        monkeypatch.setitem(TOPICS, BORDER_CROSSINGS.name, wider)
        answered = run(way, "redrive", "--reason", "authority-not-permitted", "--yes", "--json")
        assert answered.exit_code == 0, answered.output
        assert json.loads(answered.stdout)["answered"] == 1
        assert text(place) not in letters(way)
        handled(way)
        assert candidates(way, 2) == [("OPEN", 1)]
    gone = run(way, "show", text(place))
    assert gone.exit_code == 1
    assert "is answered" in gone.stderr
    result = reconcile(way.clients(), way.database_url)
    assert result.differences == ()
    assert [(one.counted, one.standing, one.answered) for one in result.letters if one.partition == place[:2]] == [
        (1, 0, 1)
    ]


def test_a_redrive_without_yes_orders_nothing(way: Pipeline) -> None:
    with way.running():
        place = way.write(BORDER_CROSSINGS.name, "k", b"\xc3junk")
        handled(way)
        result = run(way, "redrive", text(place))
    assert result.exit_code == 2
    assert "Nothing was ordered" in result.stderr
    assert letters(way)[text(place)]["refused_redrives"] == []


def test_without_a_running_service_the_order_stands_and_is_carried_out_later(way: Pipeline) -> None:
    with way.running():
        place = way.write(BORDER_CROSSINGS.name, "a-key", b"junk")
        handled(way)
    waiting = run(way, "redrive", text(place), "--yes", "--wait", "1", "--json")
    assert waiting.exit_code == 4, waiting.output
    assert json.loads(waiting.stdout)["waiting"] == 1
    with way.running():
        handled(way)
    (tried,) = letters(way)[text(place)]["refused_redrives"]
    assert tried["reason"] == "framing-unknown"


def test_several_letters_are_redriven_each_in_the_partition_of_its_record(way: Pipeline) -> None:
    with way.running():
        written = [way.write(BORDER_CROSSINGS.name, f"key-{number}", None) for number in range(8)]
        handled(way)
        result = run(way, "redrive", "--reason", "payload-missing", "--yes", "--json")
    assert result.exit_code == 1
    orders = {one["place"]: one["order"] for one in json.loads(result.stdout)["orders"]}
    assert set(orders) == {text(place) for place in written}
    assert len({place[1] for place in written}) > 1
    assert all(order.split("/")[1] == place.split("/")[1] for place, order in orders.items())
    # A tombstone has no value: the hash of nothing agrees with nothing.
    assert all(one["reason"] == "payload-missing" for one in json.loads(result.stdout)["orders"])


def test_a_registry_row_is_not_redriven_but_published_again(way: Pipeline) -> None:
    with way.running():
        place = way.write("protection-statuses", str(uuid(77)), b"junk")
        handled(way)
        result = run(way, "redrive", text(place), "--yes")
        assert result.exit_code == 2
        assert "publish the person's row again" in result.stderr
        assert letters(way)[text(place)]["redrivable"] == "registry-row"


def test_what_the_queue_refused_is_listed_from_the_database(way: Pipeline) -> None:
    with way.running():
        place = way.write("identity-reviews", str(uuid(88)), b"junk")
        handled(way)
    result = run(way, "list", "--database", "--json")
    refused = {one["place"]: one for one in json.loads(result.stdout)["refused_by_queue"]}
    assert (refused[text(place)]["reason"], refused[text(place)]["size"]) == ("framing-unknown", 4)
    # Otherwise the next test on this way would meet it as a difference: the newest record of a person is refused.
    way.write("identity-reviews", str(uuid(88)), None)


def test_tables_name_the_reason_and_count_it(way: Pipeline) -> None:
    with way.running():
        place = way.write(BORDER_CROSSINGS.name, "k2", b"\x00\x00\x00\x00\x07")
        handled(way)
    result = CliRunner().invoke(app, ["list", "--reason", "schema-unknown"], env=way.environment() | {"COLUMNS": "160"})
    assert result.exit_code == 0
    assert text(place) in result.stdout
    assert "1 by reason" in result.stdout
    shown = CliRunner().invoke(app, ["show", text(place)], env=way.environment() | {"COLUMNS": "160"})
    assert "The source holds the record as it was refused." in shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "border-crossings/x/1"),
        ("show", "border-crossings"),
        ("redrive", "--yes"),
        ("redrive", "--all", "--reason", "handler-failed", "--yes"),
        ("redrive", "border-crossings/0/999999", "--yes"),
        ("list", "--reason", "bad-luck"),
        ("list", "--topic", "elsewhere"),
    ],
)
def test_wrong_usage_ends_with_2(way: Pipeline, arguments: tuple[str, ...]) -> None:
    assert run(way, *arguments).exit_code == 2


def test_where_no_broker_answers_the_command_ends_with_3() -> None:
    result = CliRunner().invoke(app, ["list"], env={"RESESIGNAL_KAFKA_BOOTSTRAP": NOBODY})
    assert result.exit_code == 3
    assert "Kafka does not answer" in result.stderr
