"""The register feed: keeps `protection-statuses` equal to Migrationsverket's register of people with a status.

Changes are sent as they come. A full load is compared with what the topic holds, and only rows that differ are sent:
every row sent makes matching examine a span of events again. A row that was recorded before the one the topic holds is
not sent either, so that an old export never undoes a correction.

A person is removed (a tombstone) only by an explicit list, and only when no source still holds an event that could
concern a time at which they had a status; a status of theirs must therefore have ended on or before the day of the
earliest event held. Being absent from a full load removes nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import blake2b
from typing import Any
from uuid import UUID

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from producers.kafka_config import ClientConfig, reader_config
from producers.spool import Record as Bytes
from producers.transport import KafkaAway, KafkaRefusal
from schemas.codec import Codec, ResolveId
from schemas.reasons import Refused
from schemas.topics import PROTECTION_STATUSES, Topic

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_BATCH = 2_000
_WAIT = 0.25


class DeletionRefusal(StrEnum):
    """Why a person on the delete list is not removed."""

    PERSON_ID_INVALID = "person-id-invalid"
    STATUS_TOO_RECENT = "status-too-recent"
    ROW_UNREADABLE = "row-unreadable"


@dataclass(frozen=True, slots=True)
class _Held:
    recorded_at: int  # milliseconds
    digest: bytes
    clear_from: int | None  # first day (since 1970) on which no status holds; None while one does


class Register:
    """What the topic holds, one entry per person, and how a full load compares with it.

    Attributes:
        stale: rows of the load that were recorded before the row held, and therefore not wanted.
    """

    def __init__(self, resolve_id: ResolveId | None = None) -> None:
        self.stale = 0
        self._rows: dict[bytes, _Held] = {}
        self._unreadable: set[bytes] = set()
        self._seen: set[bytes] = set()
        self._codec = Codec(PROTECTION_STATUSES.record, raw=True, resolve_id=resolve_id)
        self._own_codec = Codec(PROTECTION_STATUSES.record, raw=True)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def absent(self) -> int:
        """People whom the topic holds and the load did not name."""
        return len(self._rows.keys() - self._seen)

    def hold(self, key: bytes, value: bytes | None) -> None:
        """Take in a record of the topic; the last one of a key counts."""
        self._rows.pop(key, None)
        self._unreadable.discard(key)
        if value is None:
            return
        try:
            self._rows[key] = self._held(value)
        except Refused:
            # A row that nobody can read is replaced by the load, and never a reason to stop.
            self._unreadable.add(key)

    def differs(self, record: Bytes) -> bool:
        """Whether a row of a full load is to be sent; from then on it counts as held."""
        assert record.value is not None  # noqa: S101 - rows of a load come from the preparer, which makes no tombstones
        new = self._held(record.value)
        held = self._rows.get(record.key)
        self._seen.add(record.key)
        if held is not None:
            if new.digest == held.digest:
                return False
            if new.recorded_at < held.recorded_at:
                self.stale += 1
                return False
        self._rows[record.key] = new
        return True

    def deletion_of(self, person_id: str, events_held_since: date) -> Bytes | DeletionRefusal | None:
        """The tombstone of a person, why there is none, or None where the topic holds nothing of them."""
        try:
            key = str(UUID(person_id.strip())).encode()
        except ValueError:
            return DeletionRefusal.PERSON_ID_INVALID
        if key in self._unreadable:
            return DeletionRefusal.ROW_UNREADABLE
        held = self._rows.get(key)
        if held is None:
            return None
        earliest = events_held_since.toordinal() - _EPOCH_ORDINAL
        if held.clear_from is None or held.clear_from > earliest:
            return DeletionRefusal.STATUS_TOO_RECENT
        return Bytes(key, None)

    def _held(self, value: bytes) -> _Held:
        row = self._codec.decode(value)
        # Encoded anew: equal rows compare equal whatever framing or version of the schema they came in.
        digest = blake2b(self._own_codec.encode(row), digest_size=16).digest()
        return _Held(row["recorded_at"], digest, _clear_from(row))


def read_register(
    bootstrap: str,
    extra: ClientConfig,
    *,
    topic: Topic = PROTECTION_STATUSES,
    resolve_id: ResolveId | None = None,
    patience: float = 30.0,
    on_step: Callable[[], None] | None = None,
) -> Register:
    """Read the whole topic, as it is now; `on_step` is called several times a second, and may end it by what it raises.

    `resolve_id` looks schemas up where a Schema Registry is configured. Raises KafkaAway when nothing comes for
    `patience` seconds, KafkaRefusal when the topic is missing or closed to us.
    """
    register = Register(resolve_id)
    seen_error: list[str] = []
    consumer = Consumer({**reader_config(bootstrap, extra), "error_cb": lambda error: seen_error.append(error.name())})
    try:
        unfinished = _partitions(consumer, topic.name, patience)
        consumer.assign([TopicPartition(topic.name, number, OFFSET_BEGINNING) for number in unfinished])
        quiet = 0.0
        while unfinished:
            messages = consumer.consume(_BATCH, timeout=_WAIT)
            if on_step is not None:
                on_step()
            quiet = 0.0 if messages else quiet + _WAIT
            if quiet >= patience:
                raise KafkaAway(seen_error[-1] if seen_error else None)
            for message in messages:
                error = message.error()
                if error is None:
                    register.hold(message.key() or b"", message.value())
                elif error.code() == KafkaError._PARTITION_EOF:
                    unfinished.discard(message.partition())
                else:
                    raise KafkaRefusal(error.name())
    except KafkaException as error:
        raise KafkaRefusal(error.args[0].name()) from error
    finally:
        consumer.close()
    return register


def _partitions(consumer: Consumer, topic: str, patience: float) -> set[int]:
    try:
        metadata = consumer.list_topics(topic, timeout=patience).topics[topic]
    except KafkaException as error:
        raise KafkaAway(error.args[0].name()) from error
    if metadata.error is not None:
        raise KafkaRefusal(metadata.error.name())
    return set(metadata.partitions)


def _clear_from(row: dict[str, Any]) -> int | None:
    """The first day from which on the row's person holds no status; None where one has no end."""
    naturalised: int | None = row["naturalised_on"]
    ends: Iterable[int | None] = [
        status["valid_to"] if status["valid_to"] is not None else naturalised
        for status in row["statuses"]
        if status["superseded_at"] is None
    ]
    return max((end for end in ends if end is not None), default=0) if None not in ends else None
