"""Membership in the consumer group, renewed where the consumer hands nothing over though records wait."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from confluent_kafka import Consumer, TopicPartition

from consumers.bounded import bounded
from consumers.kafka import Clients
from consumers.reachability import Reachability
from consumers.stall import StallDetector
from consumers.telemetry import Log

OnPartitions = Callable[[Consumer, list[TopicPartition]], None]

# Closing waits for the coordinator's answer; a consumer that does not even close cannot be replaced in this process.
_CLOSING_S = 30.0


class Membership:
    """Holds the group's consumer of a service. Used from one thread, but for `stall.told`.

    Where `stall.stalled` says so, it is time to `renew`.

    The three callbacks are librdkafka's: called within `consumer.consume`, never for a consumer that was given up.
    """

    def __init__(
        self,
        clients: Clients,
        topics: Sequence[str],
        reach: Reachability,
        log: Log,
        *,
        on_assign: OnPartitions,
        on_revoke: OnPartitions,
        on_lost: OnPartitions,
    ) -> None:
        self._clients = clients
        self._topics = list(topics)
        self._reach = reach
        self._log = log
        self._on_assign, self._on_revoke, self._on_lost = on_assign, on_revoke, on_lost
        self.stall = StallDetector(clients.silence_s)
        self.consumer = self._new()

    def join(self) -> None:
        """Subscribe: partitions are assigned while consuming."""
        self.consumer.subscribe(
            self._topics,
            on_assign=self._of_the_present(self._on_assign, self.stall.assigned),
            on_revoke=self._of_the_present(self._on_revoke, self.stall.taken),
            on_lost=self._of_the_present(self._on_lost, self.stall.taken),
        )

    def renew(self) -> None:
        """Leave the group and join it with another consumer. Raises Overdue where the present one does not let go.

        What was assigned must have been given up before: no callback tells of it.
        """
        self._log.warning("consumer-stalled", advice="replaced by another; nothing is lost")
        former, self.consumer = self.consumer, self._new()
        self.stall.taken()
        bounded(former.close, _CLOSING_S)
        self.join()

    def close(self) -> None:
        """Leave the group at once, so that others take over without waiting for the session to time out."""
        self.consumer.close()

    def _new(self) -> Consumer:
        return self._clients.consumer(self._reach.on_error, self._reach.on_statistics)

    def _of_the_present(self, callback: OnPartitions, then: Callable[[], None]) -> OnPartitions:
        def call(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            if consumer is self.consumer:
                callback(consumer, partitions)
                then()

        return call
