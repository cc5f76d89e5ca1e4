"""JSON Lines through the publisher: read, validate, accept or refuse, send, in a loop that never holds much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from producers.jsonl import Line, LineReader, Rejects
from producers.preparing import Preparer
from producers.publisher import Publisher
from producers.spool import Record as Bytes
from producers.transport import KafkaRefusal
from schemas.reasons import Reason, Refused
from schemas.topics import Topic

# So many records may wait while Kafka takes them, before reading pauses: the spool is for bad days, not for every file.
_AHEAD = 50_000
_QUIET = 0.2
_SLICE = 0.05


@dataclass(slots=True)
class Tally:
    """What came of the lines so far.

    `safe_through_line`: this line and all before it are accepted, unchanged, or refused (and in the rejects file).
    """

    lines: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    safe_through_line: int = 0


def max_line_bytes(topic: Topic) -> int:
    """The longest line that can be an event of the topic: JSON takes several times the room of Avro."""
    return 8 * topic.max_bytes


@dataclass(frozen=True)
class Feed:
    """An input on its way to a topic.

    Attributes:
        reader: the input.
        preparer: validates and encodes for the topic.
        publisher: takes what is valid; None only counts (`--dry-run`).
        rejects: keeps the lines that are refused; None keeps none.
        wanted: may leave a valid record out: a registry row that the topic holds already.
        on_refused: told of each line refused.
        on_step: called several times a second; what it raises ends the feed between two pieces of input.
        tally: counts, while it runs and after.
    """

    reader: LineReader
    preparer: Preparer
    publisher: Publisher | None
    rejects: Rejects | None = None
    wanted: Callable[[Bytes], bool] | None = None
    on_refused: Callable[[Line, Refused], None] | None = None
    on_step: Callable[[], None] | None = None
    tally: Tally = field(default_factory=Tally)

    def run(self) -> None:
        """Read to the end; what was accepted is then in Kafka, on its way, or waiting in the spool.

        Where Kafka refuses for good the input is still taken in: `Publisher.drain` then tells. Raises SpoolError,
        RejectsUnusable, and OSError of the input; `tally.safe_through_line` says how far it came.
        """
        while not self.reader.ended:
            lines = self.reader.read(_QUIET)
            if lines:
                self._take(lines)
            self._step()
            if self.publisher is not None:
                self._send(self.publisher)

    def _send(self, publisher: Publisher) -> None:
        try:
            publisher.pump()
            while publisher.waiting > _AHEAD and publisher.moving:
                publisher.pump(_SLICE)
                self._step()
        except KafkaRefusal:
            # Not the moment to stop: a pipe's writer may not be able to say it again. The spool takes it.
            return

    def _step(self) -> None:
        if self.on_step is not None:
            self.on_step()

    def _take(self, lines: Sequence[Line]) -> None:
        valid: list[Bytes] = []
        refused: list[tuple[Line, Refused]] = []
        for line in lines:
            try:
                valid.append(self._prepare(line))
            except Refused as refusal:
                refused.append((line, refusal))
        self._refuse(refused)
        wanted = valid if self.wanted is None else [record for record in valid if self.wanted(record)]
        if self.publisher is not None:
            self.publisher.accept_prepared(wanted)
        self.tally.lines += len(lines)
        self.tally.accepted += len(wanted)
        self.tally.unchanged += len(valid) - len(wanted)
        self.tally.safe_through_line = lines[-1].number

    def _refuse(self, refused: list[tuple[Line, Refused]]) -> None:
        if self.rejects is not None:
            self.rejects.write(refused)
        for line, refusal in refused:
            self.tally.refused += 1
            self.tally.reasons[refusal.reason.value] += 1
            if self.on_refused is not None:
                self.on_refused(line, refusal)

    def _prepare(self, line: Line) -> Bytes:
        if line.content is None:
            raise Refused(Reason.PAYLOAD_TOO_LARGE)
        return self.preparer.from_json(line.content)
