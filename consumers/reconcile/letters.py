"""Dead letters counted by the services against those on the topic, and refusals of the sink against its table. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from consumers.dead_letters import Letters, Place
from consumers.kafka import Partition
from consumers.reconcile.result import Difference, LetterBooks, PartitionBooks, Problem
from matcher.memory import Outcome


def check_letters(
    books: Iterable[PartitionBooks], letters: Letters, *, expired: bool
) -> tuple[list[LetterBooks], list[Difference]]:
    """Counted as dead = letters that stand + letters that a redrive has answered, in every partition.

    Args:
        books: of the groups that write dead letters.
        letters: read after the books, so letters beyond a partition's next offset are left out.
        expired: whether retention has taken letters or orders away; then there may be fewer than were counted.
    """
    found: list[LetterBooks] = []
    differences: list[Difference] = []
    standing, answered = _by_partition(letters.standing), _by_partition(letters.answered())
    for one in books:
        counted = one.outcomes.get(Outcome.DEAD.value, 0)
        stand = sum(place.offset < one.next for place in standing.get(one.partition, ()))
        gone = sum(place.offset < one.next for place in answered.get(one.partition, ()))
        if not (counted or stand or gone):
            continue
        found.append(LetterBooks(one.partition, counted, stand, gone))
        if stand + gone > counted or (stand + gone < counted and not expired):
            differences.append(
                Difference(
                    Problem.LETTERS_DIFFER,
                    f"{one.partition.topic}/{one.partition.number}",
                    f"{counted} records were dead-lettered; {stand} letters stand and {gone} were answered",
                )
            )
    return found, differences


def check_refusals(books: Iterable[PartitionBooks], refused: Iterable[Place]) -> list[Difference]:
    """Records that the sink counted as refused are those in its table of refused records."""
    rows = Counter(Partition(place.topic, place.partition) for place in refused)
    return [
        Difference(
            Problem.REFUSALS_DIFFER,
            f"{one.group} {one.partition.topic}/{one.partition.number}",
            f"{counted} records were counted as refused and {rows[one.partition]} are listed in the database",
        )
        for one in books
        if (counted := one.outcomes.get(Outcome.DEAD.value, 0)) != rows[one.partition]
    ]


def _by_partition(places: Iterable[Place]) -> Mapping[Partition, list[Place]]:
    found: dict[Partition, list[Place]] = {}
    for place in places:
        found.setdefault(Partition(place.topic, place.partition), []).append(place)
    return found
