"""Identities decided by a person with the command, and honoured all the way to the queue, on real servers."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from consumers.deciding import read_matches
from consumers.reconcile import await_handled, reconcile
from consumers.scan import Scanner
from deploy.commands.identity import app
from schemas.ids import match_id
from schemas.records import EventKind
from schemas.topics import IDENTITY_DECISIONS
from tests import servers
from tests.builders import crossing, encode, name, person, traveller, uuid
from tests.pipeline import Pipeline, eventually, pipeline

# Two people with nothing in common; each event is possible by name and birth date alone.
EVA = person(1, documents=(), personal_numbers=(), dossier_numbers=())
OLA = person(
    2,
    documents=(),
    personal_numbers=(),
    dossier_numbers=(),
    names=(name("Tillsammans", "Olof Evert"),),
    birth_dates=("1981-03-04",),
)
OF_EVA = crossing(5000, traveller=traveller(documents=()))
OF_OLA = crossing(5001, traveller=traveller(documents=(), names=OLA.names, birth_date="1981-03-04"))
BY = ("--by", "handlaggare.ett", "--reason", "Invented for a test.")


@pytest.fixture(scope="module")
def way(postgres_server: servers.PostgresAccess) -> Iterator[Pipeline]:
    with pipeline(postgres_server) as made:
        made.register(EVA, OLA)
        yield made


def run(way: Pipeline, *arguments: str, typed: str | None = None) -> Result:
    return CliRunner().invoke(app, arguments, env={**way.environment(), "COLUMNS": "200"}, input=typed)


def listed(way: Pipeline, *arguments: str) -> dict[str, dict[str, Any]]:
    result = run(way, "list", "--json", *arguments)
    assert result.exit_code == 0, result.output
    return {match["match_id"]: match for match in json.loads(result.stdout)["matches"]}


def queue(way: Pipeline) -> dict[str, list[tuple[object, ...]]]:
    """Reviews that are open, and candidates, as they stand in the database once all is handled."""
    assert await_handled(way.clients(), way.database_url, 30) == 0
    return {
        "reviews": way.sql("SELECT match_id FROM identity_review WHERE state = 'OPEN' ORDER BY match_id"),
        "candidates": way.sql("SELECT person_id, state FROM candidate WHERE state = 'OPEN' ORDER BY person_id"),
    }


def test_what_a_person_decides_goes_all_the_way_and_stays_decided(way: Pipeline) -> None:
    of_eva, of_ola = match_id(uuid(5000), uuid(1)), match_id(uuid(5001), uuid(2))
    with way.running():
        way.publish(OF_EVA, OF_OLA)
        assert queue(way) == {"reviews": sorted([(of_eva,), (of_ola,)]), "candidates": []}
        waiting = listed(way)
        assert waiting.keys() == {str(of_eva), str(of_ola)}
        assert waiting[str(of_eva)]["agree"] == ["name", "birth-date", "citizenship", "sex"]
        assert listed(way, "--decided") == {}

        confirmed = run(way, "decide", str(of_eva)[:8], "--same", *BY, "--json")
        assert confirmed.exit_code == 0, confirmed.output
        assert json.loads(confirmed.stdout)["honoured"] is True
        rejected = run(way, "decide", str(of_ola), "--not-same", *BY)
        assert rejected.exit_code == 0, rejected.output
        assert "Matching has compared all events that are still held with it." in rejected.stdout
        after = {"reviews": [], "candidates": [(uuid(1), "OPEN")]}
        assert queue(way) == after

        # A confirmed one is looked at again when the event is corrected; nobody decides about what they did not see.
        way.publish(OF_EVA.model_copy(update={"revision": 2, "kind": EventKind.CORRECTED}))
        assert queue(way) == {"reviews": [(of_eva,)], "candidates": []}
        assert listed(way)[str(of_eva)]["revision"] == 2
        unseen = run(way, "decide", str(of_eva), "--same", "--revision", "1", *BY)
        assert unseen.exit_code == 2
        assert "is of revision 2 of the event now" in unseen.stderr
        again = run(way, "decide", str(of_eva), "--same", "--revision", "2", *BY)
        assert again.exit_code == 0, again.output
        assert queue(way) == after

        # Neither a correction nor a row brings the rejected one back.
        way.publish(OF_OLA.model_copy(update={"revision": 2, "kind": EventKind.CORRECTED}))
        way.register(OLA.model_copy(update={"citizenships": ("NOR", "UTO")}))
        assert queue(way) == after
    with way.running():  # in another process it is the same
        assert queue(way) == after
        decided = listed(way, "--decided")
        assert {key: one["verdict"] for key, one in decided.items()} == {
            str(of_eva): "SAME_PERSON",
            str(of_ola): "NOT_SAME_PERSON",
        }
        assert listed(way) == {}

        undone = run(way, "decide", str(of_ola), "--undecided", *BY, "--json")
        assert undone.exit_code == 0, undone.output
        assert queue(way) == {"reviews": [(of_ola,)], "candidates": [(uuid(1), "OPEN")]}
        assert listed(way).keys() == {str(of_ola)}
    assert reconcile(way.clients(), way.database_url).differences == ()


def test_everything_that_was_decided_about_a_match_is_shown(way: Pipeline) -> None:
    of_eva = str(match_id(uuid(5000), uuid(1)))
    shown = json.loads(run(way, "show", of_eva[:8], "--json").stdout)
    assert shown["match_id"] == of_eva
    assert [(one["verdict"], one["revision"]) for one in shown["decisions"]] == [("SAME_PERSON", 1), ("SAME_PERSON", 2)]
    assert {(one["decided_by"], one["reason"]) for one in shown["decisions"]} == {(BY[1], BY[3])}
    table = run(way, "show", of_eva)
    assert table.exit_code == 0, table.output
    assert "Identified, border-crossings of " in table.stdout
    assert table.stdout.count("the same person") == 2
    unknown = run(way, "show", "00000000")
    assert (unknown.exit_code, "there is no such match" in unknown.stderr) == (2, True)


def test_a_reason_may_come_from_standard_input_and_is_shown_without_what_a_terminal_would_obey(way: Pipeline) -> None:
    way.publish(crossing(5003, traveller=traveller(documents=())))
    with way.running():
        queue(way)
        match = str(match_id(uuid(5003), uuid(1)))
        decide = ("decide", match, "--not-same", "--by", "handlaggare.ett")
        silent = run(way, *decide)
        assert silent.exit_code == 2
        assert "--reason - " in " ".join(silent.stderr.split())
        hostile = run(way, *decide, "--reason", "-", typed="Piped \x1b]0;in[/]\n")
        assert hostile.exit_code == 2
        piped = run(way, *decide, "--reason", "-", typed="Piped in[/]\n")
        assert piped.exit_code == 0, piped.output
    # Whoever else may write to the topic is not kept from it.
    written = read_matches(Scanner(way.clients())).named(match).decision
    assert written is not None
    value = encode(IDENTITY_DECISIONS.record, written.model_copy(update={"reason": "Piped \x1b]0;out[/]"}))
    way.write(IDENTITY_DECISIONS.name, match, value)
    shown = run(way, "show", match)
    assert "Piped in[/]" in shown.stdout
    assert "Piped  ]0;out[/]" in shown.stdout
    assert "\x1b" not in shown.stdout


def test_ctrl_c_ends_the_waiting_and_says_that_the_decision_is_written(way: Pipeline) -> None:
    way.publish(crossing(5004, traveller=traveller(documents=())))
    match = str(match_id(uuid(5004), uuid(1)))
    with way.running():
        queue(way)
    command = [sys.executable, "-m", "deploy", "identity", "decide", match, "--not-same", *BY, "--wait", "60", "--json"]
    environment = {**os.environ, **way.environment()}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as deciding:
        eventually(lambda: match in listed(way, "--decided"))
        time.sleep(0.5)  # it may have been read before the command heard that it was taken
        deciding.send_signal(signal.SIGINT)
        said = json.loads(deciding.communicate(timeout=20)[0])
    assert (deciding.returncode, said["written"], said["interrupted"]) == (4, True, True)
    # The same again only waits.
    with way.running():
        again = run(way, "decide", match, "--not-same", *BY, "--json")
    assert again.exit_code == 0, again.output
    said = json.loads(again.stdout)
    assert (said["written"], said["honoured"]) == (False, True)


def test_ctrl_c_at_the_question_for_the_reason_writes_nothing(way: Pipeline) -> None:
    match = str(match_id(uuid(5004), uuid(1)))  # decided about in the test above
    before = json.loads(run(way, "show", match, "--json").stdout)
    command = [sys.executable, "-m", "deploy", "identity", "decide", match, "--same", "--by", "handlaggare.tva"]
    keyboard, terminal = pty.openpty()
    try:
        with subprocess.Popen(
            command,
            env={**os.environ, **way.environment()},
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as deciding:
            assert deciding.stderr is not None
            said = b""
            while b"Why (kept for good" not in said:
                said += os.read(deciding.stderr.fileno(), 1024)
            assert b"The match has a decision: not the same person, by handlaggare.ett" in said
            deciding.send_signal(signal.SIGINT)
            told = deciding.communicate(timeout=20)[0]
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert (deciding.returncode, told.strip()) == (130, b"Interrupted: nothing was written.")
    assert json.loads(run(way, "show", match, "--json").stdout) == before


WRONG = {
    "no verdict": (("decide", "12345678", *BY), "one of the three"),
    "two verdicts": (("decide", "12345678", "--same", "--not-same", *BY), "one of the three"),
    "no such match": (("decide", "00000000", "--same", *BY), "there is no such match (any more)"),
    "too short": (("decide", "0", "--same", *BY), "at least the first 8"),
    "nobody": (("decide", "12345678", "--same", "--reason", "why"), "--by"),
}


@pytest.mark.parametrize(("arguments", "sentence"), WRONG.values(), ids=WRONG)
def test_wrong_usage_is_told_and_nothing_is_written(way: Pipeline, arguments: tuple[str, ...], sentence: str) -> None:
    before = listed(way, "--decided")
    result = run(way, *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert listed(way, "--decided") == before


def test_a_decision_without_a_reason_is_refused(way: Pipeline) -> None:
    with way.running():
        way.publish(crossing(5002, traveller=traveller(documents=())))
        queue(way)
    match = str(match_id(uuid(5002), uuid(1)))
    result = run(way, "decide", match, "--same", "--by", "handlaggare.ett", "--reason", "  ")
    assert result.exit_code == 2
    assert "reason: A decision must say who decided and why." in result.stderr


def test_without_matching_the_decision_is_written_and_the_command_says_so(way: Pipeline) -> None:
    match = str(match_id(uuid(5002), uuid(1)))
    assert match in {str(row[0]) for row in queue(way)["reviews"]}
    result = run(way, "decide", match, "--not-same", *BY, "--wait", "0")
    assert result.exit_code == 4
    assert "It will, once it runs." in " ".join(result.stdout.split())
    with way.running():
        assert match not in {str(row[0]) for row in queue(way)["reviews"]}
        assert match not in listed(way)
