"""`resesignal identity decide`: interrupted, repeated and overruling; what it says, and its exit status."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
import typer
from typer.testing import CliRunner, Result

from consumers.deciding import Match, Matches, MaybeWritten, Written, write_decision
from consumers.decision_texts import TextUnfit
from consumers.kafka import Partition
from deploy.commands import identity, identity_report
from schemas.ids import match_id
from schemas.records import Feature, FeatureResult, IdentityDecision, IdentityLevel, IdentityVerdict
from tests.builders import finding, uuid

MATCH = match_id(uuid(5000), uuid(1))
BY = ("--by", "handlaggare.ett", "--reason", "Another date of birth")
PLACE = Partition("identity-decisions", 3)


def decision(verdict: IdentityVerdict, by: str = "handlaggare.ett", revision: int = 2) -> IdentityDecision:
    return IdentityDecision(
        match_id=MATCH,
        event_id=uuid(5000),
        person_id=uuid(1),
        revision=revision,
        verdict=verdict,
        decided_by=by,
        reason="Invented for a test.",
        decided_at=datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC),
    )


class Kafka:
    """Stands for what the command asks of Kafka."""

    def __init__(self) -> None:
        self.standing: tuple[IdentityDecision, ...] = ()
        self.written: list[IdentityDecision] = []
        self.awaited: list[Written] = []
        self.in_read: Callable[[], None] = lambda: None
        self.in_write: Callable[[Callable[[], bool]], None] = lambda _interrupted: None
        self.in_wait: Callable[[], bool] = lambda: True

    def read(self, *_args: object) -> Matches:
        self.in_read()
        written = tuple(Written(one, PLACE, number) for number, one in enumerate(self.standing))
        return Matches({MATCH: Match(MATCH, uuid(5000), uuid(1), 2, written=written)})

    def write(self, _clients: object, one: IdentityDecision, interrupted: Callable[[], bool]) -> Written:
        self.in_write(interrupted)
        self.written.append(one)
        return Written(one, PLACE, 7)

    def wait(self, _scanner: object, written: Written, _seconds: float) -> bool:
        self.awaited.append(written)
        return self.in_wait()


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Kafka:
    made = Kafka()

    @contextmanager
    def operating() -> Iterator[Any]:
        yield Mock()

    monkeypatch.setattr(identity, "operating", operating)
    monkeypatch.setattr(identity, "read_matches", made.read)
    monkeypatch.setattr(identity, "write_decision", made.write)
    monkeypatch.setattr(identity, "await_honoured", made.wait)
    return made


def decide(*words: str) -> Result:
    return CliRunner().invoke(identity.app, ["decide", str(MATCH)[:8], *words], env={"COLUMNS": "200", "TERM": "dumb"})


def interrupt() -> bool:
    """As Ctrl-C in the terminal."""
    os.kill(os.getpid(), signal.SIGINT)
    return False


# --- interrupted


def test_ctrl_c_while_it_waits_tells_that_the_decision_is_written(kafka: Kafka) -> None:
    kafka.in_wait = interrupt
    told = decide("--not-same", *BY)
    assert told.exit_code == 4
    assert "The decision is written; only the waiting was interrupted." in told.stdout
    assert f"resesignal identity show {str(MATCH)[:8]}" in told.stdout
    assert len(kafka.written) == 1


def test_ctrl_c_while_it_waits_is_told_to_scripts(kafka: Kafka) -> None:
    kafka.in_wait = interrupt
    told = decide("--not-same", *BY, "--json")
    assert told.exit_code == 4
    said = json.loads(told.stdout)
    assert (said["written"], said["honoured"], said["interrupted"]) == (True, False, True)
    assert said["match_id"] == str(MATCH)


def test_ctrl_c_while_it_writes_is_heeded_once_kafka_has_taken_it(kafka: Kafka) -> None:
    def taken(interrupted: Callable[[], bool]) -> None:
        assert not interrupted()
        interrupt()
        assert interrupted()

    kafka.in_write = taken
    before = signal.getsignal(signal.SIGINT)
    told = decide("--not-same", *BY)
    assert (told.exit_code, len(kafka.written), kafka.awaited) == (4, 1, [])
    assert "only the waiting was interrupted" in told.stdout
    assert signal.getsignal(signal.SIGINT) is before


def test_that_it_may_be_written_is_told(kafka: Kafka) -> None:
    def unsure(_interrupted: Callable[[], bool]) -> None:
        interrupt()
        raise MaybeWritten("Kafka has not said.")

    kafka.in_write = unsure
    told = decide("--not-same", *BY)
    assert (told.exit_code, told.stdout) == (5, "Kafka has not said.\n")
    told = decide("--not-same", *BY, "--json")
    assert told.exit_code == 5
    said = json.loads(told.stdout)
    assert (said["written"], said["interrupted"], said["match_id"]) == (None, True, str(MATCH))


def test_ctrl_c_before_it_writes_leaves_all_as_it_is(kafka: Kafka) -> None:
    kafka.in_read = interrupt  # type: ignore[assignment]
    told = decide("--not-same", *BY)
    assert (told.exit_code, told.stdout) == (130, "Interrupted: nothing was written.\n")
    assert kafka.written == []
    told = decide("--not-same", *BY, "--json")
    assert told.exit_code == 130
    assert json.loads(told.stdout) == {"written": False, "replaced": None, "honoured": False, "interrupted": True}


def test_ctrl_c_at_the_prompt_leaves_all_as_it_is(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(text: str, **_more: object) -> str:
        assert "kept for good" in text
        raise typer.Abort

    monkeypatch.setattr(identity, "_told", lambda _reason: None)
    monkeypatch.setattr(typer, "prompt", asked)
    told = decide("--not-same", "--by", "handlaggare.ett")
    assert (told.exit_code, told.stdout) == (130, "Interrupted: nothing was written.\n")
    assert kafka.written == []


class _Mute:
    """A producer that never hears from a broker."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def produce(self, *_args: object, **_more: object) -> None:
        self.calls.append("produce")

    def poll(self, _seconds: float) -> int:
        return 0

    def purge(self) -> None:
        self.calls.append("purge")

    def close(self) -> None:
        self.calls.append("close")


def test_an_interrupted_write_waits_a_moment_for_kafka_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consumers.deciding._GRACE_S", 0.05)
    producer = _Mute()
    clients = Mock(operators_producer=lambda: producer)
    with pytest.raises(MaybeWritten, match=f"resesignal identity show {str(MATCH)[:8]}"):
        write_decision(clients, decision(IdentityVerdict.SAME_PERSON), lambda: True)
    assert producer.calls == ["produce", "purge", "close"]


# --- what was decided before


def test_whose_decision_is_replaced_is_told_before_it_is(kafka: Kafka) -> None:
    kafka.standing = (decision(IdentityVerdict.SAME_PERSON, by="handlaggare.tva"),)
    told = decide("--not-same", *BY, "--json")
    assert told.exit_code == 0
    assert "The match has a decision: the same person, by handlaggare.tva, 2026-03-14 09:26:53Z" in told.stderr
    said = json.loads(told.stdout)
    assert (said["written"], said["verdict"], said["decided_by"]) == (True, "NOT_SAME_PERSON", "handlaggare.ett")
    assert (said["replaced"]["verdict"], said["replaced"]["decided_by"]) == ("SAME_PERSON", "handlaggare.tva")


def test_of_a_match_without_a_decision_nothing_is_replaced(kafka: Kafka) -> None:
    told = decide("--not-same", *BY, "--json")
    assert (told.stderr.strip(), json.loads(told.stdout)["replaced"]) == ("", None)


def test_a_decision_that_stands_is_not_written_again_but_waited_for(kafka: Kafka) -> None:
    kafka.standing = (decision(IdentityVerdict.NOT_SAME_PERSON),)
    told = decide("--not-same", *BY)
    assert told.exit_code == 0
    assert "has this decision already: not the same person, by handlaggare.ett" in told.stdout
    assert "Nothing was written." in told.stdout
    assert (kafka.written, [one.offset for one in kafka.awaited]) == ([], [0])
    said = json.loads(decide("--not-same", *BY, "--json").stdout)
    assert (said["written"], said["honoured"], said["reason"]) == (False, True, "Invented for a test.")


OTHER = {
    "another person": decision(IdentityVerdict.NOT_SAME_PERSON, by="handlaggare.tva"),
    "another verdict": decision(IdentityVerdict.UNDECIDED),
    "an earlier revision": decision(IdentityVerdict.NOT_SAME_PERSON, revision=1),
}


@pytest.mark.parametrize("other", OTHER.values(), ids=OTHER)
def test_another_decision_is_written(kafka: Kafka, other: IdentityDecision) -> None:
    kafka.standing = (decision(IdentityVerdict.NOT_SAME_PERSON), other)
    assert decide("--not-same", *BY).exit_code == 0
    assert len(kafka.written) == 1


# --- what is typed


@pytest.mark.parametrize("option", ["--by", "--reason"])
@pytest.mark.parametrize("text", ["See 19900101-1234", "See\x1b[31m"])
def test_a_text_that_may_not_be_kept_is_refused_before_kafka_is_asked(kafka: Kafka, option: str, text: str) -> None:
    kafka.in_read = pytest.fail
    words = {"--by": "handlaggare.ett", "--reason": "Another date of birth", option: text}
    told = decide("--not-same", *(word for pair in words.items() for word in pair))
    assert told.exit_code == 2
    assert f"{option}: it holds" in " ".join(told.stderr.split())
    assert "1234" not in told.stderr


def test_at_the_prompt_it_is_asked_again(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["Born 900101-1234", "Another date of birth"])
    monkeypatch.setattr(identity, "_told", lambda _reason: None)
    monkeypatch.setattr(typer, "prompt", lambda *_args, **_more: next(typed))
    told = decide("--not-same", "--by", "handlaggare.ett")
    assert told.exit_code == 0
    assert "Not so: it holds what looks like a personal number" in told.stderr
    assert [one.reason for one in kafka.written] == ["Another date of birth"]


def test_whoever_writes_a_decision_is_refused_such_a_text() -> None:
    unfit = decision(IdentityVerdict.SAME_PERSON).model_copy(update={"reason": "Born 900101-1234"})
    with pytest.raises(TextUnfit):
        write_decision(Mock(), unfit)


# --- what is listed


def possible(event: int, person: int, *disagree: str) -> Match:
    features = tuple(Feature(name=name, result=FeatureResult.DISAGREE) for name in disagree)
    found = finding().model_copy(update={"identity": IdentityLevel.POSSIBLE, "features": features})
    return Match(match_id(uuid(event), uuid(person)), uuid(event), uuid(person), 1, found)


def listed(*matches: Match) -> str:
    """What `identity list` prints below the table."""
    app = typer.Typer()
    app.command()(lambda: identity_report.print_list(matches, decided=False))
    printed = CliRunner().invoke(app, env={"COLUMNS": "200", "TERM": "dumb"})
    assert printed.exit_code == 0, printed.output
    return printed.stdout.rpartition("┘")[2].strip()


def test_a_list_explains_what_is_no_comparison_and_says_where_one_event_could_be_several_people() -> None:
    assert listed(possible(1, 1, "name"), possible(2, 1)) == ""
    two = possible(1, 1, "other-key"), possible(1, 2, "other-key")
    first, second = listed(*two, possible(3, 1)).splitlines()
    assert first.startswith("other-key: a document or number that was read is somebody else's in the registry")
    names = " and ".join(str(match.match_id)[:8] for match in two)
    assert second == f"{names} are of one event: its traveller is one of these people at most."
