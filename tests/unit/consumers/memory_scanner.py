"""A scanner of topics in memory, for what the operator's commands compute."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from consumers.kafka import Inbound, Partition
from consumers.progress import Progress
from consumers.scan import Committed, Scanner, Span
from schemas.topics import TOPICS
from tests.unit.consumers.fakes import Service


class MemoryScanner(Scanner):
    """Reads the topics of a service, and what it has committed."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._logs = service.topics.logs

    def bounds(self, topics: Iterable[str]) -> dict[Partition, Span]:
        places = [Partition(topic, number) for topic in topics for number in range(TOPICS[topic].partitions)]
        return {place: Span(0, len(self._logs.get(place, ()))) for place in places}

    def since(self, topics: Iterable[str], timestamp_ms: int) -> dict[Partition, Span]:
        return {
            place: Span(next((r.offset for r in self._logs.get(place, ()) if r.timestamp >= timestamp_ms), end), end)
            for place, (_, end) in self.bounds(topics).items()
        }

    def committed(self, group: str, topics: Iterable[str]) -> dict[Partition, Committed]:
        assert group == "matching"
        found = {}
        for place in self.bounds(topics):
            held = self._service.committed.get(place)
            if held is None:
                found[place] = Committed(-1, None)
            else:
                progress = Progress(0, held.next_offset, note=held.note)
                found[place] = Committed(held.next_offset, progress.metadata())
        return found

    def read(self, spans: Mapping[Partition, Span], take: Callable[[Inbound], None]) -> None:
        for place, span in spans.items():
            for record in self._logs.get(place, ())[span.start : span.end]:
                take(record)
