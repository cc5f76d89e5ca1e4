"""A consumer group's offsets, seen and set from outside: the same stopwatch for every job."""

from __future__ import annotations

import time
from collections.abc import Sequence

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

_GIVE_UP_S = 60.0


class Group:
    """The group's progress on topics. Their ends are taken once: nobody writes to them meanwhile."""

    def __init__(self, kafka: str, admin: AdminClient, name: str, topics: Sequence[str]) -> None:
        self._admin = admin
        self._name = name
        # Never joins; the admin client's way of asking is less steady (librdkafka issue 4605).
        self._asker = Consumer(
            {
                "bootstrap.servers": kafka,
                "log_level": 0,
                "group.id": name,
                "enable.auto.commit": False,
                "isolation.level": "read_uncommitted",
            }
        )
        known = self._asker.list_topics(timeout=10).topics
        places = [TopicPartition(topic, number) for topic in topics for number in known[topic].partitions]
        self._ends = {(p.topic, p.partition): int(self._asker.get_watermark_offsets(p, timeout=10)[1]) for p in places}
        self._places = places

    @property
    def records(self) -> int:
        """Records on the topics."""
        return sum(self._ends.values())

    def done(self) -> int:
        """Records that the group has committed."""
        answered = self._asker.committed(self._places, timeout=10)
        return sum(min(max(p.offset, 0), self._ends[p.topic, p.partition]) for p in answered)

    def wait(self, timeout_s: float = 900.0) -> None:
        """Until the group has committed everything."""
        deadline = time.monotonic() + timeout_s
        while self.done() < self.records:
            assert time.monotonic() < deadline, f"{self._name} does not get through"
            time.sleep(0.05)

    def place(self, *, at_end: bool) -> None:
        """Put the group, which must have no members, to the topics' end or beginning."""
        offsets = [TopicPartition(t, n, end if at_end else 0) for (t, n), end in self._ends.items()]
        deadline = time.monotonic() + _GIVE_UP_S
        while True:
            asked = self._admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(self._name, offsets)])
            try:
                # An error of one partition is told in the answer and not raised.
                wrong = [place.error for future in asked.values() for place in future.result().topic_partitions]
                if not any(wrong):
                    return
            except KafkaException as error:
                wrong = [error.args[0]]
            # The last member may just be going.
            assert time.monotonic() < deadline, f"{self._name} cannot be placed: {wrong}"
            time.sleep(0.2)

    def close(self) -> None:
        """Give the connection back."""
        self._asker.close()
