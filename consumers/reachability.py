"""Whether Kafka answers, said once when it changes, and what librdkafka tells of itself."""

from __future__ import annotations

from typing import Any

import orjson
from confluent_kafka import KafkaError

from consumers.metrics import Metrics
from consumers.telemetry import Log


class Reachability:
    """Follows librdkafka's error and statistics callbacks; both come from the thread that polls."""

    def __init__(self, metrics: Metrics, log: Log) -> None:
        self._metrics = metrics
        self._log = log
        self._away = False
        self._known: set[str] = set()
        self.joined = False
        metrics.kafka_up.set(1)

    def on_error(self, error: KafkaError) -> None:
        """librdkafka's `error_cb`. It recovers by itself; what an operator needs is one line."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            if not self._away:
                self._away = True
                self._metrics.kafka_up.set(0)
                self._log.warning("kafka-unreachable", advice="waiting for a broker to answer; nothing is lost")
        elif error.code() != KafkaError._TRANSPORT and error.name() not in self._known:
            self._known.add(error.name())
            self._log.warning("kafka-client-error", error=error.name())

    def on_statistics(self, text: str) -> None:
        """librdkafka's `stats_cb`: round trips and queues."""
        statistics: dict[str, Any] = orjson.loads(text)
        brokers = [b for b in statistics.get("brokers", {}).values() if b.get("nodeid", -1) >= 0]
        for broker in brokers:
            rtt = broker.get("rtt", {}).get("p99", 0) / 1e6
            self._metrics.client_rtt_seconds.labels(str(broker["nodeid"])).set(rtt)
        queued = sum(
            partition.get("fetchq_cnt", 0)
            for topic in statistics.get("topics", {}).values()
            for number, partition in topic.get("partitions", {}).items()
            if number != "-1"
        )
        self._metrics.client_queued.set(queued)
        if self._away and any(broker.get("state") == "UP" for broker in brokers):
            self._away = False
            self._metrics.kafka_up.set(1)
            self._log.info("kafka-reachable-again")
