"""What stands at the head of a snapshot of the registry, and whether a start may go on from there."""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError

import matcher
import schemas
from schemas.countries import COUNTRY_CODES
from schemas.topics import PROTECTION_STATUSES

_FORMAT = 2
# The topic is read from its start at least so often, in milliseconds: once in seven days.
MOST_WHOLE_MS = 7 * 24 * 60 * 60 * 1000
_N = PROTECTION_STATUSES.partitions
Offsets = Annotated[tuple[NonNegativeInt, ...], Field(min_length=_N, max_length=_N)]


class Unused(StrEnum):
    """Why a snapshot is not used: a stable code for the log."""

    ABSENT = "snapshot-absent"
    NOT_PRIVATE = "snapshot-not-private"
    UNREADABLE = "snapshot-unreadable"
    OTHER_PROGRAM = "snapshot-of-another-program"
    OTHER_TOPIC = "snapshot-of-another-topic"
    OUT_OF_BOUNDS = "snapshot-offsets-out-of-bounds"
    TOO_OLD = "snapshot-too-old"
    WHOLE_LONG_AGO = "snapshot-not-read-whole-for-days"
    DAMAGED = "snapshot-damaged"
    TOPIC_UNKNOWN = "snapshot-topic-unknown"
    INDEX_IN_PYTHON = "snapshot-needs-the-native-core"


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """What the broker says of the registry's topic.

    Attributes:
        topic_id: Kafka's own id of it; a topic made anew has another (KIP-516).
        tombstones_ms: how long a tombstone is kept at least, `delete.retention.ms`.
        first: first offset held, by partition.
        ends: offset behind the last record, by partition.
    """

    topic_id: str
    tombstones_ms: int
    first: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def usable_ms(self) -> int:
        """How old a snapshot may be: half of what tombstones are kept for, so that none has gone unseen."""
        return self.tombstones_ms // 2


class Header(BaseModel):
    """The head of a snapshot.

    Attributes:
        format: version of this header.
        program: see `program_digest`.
        topic_id: of which topic, see `TopicFacts`.
        first: first offset that the topic held, by partition.
        offsets: next offset of each partition; everything before is taken in.
        as_of_ms: a time, in Unix milliseconds, all that was written before which is taken in.
        whole_ms: when the topic was last read from its start. Snapshots follow from one another, and what one has
            missed for a reason that nobody thought of would be missing for ever.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: int = _FORMAT
    program: str
    topic_id: str
    first: Offsets
    offsets: Offsets
    as_of_ms: NonNegativeInt
    whole_ms: NonNegativeInt

    @classmethod
    def read(cls, line: bytes) -> Header | None:
        """From the bytes in the file; None where they are none."""
        try:
            return cls.model_validate_json(line)
        except ValidationError:
            return None

    def line(self) -> bytes:
        """As bytes for the file."""
        return self.model_dump_json().encode()

    def unusable(self, program: str, facts: TopicFacts, now_ms: int) -> Unused | None:
        """Why reading on from `offsets` could end otherwise than reading everything; None where it could not."""
        if self.format != _FORMAT or self.program != program:
            return Unused.OTHER_PROGRAM
        if self.topic_id != facts.topic_id:
            return Unused.OTHER_TOPIC
        if not 0 <= now_ms - self.as_of_ms <= facts.usable_ms:
            # Of someone removed since, the tombstone may be gone from the topic, and they would stay in for good.
            return Unused.TOO_OLD
        if not 0 <= now_ms - self.whole_ms <= MOST_WHOLE_MS:
            return Unused.WHOLE_LONG_AGO
        # What an operator has deleted from a partition's start is not in the index of who reads it all.
        bounds = zip(facts.first, self.offsets, facts.ends, strict=True)
        if self.first != facts.first or not all(low <= offset <= high for low, offset, high in bounds):
            return Unused.OUT_OF_BOUNDS
        return None


def program_digest() -> str:
    """Digest of all that decides what an index holds: no other version of the program takes it up.

    It takes in more than keys depend on: a snapshot too few costs seconds, and one too many may cost a match. To be
    called at the start, since later the files may be those of another version than runs. Raises OSError.
    """
    digest = hashlib.sha256()
    parts = [matcher.MATCHER_VERSION, sys.version, unicodedata.unidata_version, *sorted(COUNTRY_CODES)]
    digest.update("\0".join(parts).encode())
    for file in program_files():
        content = file.read_bytes()
        digest.update(f"\0{file.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def program_files() -> Iterator[Path]:
    """The files that `program_digest` reads, in the same order everywhere."""
    pure, contracts, here = _folder(matcher.__path__), _folder(schemas.__path__), Path(__file__).parent
    yield from (here / "registry_tail.py", here / "registry_snapshot.py", here / "snapshot_header.py")
    for folder, pattern in (
        *((folder, "*.py") for folder in (pure, pure / "names", pure / "native", contracts)),
        (pure / "native", "_core.*.so"),
        (contracts / "avro", f"{PROTECTION_STATUSES.record}.avsc"),
    ):
        yield from sorted(folder.glob(pattern))


def _folder(path: Sequence[str]) -> Path:
    return Path(path[0])
