"""What `candidates` does with records that cannot be used, and with its own faults: all others are untouched."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from consumers.candidates import Candidates
from consumers.kafka import Inbound
from matcher import fold
from matcher.memory import Outcome
from schemas.ids import match_id
from schemas.reasons import Reason
from schemas.records import (
    Event,
    RevocationCandidate,
    StatusMatch,
)
from schemas.topics import REVOCATION_CANDIDATES
from tests.builders import (
    DOSSIER,
    crossing,
    encode,
    person,
    uuid,
)
from tests.unit.consumers.folding import (
    ANNA,
    CANDIDATES,
    PROTECTED,
    Folding,
    bad_bytes,
)

ROW = encode("protected-person", person())
BAD_ROWS: list[tuple[dict[str, Any], Reason]] = [
    ({"value": b"{}"}, Reason.FRAMING_UNKNOWN),
    ({"value": ROW[:-1]}, Reason.PAYLOAD_TRUNCATED),
    ({"value": ROW + b"\x00"}, Reason.PAYLOAD_TRAILING),
    ({"value": ROW, "key": str(uuid(2)).encode()}, Reason.KEY_MISMATCH),
    ({"row": person(birth_dates=("1974-02-30",))}, Reason.BIRTH_DATE_IMPOSSIBLE),
]

pytestmark = pytest.mark.usefixtures("typed")


@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS, ids=[reason.value for _, reason in BAD_ROWS])
def test_a_row_that_is_refused_leaves_the_person_as_they_were(bad: dict[str, Any], reason: Reason) -> None:
    service = Folding()
    service.handle([service.row(PROTECTED), service.match(), service.match(number=2)])
    before = service.candidate()
    handled = service.handle([service.row(**bad)])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is reason
    assert handled.outbound == []
    service.handle([service.match(crossing(8))])
    after = service.candidate()
    assert before is not None
    assert after is not None
    assert after.person == before.person
    assert after.person is not None


def bad_key(service: Folding) -> Inbound:
    return service.match()._replace(key=str(uuid(2)).encode())


def bad_tombstone(service: Folding) -> Inbound:
    return service.match()._replace(value=None)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (bad_key, Reason.KEY_MISMATCH),
        (bad_bytes, Reason.PAYLOAD_TRUNCATED),
        (bad_tombstone, Reason.PAYLOAD_MISSING),
    ],
)
def test_a_match_that_cannot_be_used_is_dead(make: Callable[[Folding], Inbound], reason: Reason) -> None:
    service = Folding()
    handled = service.handle([make(service)])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is reason
    assert handled.outbound == []


def test_faults_in_a_batch_leave_all_others_as_they_would_be_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    service, alone = Folding(), Folding()
    fail_on_match(monkeypatch, service, crossing(13))
    batch = [
        bad_bytes(service),
        service.match(crossing(1)),
        service.match(crossing(13)),
        service.row(value=b"{}"),
        service.row(PROTECTED),
        bad_key(service),
        service.match(crossing(2), 2),
    ]
    handled = service.handle(batch)
    dead, taken = Outcome.DEAD, Outcome.TAKEN_IN
    assert handled.outcomes == [dead, taken, dead, dead, taken, dead, taken]
    alone.handle([alone.match(crossing(1)), alone.row(PROTECTED), alone.match(crossing(2), 2)])
    assert service.topics.newest(CANDIDATES) == alone.topics.newest(CANDIDATES)
    assert len(service.topics.newest(CANDIDATES)) == 2


def fail_on_match(monkeypatch: pytest.MonkeyPatch, service: Folding, event: Event) -> None:
    """Let taking in one match fail as a fault of the program would, with personal data in its text."""
    assert isinstance(service.handler, Candidates)
    matches = service.handler._matches
    read = matches.decode_record

    def decode_record(data: bytes | None, model: type[StatusMatch]) -> StatusMatch:
        match = read(data, model)
        if match.event_id == event.event_id:
            raise RuntimeError(f"cannot take in {match!r}")
        return match

    monkeypatch.setattr(matches, "decode_record", decode_record)


def test_a_fault_of_the_program_is_counted_and_logged_without_personal_data(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Folding()
    fail_on_match(monkeypatch, service, crossing(13))
    handled = service.handle([service.match(crossing(13))])
    assert handled.outcomes == [Outcome.DEAD]
    assert handled.refusals[0].reason is Reason.HANDLER_FAILED
    assert service.log.entries == [("error", "record-failed", {"error": "RuntimeError"})]
    said = repr((service.log.entries, handled.refusals))
    assert not [text for text in ("bergsson", "Inventa", DOSSIER, "P0451298", str(uuid(1))) if text in said]


def test_a_fault_while_folding_one_person_does_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing_fold(person_id: Any, *rest: Any) -> RevocationCandidate:
        if person_id == uuid(2):
            raise RuntimeError
        return fold.fold_candidate(person_id, *rest)

    monkeypatch.setattr("consumers.candidates.fold_candidate", failing_fold)
    service = Folding()
    handled = service.handle([service.match(crossing(1)), service.match(crossing(2), 2)])
    assert handled.outcomes == [Outcome.TAKEN_IN, Outcome.DEAD]


@pytest.mark.parametrize("restart", [True, False])
def test_a_person_of_whom_too_much_is_known_holds_nobody_up_and_keeps_what_stood(
    monkeypatch: pytest.MonkeyPatch, restart: bool
) -> None:
    """A record that no topic takes would end the service, and every instance after it."""
    service = Folding()
    service.handle([service.row(), service.match(crossing(1))])
    before = service.candidate()
    assert before is not None
    room = len(encode("revocation-candidate", before)) + 500
    small = dataclasses.replace(REVOCATION_CANDIDATES, max_bytes=room)
    monkeypatch.setattr("consumers.candidates.REVOCATION_CANDIDATES", small)
    handled = service.handle([service.match(crossing(2)), service.match(crossing(3), 2), service.match(crossing(4))])
    assert handled.outcomes == [Outcome.DEAD, Outcome.TAKEN_IN, Outcome.DEAD]
    assert {refusal.reason for refusal in handled.refusals.values()} == {Reason.PERSON_TOO_LARGE}
    assert [one.key for one in handled.outbound] == [str(uuid(2)).encode()]
    if restart:
        service.restart(service.another())
    assert service.candidate() == before
    # What takes something back is taken in.
    service.handle([service.retract(crossing(1))])
    after = service.candidate()
    assert after is not None
    assert after.evidence == ()


def test_what_takes_something_back_is_taken_in_beside_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    service = Folding()
    service.handle([service.row(), service.match(crossing(1)), service.match(crossing(2))])
    before = service.candidate()
    assert before is not None
    small = dataclasses.replace(REVOCATION_CANDIDATES, max_bytes=len(encode("revocation-candidate", before)) + 500)
    monkeypatch.setattr("consumers.candidates.REVOCATION_CANDIDATES", small)
    many = [service.match(crossing(number)) for number in (3, 4, 5)]
    handled = service.handle([*many, service.retract(crossing(1)), service.row(PROTECTED)])
    assert handled.outcomes[3:] == [Outcome.TAKEN_IN, Outcome.TAKEN_IN]
    assert Outcome.DEAD in handled.outcomes
    after = service.candidate()
    assert after is not None
    assert match_id(uuid(1), uuid(1)) not in {item.match_id for item in after.evidence}
    assert after.person is not None
    assert after.person.protected_identity is True


def test_a_record_that_is_refused_by_itself_leaves_those_before_it_taken_in() -> None:
    """The last record of a person is refused; the person is folded all the same, and no record is taken in twice."""
    service = Folding()
    handled = service.handle([service.match(crossing(1)), service.row(value=ROW[:-1])])
    assert handled.outcomes == [Outcome.TAKEN_IN, Outcome.DEAD]
    assert [refusal.reason for refusal in handled.refusals.values()] == [Reason.PAYLOAD_TRUNCATED]


def test_a_fault_at_one_record_of_a_person_leaves_the_persons_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing_fold(person_id: Any, findings: Any, *rest: Any) -> RevocationCandidate:
        if match_id(uuid(13), uuid(1)) in findings:
            raise RuntimeError
        return fold.fold_candidate(person_id, findings, *rest)

    service = Folding()
    service.handle([service.match(crossing(1))])
    monkeypatch.setattr("consumers.candidates.fold_candidate", failing_fold)
    handled = service.handle([service.match(crossing(13)), service.retract(crossing(1)), service.match(crossing(2))])
    assert handled.outcomes == [Outcome.DEAD, Outcome.TAKEN_IN, Outcome.TAKEN_IN]
    candidate = service.candidate()
    assert candidate is not None
    assert [item.match_id for item in candidate.evidence] == [match_id(uuid(2), uuid(1))]


def test_a_refused_row_leaves_the_person_as_they_were_after_a_restart_too() -> None:
    service = Folding()
    service.handle([service.row(PROTECTED), service.match(), service.row(value=ROW[:-1])])
    service.restart()
    service.handle([service.match(crossing(8))])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is not None
    assert candidate.person.protected_identity is True


def test_the_row_of_another_person_under_this_persons_key_is_not_used_after_a_restart() -> None:
    service = Folding()
    service.handle([service.match(), service.row(person(2, dossier_numbers=("99999999",)), key=ANNA)])
    service.restart()
    service.handle([service.match(crossing(8))])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is None


def test_a_row_that_cannot_be_read_is_left_out_at_a_restart() -> None:
    service = Folding()
    service.row(value=ROW[:-1])
    service.restart()
    service.handle([service.match()])
    candidate = service.candidate()
    assert candidate is not None
    assert candidate.person is None
