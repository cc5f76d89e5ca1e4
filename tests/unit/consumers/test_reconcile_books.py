"""The books of one partition, and the letters that belong to them."""

from __future__ import annotations

from collections import Counter

import pytest

from consumers.dead_letters import Letters, Place
from consumers.kafka import Partition
from consumers.progress import Progress
from consumers.reconcile.books import Held, check_books, must_read_again
from consumers.reconcile.letters import check_letters, check_refusals
from consumers.reconcile.result import Check, MatchBooks, PartitionBooks, Problem, QueueBooks, Reconciliation
from consumers.scan import Span
from schemas.records import DeadLetter, Redrive
from tests.builders import NOON

SOURCE = Partition("border-crossings", 0)
MATCHES = Partition("status-matches", 0)
COMPACTED = Partition("protection-statuses", 0)


def progress(first: int, next_offset: int, consumed: int, dead: int = 0) -> Progress:
    outcomes = Counter({"taken-in": consumed - dead, "dead-lettered": dead})
    return Progress(first, next_offset, consumed, outcomes)


@pytest.mark.parametrize(
    ("partition", "counted", "bounds", "held", "check", "problems"),
    [
        # Every offset is a record.
        (SOURCE, progress(0, 10, 10), Span(0, 12), Held(after=2), Check.EVERY_OFFSET, []),
        (SOURCE, progress(0, 10, 11), Span(0, 10), Held(), Check.EVERY_OFFSET, [Problem.COUNTED_TOO_OFTEN]),
        (SOURCE, progress(0, 10, 9), Span(0, 10), Held(within=10), Check.READ_AGAIN, [Problem.UNCOUNTED]),
        # A sender that uses transactions leaves gaps; then it is read again.
        (SOURCE, progress(0, 10, 8), Span(0, 10), Held(within=8), Check.READ_AGAIN, []),
        # It began after earlier records had expired, which is no fault.
        (SOURCE, progress(5, 10, 5), Span(5, 10), Held(), Check.EVERY_OFFSET, []),
        # Expired while the group was away: a gap in the middle, or not even begun with.
        (SOURCE, progress(0, 30, 10), Span(20, 30), Held(within=5), Check.BOUNDS, [Problem.LOST]),
        (SOURCE, progress(0, 10, 10), Span(15, 20), Held(after=5), Check.EVERY_OFFSET, [Problem.LOST]),
        (SOURCE, progress(5, 10, 5), Span(0, 10), Held(before=5), Check.EVERY_OFFSET, [Problem.SKIPPED]),
        (SOURCE, progress(0, 10, 10), Span(0, 4), Held(), Check.EVERY_OFFSET, [Problem.TOPIC_CUT]),
        # Markers of transactions lie between.
        (MATCHES, progress(0, 10, 7), Span(0, 10), Held(within=7), Check.READ_AGAIN, []),
        (MATCHES, progress(0, 10, 7), Span(0, 10), Held(within=8), Check.READ_AGAIN, [Problem.UNCOUNTED]),
        (MATCHES, progress(0, 10, 7), Span(0, 10), Held(within=6), Check.READ_AGAIN, [Problem.COUNTED_TOO_OFTEN]),
        (MATCHES, progress(0, 10, 7), Span(4, 10), Held(within=3), Check.BOUNDS, []),
        (MATCHES, progress(0, 10, 7), Span(15, 20), Held(within=0), Check.BOUNDS, [Problem.LOST]),
        # Compaction takes away what was counted, never the other way round.
        (COMPACTED, progress(0, 10, 7), Span(0, 10), Held(within=3), Check.BOUNDS, []),
        (COMPACTED, progress(0, 10, 7), Span(0, 10), Held(within=7), Check.READ_AGAIN, []),
        (COMPACTED, progress(0, 10, 7), Span(0, 10), Held(within=8), Check.BOUNDS, [Problem.UNCOUNTED]),
        (COMPACTED, progress(0, 10, 11), Span(0, 10), Held(), Check.EVERY_OFFSET, [Problem.COUNTED_TOO_OFTEN]),
        (SOURCE, Progress(), Span(0, 3), Held(after=3), Check.NOTHING_READ, []),
    ],
)
def test_books(
    partition: Partition, counted: Progress, bounds: Span, held: Held, check: Check, problems: list[Problem]
) -> None:
    books, differences = check_books("matching", partition, counted, bounds, held)
    assert [one.problem for one in differences] == problems
    assert books.lag == held.after
    if not problems:
        assert books.check is check


def test_outcomes_that_do_not_add_up_are_found() -> None:
    wrong = Progress(0, 10, 10, Counter({"matched": 9}))
    _books, (difference,) = check_books("matching", SOURCE, wrong, Span(0, 10), Held())
    assert difference.problem is Problem.OUTCOMES_DIFFER
    assert difference.where == "matching border-crossings/0"
    assert difference.detail == "10 records were consumed, their outcomes add up to 9"


def test_records_that_expired_before_the_group_began_are_told() -> None:
    books, _ = check_books("matching", SOURCE, progress(5, 10, 5), Span(5, 10), Held())
    assert books.expired == 5


def test_a_topic_is_read_again_only_where_its_offsets_prove_nothing() -> None:
    assert not must_read_again(progress(3, 10, 7))
    assert must_read_again(progress(3, 10, 6))
    assert not must_read_again(Progress())


# --- letters


def books_of(partition: Partition, counted: int, next_offset: int = 100) -> PartitionBooks:
    made, _ = check_books("matching", partition, progress(0, next_offset, next_offset, counted), Span(0, 100), Held())
    return made


def letters(standing: list[Place], ordered: list[Place]) -> Letters:
    made = Letters()
    for place in standing:
        made.standing[place] = DeadLetter(
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            timestamp=NOON,
            sha256="0" * 64,
            size=1,
            reason="payload-corrupt",
            service="matching",
            version="0",
        )
    for number, place in enumerate(ordered):
        made.orders[Place("redrives", place.partition, number)] = Redrive(
            topic=place.topic,
            partition=place.partition,
            offset=place.offset,
            sha256="0" * 64,
            requested_by="an operator",
            requested_at=NOON,
        )
    return made


ONE, TWO, LATER = Place(*SOURCE, 1), Place(*SOURCE, 2), Place(*SOURCE, 200)


@pytest.mark.parametrize(
    ("counted", "standing", "ordered", "agrees"),
    [
        (0, [], [], True),
        (2, [ONE, TWO], [], True),
        (2, [ONE], [TWO], True),
        # Ordered twice and answered is answered once; ordered and refused stands.
        (2, [ONE], [ONE, TWO, TWO], True),
        # Written after the counts were read.
        (1, [ONE, LATER], [], True),
        (2, [ONE], [], False),
        (1, [ONE, TWO], [], False),
        (1, [], [], False),
    ],
)
def test_letters_counted_are_those_that_stand_and_those_answered(
    counted: int, standing: list[Place], ordered: list[Place], agrees: bool
) -> None:
    _letters, differences = check_letters([books_of(SOURCE, counted)], letters(standing, ordered), expired=False)
    assert [one.problem for one in differences] == ([] if agrees else [Problem.LETTERS_DIFFER])


def test_expired_letters_may_be_fewer_and_never_more() -> None:
    assert check_letters([books_of(SOURCE, 2)], letters([ONE], []), expired=True)[1] == []
    assert len(check_letters([books_of(SOURCE, 1)], letters([ONE, TWO], []), expired=True)[1]) == 1


def test_refusals_counted_by_the_queue_are_those_in_its_table() -> None:
    books = [books_of(SOURCE, 1)]
    assert check_refusals(books, [ONE]) == []
    assert [one.problem for one in check_refusals(books, [])] == [Problem.REFUSALS_DIFFER]
    assert [one.problem for one in check_refusals(books, [ONE, TWO])] == [Problem.REFUSALS_DIFFER]


def test_a_reconciliation_agrees_only_once_everything_has_been_handled() -> None:
    behind, _ = check_books("matching", SOURCE, progress(0, 10, 10), Span(0, 12), Held(after=2))
    done, _ = check_books("matching", SOURCE, progress(0, 10, 10), Span(0, 10), Held())
    late = Reconciliation((behind,), (), MatchBooks(), QueueBooks(), ())
    assert (late.lag, late.balanced, late.agrees) == (2, True, False)
    assert Reconciliation((done,), (), MatchBooks(), QueueBooks(), ()).agrees
    again = Reconciliation((done,), (), MatchBooks(), QueueBooks(), (), due=(SOURCE,))
    assert (again.balanced, again.agrees) == (True, False)
