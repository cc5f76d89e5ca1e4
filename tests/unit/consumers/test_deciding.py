"""Which matches there are, read from topics on which each record of a person replaces the one before."""

from __future__ import annotations

from uuid import UUID

import pytest

from consumers.deciding import read_matches
from schemas.records import IdentityReview
from tests.builders import encode
from tests.builders_queue import make_review, person_id
from tests.unit.consumers.matchers import Matchers
from tests.unit.consumers.memory_scanner import MemoryScanner

REVIEWS = "identity-reviews"


def written(*records: tuple[int, bytes | None]) -> MemoryScanner:
    """A scanner of a topic that holds these records, each of the person of a number."""
    service = Matchers()
    for number, value in records:
        service.topics.write(REVIEWS, str(person_id(number)).encode(), value)
    return MemoryScanner(service)


def review(person: int, *events: int) -> bytes:
    return encode("identity-review", make_review(person, events=events))


def found(scanner: MemoryScanner) -> set[UUID]:
    return set(read_matches(scanner).held)


def matches_of(person: int, *events: int) -> set[UUID]:
    return {piece.match_id for piece in make_review(person, events=events).reviews}


def test_the_newest_record_of_each_person_holds() -> None:
    scanner = written((1, review(1, 0)), (2, review(2, 0)), (1, review(1, 0, 1)), (3, review(3, 0)), (3, None))
    assert found(scanner) == matches_of(1, 0, 1) | matches_of(2, 0)


def test_a_record_that_is_refused_leaves_the_one_before_in_force() -> None:
    scanner = written((1, review(1, 0)), (1, review(1, 0, 1)), (2, review(2, 0)), (1, b"\xc3\x01"), (1, b"nothing"))
    assert found(scanner) == matches_of(1, 0, 1) | matches_of(2, 0)


def test_of_a_person_written_often_only_the_newest_record_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    make = IdentityReview.from_avro

    def counting(values: dict[str, object]) -> IdentityReview:
        made = make(values)
        read.append(len(made.reviews))
        return made

    monkeypatch.setattr(IdentityReview, "from_avro", counting)
    assert len(found(written(*((1, review(1, *range(count))) for count in range(1, 30))))) == 29
    assert read == [29]
