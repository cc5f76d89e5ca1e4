"""Every metric of the services, declared here and nowhere else. No label ever holds anything of a person or record.

`outcome` is one of `matcher.memory.Outcome`, `reason` one of `schemas.reasons.Reason`, or empty.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_DECISION_SECONDS = (0.0005, 0.001, 0.002, 0.003, 0.004, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)
_LONG_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0)


class Metrics:
    """The metrics of one service instance, in a registry of their own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.service = service
        # Memory, processor and start time of the process, asked of the kernel at each scrape.
        ProcessCollector(registry=registry)
        self.records = Counter(
            "resesignal_records",
            "Records handled and committed, by topic, outcome and reason code of a refusal.",
            ("topic", "outcome", "reason"),
            registry=registry,
        )
        self.batch_size = Histogram(
            "resesignal_batch_records",
            "Records handed to the service at once.",
            buckets=(1, 5, 10, 50, 100, 500, 1000, 5000),
            registry=registry,
        )
        self.decision_seconds = Histogram(
            "resesignal_decision_seconds",
            "Time from a batch being handed to the service until it has decided on all of it.",
            buckets=_DECISION_SECONDS,
            registry=registry,
        )
        self.transaction_records = Histogram(
            "resesignal_transaction_records",
            "Records committed in one transaction.",
            buckets=(1, 10, 100, 500, 1000, 5000, 10_000, 50_000),
            registry=registry,
        )
        self.transaction_seconds = Histogram(
            "resesignal_transaction_seconds",
            "Time that sending the offsets and committing a transaction took.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.transactions_aborted = Counter(
            "resesignal_transactions_aborted",
            "Transactions that were aborted and whose records were read again.",
            registry=registry,
        )
        self.produced = Counter(
            "resesignal_produced",
            "Records produced in committed transactions, by topic.",
            ("topic",),
            registry=registry,
        )
        self.rebalances = Counter(
            "resesignal_rebalances", "Changes of assignment, by kind.", ("kind",), registry=registry
        )
        self.assigned = Gauge(
            "resesignal_assigned_partitions", "Partitions assigned to this instance.", registry=registry
        )
        self.restore_seconds = Histogram(
            "resesignal_restore_seconds",
            "Time to read the state of newly assigned partitions again.",
            buckets=_LONG_SECONDS,
            registry=registry,
        )
        self.registry_people = Gauge(
            "resesignal_registry_people", "People in the registry held in memory.", registry=registry
        )
        self.registry_lag = Gauge(
            "resesignal_registry_lag_records",
            "Records of the registry and of decisions that are not yet in memory, markers of transactions among them.",
            registry=registry,
        )
        self.registry_refused = Counter(
            "resesignal_registry_rows_refused",
            "Registry rows that could not be taken in, by reason code.",
            ("reason",),
            registry=registry,
        )
        self.reexamined = Counter(
            "resesignal_reexamined_records",
            "Records read again because the registry or the rules have changed since, by topic.",
            ("topic",),
            registry=registry,
        )
        self.reexamination_due = Gauge(
            "resesignal_reexamination_due_partitions",
            "Partitions of which a part is still to be read again because the registry or the rules have changed.",
            registry=registry,
        )
        self.lag = Gauge(
            "resesignal_lag_records",
            "Records of the topic not yet committed by the group, from the broker's side.",
            ("topic", "partition"),
            registry=registry,
        )
        self.end_to_end_seconds = Histogram(
            "resesignal_end_to_end_seconds",
            "From recorded_at of the newest evidence to its row in the queue.",
            buckets=_LONG_SECONDS,
            registry=registry,
        )
        self.kafka_up = Gauge("resesignal_kafka_reachable", "1 while a broker answers, else 0.", registry=registry)
        self.database_up = Gauge(
            "resesignal_database_reachable", "1 while the queue's database answers, else 0.", registry=registry
        )
        self.client_rtt_seconds = Gauge(
            "resesignal_client_broker_rtt_seconds",
            "Round trip to a broker, librdkafka's 99th percentile.",
            ("broker",),
            registry=registry,
        )
        self.client_queued = Gauge(
            "resesignal_client_queued_records", "Records fetched by librdkafka and not yet consumed.", registry=registry
        )
        self.last_progress = Gauge(
            "resesignal_last_commit_timestamp_seconds",
            "Unix time of the last commit.",
            registry=registry,
        )
