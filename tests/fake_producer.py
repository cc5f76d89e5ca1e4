"""A producer without Kafka, for the tests of transport and publisher: takes records and acknowledges when told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException

Report = Callable[[KafkaError | None, object], None]


@dataclass
class FakeProducer:
    """Like confluent_kafka.Producer as far as the transport uses it.

    `taken` holds what it was given, in order, and not yet reported; reports are served by `poll`, as in librdkafka.
    """

    config: dict[str, Any]
    capacity: int = 100_000
    taken: list[tuple[bytes, bytes | None, Report]] = field(default_factory=list)
    reports: list[tuple[Report, KafkaError | None]] = field(default_factory=list)
    refuse_with: int | None = None
    on_poll: Callable[[FakeProducer], None] | None = None

    def produce(self, topic: str, *, value: bytes | None, key: bytes, on_delivery: Report) -> None:
        if self.refuse_with is not None:
            raise KafkaException(KafkaError(self.refuse_with))
        if len(self) >= self.capacity:
            raise BufferError
        self.taken.append((key, value, on_delivery))

    def poll(self, timeout: float = -1) -> int:
        if self.on_poll is not None:
            self.on_poll(self)
        reports, self.reports = self.reports, []
        for report, error in reports:
            report(error, None)
        return len(reports)

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:
        self.report(len(self.taken), KafkaError._PURGE_QUEUE)

    def report(self, count: int, error: int | None = None) -> None:
        """Have the next `poll` report the oldest so many."""
        done, self.taken = self.taken[:count], self.taken[count:]
        self.reports += [(report, None if error is None else KafkaError(error)) for _, _, report in done]

    @property
    def keys(self) -> list[bytes]:
        """Keys of what was taken and not reported."""
        return [key for key, _, _ in self.taken]

    def __len__(self) -> int:
        return len(self.taken) + len(self.reports)


class Factory:
    """Makes fake producers and remembers them, the newest last."""

    def __init__(self, **settings: Any) -> None:
        self.made: list[FakeProducer] = []
        self._settings = settings

    def __call__(self, config: dict[str, Any]) -> FakeProducer:
        self.made.append(FakeProducer(config, **self._settings))
        return self.made[-1]

    @property
    def newest(self) -> FakeProducer:
        return self.made[-1]


@dataclass
class Clock:
    """A clock that moves when it is read, so that waiting ends without sleeping."""

    now: float = 0.0
    tick: float = 0.01

    def __call__(self) -> float:
        self.now += self.tick
        return self.now
