"""What the handlers meet, without servers: a log that is kept, and the loop's part played step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from consumers.kafka import Inbound, Partition
from consumers.loop import Handled, Handler, Held
from consumers.restore import Restorer
from schemas.topics import TOPICS
from tests.unit.consumers.memory_kafka import MemoryClients, Topics


class KeptLog:
    """A log that keeps what it was told."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, str, dict[str, Any]]] = []

    def info(self, event: str, **fields: Any) -> None:
        self.entries.append(("info", event, fields))

    def warning(self, event: str, **fields: Any) -> None:
        self.entries.append(("warning", event, fields))

    def error(self, event: str, **fields: Any) -> None:
        self.entries.append(("error", event, fields))


class Service:
    """A handler driven as the loop drives it: what it answers is written, and committed, before the next batch."""

    def __init__(self, handler: Handler, topics: Topics) -> None:
        self.handler = handler
        self.topics = topics
        self.restorer = Restorer(MemoryClients(topics), lambda _: None, lambda: False)
        self.committed: dict[Partition, Held] = {}
        self.restart()

    def restart(self, handler: Handler | None = None) -> None:
        """Give up all partitions and take them up again from the topics, in the same process or in a new one."""
        partitions = [Partition(topic, n) for topic in self.handler.topics for n in range(TOPICS[topic].partitions)]
        self.handler.drop(partitions)
        self.handler = handler or self.handler
        self.handler.take({place: self.committed.get(place, Held(-1, {})) for place in partitions}, self.restorer)

    def handle(self, batch: Sequence[Inbound]) -> Handled:
        handled = self.handler.handle(batch)
        assert len(handled.outcomes) == len(batch)
        assert set(handled.refusals) == {n for n, one in enumerate(handled.outcomes) if one.value == "dead-lettered"}
        self.topics.publish(handled.outbound)
        ends = {Partition(*record[:2]): record.offset + 1 for record in batch}
        for place, end in ends.items():
            self.committed[place] = Held(max(end, self.position(place)), self.handler.note(place))
        self._commit(handled.touched)
        return handled

    def tend(self) -> int:
        """One turn between batches; the number of records looked at."""
        tended = self.handler.tend(self.position)
        self.topics.publish(tended.outbound)
        self._commit(tended.touched)
        return tended.records

    def _commit(self, touched: Iterable[Partition]) -> None:
        for place in touched:
            if self.position(place) >= 0:
                self.committed[place] = Held(self.position(place), self.handler.note(place))

    def position(self, place: Partition) -> int:
        return self.committed.get(place, Held(-1, {})).next_offset
