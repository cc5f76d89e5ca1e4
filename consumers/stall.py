"""Whether records wait that a consumer does not hand over.

After a broker had gone and come back, a librdkafka consumer was seen to stay silent for good, with its partitions
assigned and records waiting in them. It says nothing of it; only the broker's side shows it. Then it is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from consumers.kafka import Partition

# Records that another instance's hanging transaction holds back cannot be had by any consumer.
_PAUSE_S = 60.0

# A service asks its consumer many times a second. Where it did not, it was busy, waiting for a database, or suspended.
_BETWEEN_S = 1.0


class Silence:
    """For how long a consumer has been asked in vain. What its owner does meanwhile is no silence."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._asked_at: float | None = None

    def heard(self) -> None:
        """The consumer has handed something over, or begins anew."""
        self.seconds = 0.0
        self._asked_at = None

    def asked_in_vain(self) -> None:
        """It had nothing to hand over. Counts the time since it was last asked, of which a second at most."""
        now = time.monotonic()
        if self._asked_at is not None:
            self.seconds += min(now - self._asked_at, _BETWEEN_S)
        self._asked_at = now


class StallDetector:
    """Told of lag by the thread that watches it, and by the one that consumes of each time that it asked for records.

    `silence_s` is how long a silence is a long one, see `Clients.silence_s`.
    """

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s
        self._silence = Silence()
        self._between = False
        self._acted_at = float("-inf")
        self._waiting: tuple[frozenset[Partition], frozenset[Partition]] = (frozenset(), frozenset())

    def told(self, lag: Mapping[Partition, int]) -> None:
        """How many records wait in each partition of the group, from the broker's side; {} where it did not answer."""
        behind = frozenset(place for place, records in lag.items() if records)
        self._waiting = (self._waiting[1], behind)

    def heard(self) -> None:
        """The consumer has handed records over, or partitions were assigned."""
        self._silence.heard()
        self._waiting = (frozenset(), frozenset())

    def asked_in_vain(self) -> None:
        """The consumer was asked, with its partitions free to be read, and handed no record over."""
        self._silence.asked_in_vain()

    def assigned(self) -> None:
        """Partitions were assigned, be it none."""
        self._between = False
        self.heard()

    def taken(self) -> None:
        """Partitions were revoked or lost: an assignment must follow."""
        self._between = True
        self.heard()

    def stalled(self, owned: Collection[Partition]) -> bool:
        """Whether records of a partition owned have been waiting, twice told, through a long silence. True once.

        Between two assignments every partition counts, since any of them might become ours.
        """
        now = time.monotonic()
        if self._silence.seconds < self._silence_s or now - self._acted_at < _PAUSE_S:
            return False
        waiting = self._waiting[0] & self._waiting[1]
        if not waiting or (not self._between and waiting.isdisjoint(owned)):
            return False
        self._acted_at = now
        return True
