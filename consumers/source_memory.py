"""What was said of the events of one source partition, as it stands on the topic beside the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from matcher.memory import Remembered


class SourceMemory:
    """Event memories as bytes, and which events matched a person.

    Args:
        decode: bytes of a memory to raw values (`Codec("event-memory", raw=True).decode`).

    Attributes:
        held: the memories by event id; changed by `put` only.
    """

    def __init__(self, decode: Callable[[bytes], dict[str, Any]]) -> None:
        self._decode = decode
        self.held: dict[str, bytes] = {}
        self._of_person: dict[str, set[str]] = {}
        # Never raised: an event that is forgotten costs a longer reading, no more.
        self._first: int | None = None

    def __contains__(self, event_id: str) -> bool:
        return event_id in self.held

    def get(self, event_id: str) -> bytes | None:
        """The memory of an event."""
        return self.held.get(event_id)

    def offset(self, event_id: str) -> int | None:
        """First offset of which something is remembered, -1 where it is not known; None for an event without memory."""
        held = self.held.get(event_id)
        return None if held is None else self.read(held).offset

    def read(self, value: bytes) -> Remembered:
        """A memory from its bytes. Raises Refused."""
        told = self._decode(value)
        return Remembered(value, [match["person_id"] for match in told["matches"]], told["offset"])

    def put(self, event_id: str, memory: Remembered | None) -> None:
        """Hold another memory of an event, or none."""
        before = self.held.pop(event_id, None)
        if before is not None:
            for person in set(self.read(before).people):
                events = self._of_person[person]
                events.discard(event_id)
                if not events:
                    del self._of_person[person]
        if memory is not None:
            self.held[event_id] = memory.value
            for person in memory.people:
                self._of_person.setdefault(person, set()).add(event_id)
            if memory.people:
                self._first = memory.offset if self._first is None else min(self._first, memory.offset)

    def events_of(self, changed: Iterable[str]) -> tuple[set[str], int | None]:
        """Events that could be any of these people, or are any of these events, and the first offset of one of them."""
        events: set[str] = set()
        for one in changed:
            events |= self._of_person.get(one, set())
            if one in self.held:
                events.add(one)
        # Of memories of an earlier version the offset is not known: -1, so from the start on.
        offsets = (self.read(self.held[event_id]).offset for event_id in events)
        return events, max(0, min(offsets)) if events else None

    def first(self) -> int | None:
        """No event that could be anybody lies before this offset; None where there is none of them."""
        return None if self._first is None else max(0, self._first)
