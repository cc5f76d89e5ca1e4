"""What was consumed at once, by columns: most records are decided on without being made into an object of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple, overload

from confluent_kafka import Message

from consumers.kafka import Inbound, Partition, inbound


class Run(NamedTuple):
    """Records of one partition that follow each other in a batch.

    Attributes:
        partition: their partition.
        start: index of the first one in the batch.
        keys: their keys.
        values: their values.
    """

    partition: Partition
    start: int
    keys: list[bytes | None]
    values: list[bytes | None]

    @property
    def stop(self) -> int:
        """Index in the batch behind the last one."""
        return self.start + len(self.values)


class Batch(Sequence[Inbound]):
    """Messages without errors, as records."""

    def __init__(self, messages: list[Message]) -> None:
        self._messages = messages
        self.runs = tuple(_runs(messages))

    def __len__(self) -> int:
        return len(self._messages)

    @overload
    def __getitem__(self, index: int) -> Inbound: ...
    @overload
    def __getitem__(self, index: slice) -> list[Inbound]: ...
    def __getitem__(self, index: int | slice) -> Inbound | list[Inbound]:
        if isinstance(index, slice):
            return [inbound(message) for message in self._messages[index]]
        return inbound(self._messages[index])


def runs(batch: Sequence[Inbound]) -> Iterable[Run]:
    """The runs of a batch, in order."""
    if isinstance(batch, Batch):
        return batch.runs
    return _runs_of_records(batch)


def _runs(messages: list[Message]) -> Iterable[Run]:
    """Loops over single records are left to C: each costs as much as looking a traveller up."""
    start = 0
    for place, group in groupby(zip(map(Message.topic, messages), map(Message.partition, messages), strict=True)):
        stop = start + len(list(group))
        part = messages[start:stop]
        yield Run(Partition(*place), start, list(map(Message.key, part)), list(map(Message.value, part)))  # type: ignore[arg-type]
        start = stop


def _runs_of_records(batch: Sequence[Inbound]) -> Iterable[Run]:
    start = 0
    for place, group in groupby(batch, key=itemgetter(0, 1)):
        part = list(group)
        yield Run(Partition(*place), start, [record.key for record in part], [record.value for record in part])
        start += len(part)
