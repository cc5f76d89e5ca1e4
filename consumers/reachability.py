"""Whether Kafka answers, said once when it changes, and what librdkafka tells of itself.

librdkafka reports a broker that refuses connections, at any time after the fact and once for each client, and one that
has frozen only when a request of its own runs out of time. So what it reports is a reason to ask, and the answer to
a question of our own decides.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from consumers.metrics import Metrics
from consumers.telemetry import Log
from schemas.topics import DEAD_LETTERS

_EVERY_S = 2.0
_PATIENCE_S = 4.0


class Reachability:
    """Follows librdkafka's error and statistics callbacks, and says when Kafka comes and goes; one for a service."""

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self._metrics = metrics
        self._log = log
        self._away = False
        self._known: set[str] = set()
        self._ask = threading.Event()
        self.joined = False
        metrics.kafka_up.set(1)

    def on_error(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`. It recovers by itself; what an operator needs is one line."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._ask.set()
        elif error.code() not in _OF_THE_CONNECTION and error.name() not in self._known:
            self._known.add(error.name())
            self._log.warning("kafka-client-error", error=error.name())

    def on_statistics(self, text: str) -> None:
        """librdkafka's `stats_cb`: round trips and queues."""
        statistics: dict[str, Any] = orjson.loads(text)
        for broker in statistics.get("brokers", {}).values():
            if broker.get("nodeid", -1) >= 0:
                rtt = broker.get("rtt", {}).get("p99", 0) / 1e6
                self._metrics.client_rtt_seconds.labels(str(broker["nodeid"])).set(rtt)
        queued = sum(
            partition.get("fetchq_cnt", 0)
            for topic in statistics.get("topics", {}).values()
            for number, partition in topic.get("partitions", {}).items()
            if number != "-1"
        )
        self._metrics.client_queued.set(queued)

    @contextmanager
    def watch(self, admin: AdminClient) -> Iterator[None]:
        """Ask a broker every two seconds while the context lasts, and at once when librdkafka reports trouble."""
        stop = threading.Event()

        def watch() -> None:
            while not stop.is_set():
                self._ask.clear()
                self._note(_answers(admin))
                self._ask.wait(_EVERY_S)

        thread = threading.Thread(target=watch, name="reachability", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            self._ask.set()
            # Not waited for: where nothing answers that would take seconds, and the end of the process ends it.

    def _note(self, answers: bool) -> None:
        if self._away is not answers:
            return
        self._away = not answers
        self._metrics.kafka_up.set(int(answers))
        if answers:
            self._log.info("kafka-reachable-again")
        else:
            self._log.warning("kafka-unreachable", advice="waiting for a broker to answer; nothing is lost")


def _answers(admin: AdminClient) -> bool:
    """Whether a broker answers in time, whatever it answers."""
    try:
        admin.list_topics(DEAD_LETTERS.name, timeout=_PATIENCE_S)
    except KafkaException as error:
        return error.args[0].code() not in _OF_THE_CONNECTION
    return True


_OF_THE_CONNECTION = frozenset(
    {KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
)
