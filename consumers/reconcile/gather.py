"""Reads what is to be compared, in an order that makes the comparison exact while services run.

First what has been committed, then the topics, the later ones on an event's way before the earlier. So whatever was
committed is on the topics as they are read, and so is the cause of whatever is read. A record beyond a committed offset
is known to be on its way: people whom it concerns are left out, instead of being reported as a difference.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping

from consumers.case_queue.engine import make_engine
from consumers.dead_letters import LetterReader, Letters
from consumers.kafka import Clients, Inbound, Partition
from consumers.progress import Progress
from consumers.reconcile.books import Held, check_books, must_read_again
from consumers.reconcile.database import QueueSnapshot, read_queue
from consumers.reconcile.letters import check_letters, check_refusals
from consumers.reconcile.matches import MatchReader, check_matches
from consumers.reconcile.positions import GROUPS, QUEUE, behind, group_progress, queue_progress, to_be_compared
from consumers.reconcile.queue import TopicReader, check_queue
from consumers.reconcile.result import Difference, LetterBooks, PartitionBooks, Reconciliation
from consumers.scan import Scanner, Span
from schemas.codec import ResolveId
from schemas.topics import DEAD_LETTERS, REDRIVES, STATUS_MATCHES

_Take = Callable[[Inbound], None]
_Bounds = Mapping[Partition, Span]


def reconcile(
    clients: Clients,
    database_url: str,
    *,
    resolve_id: ResolveId | None = None,
    patience_s: float | None = None,
) -> Reconciliation:
    """Compare everything that the services have committed; changes nothing.

    Args:
        clients: of any group; none is joined.
        database_url: PostgreSQL of the case queue.
        resolve_id: schemas by id, where a Schema Registry is used.
        patience_s: seconds without an answer after which Kafka counts as away; see `Scanner`.

    Raises KafkaAway, QueueUnavailable.
    """
    scanner = Scanner(clients, patience_s=patience_s)
    engine = make_engine(database_url, application="reconcile", statement_timeout_ms=120_000)
    try:
        queue = read_queue(engine, QUEUE)
    finally:
        engine.dispose()
    progress = {QUEUE: queue_progress(queue.positions)}
    differences: list[Difference] = []
    for group in ("candidates", "matching"):
        progress[group], unreadable = group_progress(scanner, group)
        differences += unreadable
    return _Comparison(scanner, queue, progress, resolve_id).run(differences)


class _Comparison:
    """One comparison: reads the topics, then lets the pure parts compare."""

    def __init__(
        self,
        scanner: Scanner,
        queue: QueueSnapshot,
        progress: Mapping[str, Mapping[Partition, Progress]],
        resolve_id: ResolveId | None,
    ) -> None:
        self._scanner = scanner
        self._queue = queue
        self._progress = progress
        self._resolve_id = resolve_id
        self._letter_bounds = scanner.bounds([DEAD_LETTERS.name])
        # Asked in this order, see the module.
        self._bounds = {group: scanner.bounds(GROUPS[group]) for group in reversed(GROUPS)}
        ends = {place: span.end for bounds in self._bounds.values() for place, span in bounds.items()}
        self._due = to_be_compared(progress["matching"], ends)
        self._offsets = _Offsets()

    def run(self, differences: list[Difference]) -> Reconciliation:
        letters = self._read_letters()
        topics = TopicReader(self._next_offsets(QUEUE), self._queue.rows.refused, self._resolve_id)
        self._read(QUEUE, GROUPS[QUEUE], topics.take)
        matches = MatchReader(self._next_offsets("candidates"), letters.standing.keys(), self._resolve_id)
        self._read("candidates", [STATUS_MATCHES.name], matches.take)

        books = []
        for group in GROUPS:
            found = self._books(group)
            books += [one for one, _wrong in found]
            differences += [difference for _one, wrong in found for difference in wrong]
        letters_expired = self._expired(self._letter_bounds, DEAD_LETTERS.name) | self._expired(
            self._bounds["matching"], REDRIVES.name
        )
        letter_books, wrong = check_letters(
            (one for one in books if one.group != QUEUE), letters, expired=bool(letters_expired)
        )
        differences += wrong
        differences += check_refusals((one for one in books if one.group == QUEUE), self._queue.rows.refused)
        matches_expired = self._expired(self._bounds["candidates"], STATUS_MATCHES.name)
        match_books, wrong = check_matches(matches.said, topics.found.holdings(), expired=matches_expired)
        differences += wrong
        queue_books, wrong = check_queue(topics.found, self._queue.rows)
        differences += wrong
        notes = _notes(books, letter_books, letters, letters_expired=bool(letters_expired))
        return Reconciliation(
            tuple(books),
            tuple(letter_books),
            match_books,
            queue_books,
            tuple(differences),
            tuple(notes),
            tuple(sorted(self._due)),
        )

    def _next_offsets(self, group: str) -> dict[Partition, int]:
        return {place: max(0, held.next_offset) for place, held in self._progress[group].items()}

    def _read_letters(self) -> Letters:
        reader = LetterReader(self._resolve_id)
        self._scanner.read(self._letter_bounds, reader.take)
        self._read("matching", [REDRIVES.name], reader.take)
        return reader.letters

    def _read(self, group: str, topics: tuple[str, ...] | list[str], take: _Take) -> None:
        def both(record: Inbound) -> None:
            self._offsets.take(record)
            take(record)

        self._scanner.read({place: span for place, span in self._bounds[group].items() if place.topic in topics}, both)

    def _books(self, group: str) -> list[tuple[PartitionBooks, list[Difference]]]:
        bounds, held = self._bounds[group], self._progress[group]
        left = behind(self._scanner, bounds, held)
        again: dict[Partition, Span] = {}
        before: dict[Partition, Span] = {}
        for place, span in bounds.items():
            progress = held.get(place, Progress())
            if progress.consumed and not self._offsets.has(place):
                if progress.first_offset > span.start:
                    before[place] = Span(span.start, progress.first_offset)
                if must_read_again(progress):
                    again[place] = Span(max(span.start, progress.first_offset), min(span.end, progress.next_offset))
        for spans in (before, again):
            self._scanner.read(spans, self._offsets.take)
        found = []
        for place, span in sorted(bounds.items()):
            progress = held.get(place, Progress())
            first = progress.first_offset if progress.consumed else span.start
            records = Held(
                before=self._offsets.count(place, span.start, first),
                within=self._offsets.count(place, first, progress.next_offset),
                after=left[place],
            )
            found.append(check_books(group, place, progress, span, records))
        return found

    @staticmethod
    def _expired(bounds: _Bounds, topic: str) -> set[int]:
        return {place.number for place, span in bounds.items() if place.topic == topic and span.start > 0}


class _Offsets:
    """Offsets of the records of each partition, ascending, as far as they were read."""

    def __init__(self) -> None:
        self.seen: dict[Partition, array[int]] = {}

    def take(self, record: Inbound) -> None:
        self.seen.setdefault(Partition(record.topic, record.partition), array("q")).append(record.offset)

    def has(self, place: Partition) -> bool:
        return place in self.seen

    def count(self, place: Partition, start: int, end: int) -> int:
        """Records from `start` up to, and not including, `end`."""
        seen = self.seen.get(place, array("q"))
        return max(0, bisect_left(seen, end) - bisect_left(seen, start))


def _notes(
    books: list[PartitionBooks], letter_books: list[LetterBooks], letters: Letters, *, letters_expired: bool
) -> list[str]:
    notes = [
        f"{one.group} began {one.partition.topic}/{one.partition.number} at offset {one.first}: "
        f"{one.expired} records had expired before."
        for one in books
        if one.expired
    ]
    if letters_expired and letter_books:
        notes.append("The oldest letters or redrives have expired: fewer can stand and be answered than were counted.")
    if letters.unreadable:
        notes.append(f"{letters.unreadable} letters are of a version that this program cannot read.")
    return notes
