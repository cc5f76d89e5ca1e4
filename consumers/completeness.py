"""What each source partition has been compared with, and which part of it has to be looked at again.

An event is compared with the registry and the rules as they stand when it comes. What changes afterwards must find it
all the same (property 1). So the commit metadata of each source partition says how far into the registry, and with
which rules, everything before its offset has been compared; and where the registry or the rules have moved on, the
part of the partition that can be concerned is read again. Late rows, restarts, rebalances and new rules are this one
path:

* a partition taken up says what it was compared with; the rows written since are changes to it;
* so are the rows that come while it is owned;
* changes that came together are one `Job`: a span of the partition, from the earliest event that can be concerned to
  the last one handled, and the people whom it is about;
* only when the span has been read does the note of the partition move on, in the transaction that holds what came of
  it. A process that dies before begins the span again.

An operator may also order that a span be looked at anew for everybody. It stands in the note until that is done.

The note also says where a partition is to be looked at again, and follows the registry where nothing of it changes what
was said: so `resesignal reconcile` sees from what is committed whether something is still to come.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from consumers.kafka import Partition
from consumers.metrics import Metrics
from consumers.telemetry import Log
from matcher import MATCHER_VERSION
from matcher.changes import DAY_MS, NEVER, NO_STATUS
from schemas.topics import TOMBSTONES_MS

# Person to the moment, in milliseconds since 1970, before which no event can concern them; or an event that somebody
# has decided about, to NEVER.
Changes = Mapping[str, int]

# A sender's clock may be ahead of the broker's by so much; an event dated later is refused. So an event that a status
# concerns was received at most so long before the status began.
MOST_AHEAD_MS = 2 * DAY_MS
# Who comes back to a position in the registry after longer than this may miss the tombstone of somebody removed: half
# of what the topic keeps them for. Where nothing else is to be told, a note is written anew once an hour.
_TOMBSTONES_SEEN_MS = TOMBSTONES_MS // 2
_FRESH_MS = 60 * 60 * 1000
# For so many turns, of some milliseconds each, a job waits for more changes while they keep coming in; and a note that
# the registry has left behind without changing anything waits to be committed.
_PATIENCE = 50


def unix_ms() -> int:
    """The clock, in Unix milliseconds."""
    return time.time_ns() // 10**6


class RulesOlderError(Exception):
    """Events have been compared with newer rules or a newer program than these. A sentence for the operator."""


@dataclass(frozen=True, slots=True)
class RulesInForce:
    """What an instance decides by: version and digest of the rules, and the version of the matcher."""

    version: str
    digest: str
    matcher: str = MATCHER_VERSION

    def note(self) -> list[str]:
        """As it stands in the commit metadata."""
        return [self.version, self.digest, self.matcher]


@dataclass(frozen=True, slots=True)
class Compared:
    """What all events of a partition have been compared with.

    Attributes:
        registry: next offset of each partition of the topics of `registry_tail.COMPARED_WITH`, in that order.
        rules: the rules.
        at_ms: when an instance stood there in the registry, in Unix milliseconds; 0 where that is not known.
        by: other rules by which a part of it has been looked at again, and all of it is to be.
    """

    registry: tuple[int, ...]
    rules: RulesInForce
    at_ms: int = 0
    by: RulesInForce | None = None

    @staticmethod
    def is_due(note: Mapping[str, Any]) -> bool:
        """Whether a partition's note says that something of it is to be looked at again."""
        return "due" in note or "ordered" in note

    def note(self) -> dict[str, Any]:
        """As it stands in the commit metadata."""
        note: dict[str, Any] = {"registry": list(self.registry), "rules": self.rules.note(), "at": self.at_ms}
        if self.by is not None:
            note["by"] = self.by.note()
        return note

    @classmethod
    def read(cls, note: Mapping[str, Any]) -> Compared | None:
        """From commit metadata; None where nothing is said there."""
        if not note:
            return None
        by = RulesInForce(*note["by"]) if "by" in note else None
        return cls(tuple(note["registry"]), RulesInForce(*note["rules"]), note.get("at", 0), by)


# Older than any rules and any version of the matcher.
_OLDEST = RulesInForce("0-0", "", "0")


class Stretch(NamedTuple):
    """Offsets of a partition from `start` up to, and not including, `end`."""

    start: int
    end: int

    def united(self, other: Stretch) -> Stretch:
        """The smallest one that holds both."""
        return Stretch(min(self.start, other.start), max(self.end, other.end))


class Remembered(Protocol):
    """What was said of the events of a partition."""

    def events_of(self, changed: Iterable[str]) -> tuple[set[str], int | None]:
        """Events that could be any of these people, or are any of these events, and the first offset of one of them."""

    def first(self) -> int | None:
        """First offset at which an event lies that could be anybody; None without any."""


class Spans(Protocol):
    """Finds and reads spans of a topic; see `consumers.source.SourceReader`."""

    def offset_at(self, place: Partition, millis: int) -> int | None:
        """Offset of the first record received at that time or later, None where there is none."""


@dataclass(slots=True)
class Job:
    """A span of a partition to be looked at again.

    Attributes:
        place: the partition.
        start: first offset of the span; moved back once for an event whose first content lies before it.
        end: the offset after its last.
        people: whom it is about; None for everybody.
        events: events that are to be looked at whomever they name, because they had matched one of the people.
        target: what the partition has been compared with when the job is done.
        until: the offset from which on only further records of events that were looked at before count. Without those
            an event would lose what its later records say.
        ordered: the order that is carried out when the job is done.
        looked_at: events that were looked at anew in this job.
        former: of such events, the people whom the memory names and no content does so far, with the memory in bytes.
        told_end: the end of the partition, as it was last told; less than `end` where more has come since.
    """

    place: Partition
    start: int
    end: int
    people: frozenset[str] | None
    events: set[str]
    target: Compared
    until: int
    ordered: Stretch | None = None
    looked_at: set[str] = field(default_factory=set)
    former: dict[str, tuple[set[UUID], bytes]] = field(default_factory=dict)
    told_end: int = -1


@dataclass(slots=True)
class _Owned:
    """A partition owned.

    Attributes:
        compared: what all of it has been compared with.
        missed: what changed between that and when it was taken up; None where that is not known.
        seen: how many entries of the log of changes are accounted for, in `compared` or in the job under way.
        ordered: what an operator ordered to be looked at anew and is not done.
        busy: whether a job is under way.
        told_due: whether the newest note says that something is to be looked at again.
    """

    compared: Compared
    missed: Changes | None
    seen: int
    ordered: Stretch | None
    busy: bool = False
    told_due: bool = False


class Completeness:
    """Keeps the account of changes, and makes jobs of them. Used from one thread; reads no records itself."""

    def __init__(self, rules: RulesInForce, metrics: Metrics, log: Log, now_ms: Callable[[], int] = unix_ms) -> None:
        self._rules = rules
        self._now_ms = now_ms
        self._metrics = metrics
        self._log = log
        self._owned: dict[Partition, _Owned] = {}
        self._changes: list[tuple[str, int]] = []
        self._patience = _PATIENCE
        self._turns_behind = 0

    def take(
        self,
        held: Mapping[Partition, Compared | None],
        missed: Mapping[Partition, Changes | None],
        ordered: Mapping[Partition, Stretch],
        registry: tuple[int, ...],
    ) -> None:
        """Take up partitions. Raises RulesOlderError.

        Args:
            held: what each has been compared with; None where that is not known, or nothing of it was handled yet.
            missed: what has changed in the registry since then; None for a partition all of which is to be looked at,
                because that is not known.
            ordered: what an operator ordered and was not done.
            registry: where this instance stands in the registry.
        """
        for place, compared in held.items():
            changes = missed[place]
            if compared is None:
                # What is not known to have been compared counts as compared with the oldest rules there can be, until
                # all of it was looked at: whoever takes it up before then begins again.
                compared = self._compared_with(registry, self._rules if changes is not None else _OLDEST)
            else:
                # Also where only a part was looked at by others: what they said of it would stand.
                others = {compared.rules, compared.by or compared.rules} - {self._rules}
                for rules in others:
                    self._require_newer(rules)
                if others:
                    changes = None
            self._owned[place] = _Owned(compared, changes, len(self._changes), ordered.get(place))
        self._report()

    def has_seen_all(self, compared: Compared) -> bool:
        """Whether the registry still tells of everybody who was removed since a partition was compared with it."""
        # Clocks of two machines differ, and whoever noted it may have been ahead.
        return abs(self._now_ms() - compared.at_ms) <= _TOMBSTONES_SEEN_MS

    def _compared_with(self, registry: tuple[int, ...], rules: RulesInForce) -> Compared:
        return Compared(registry, rules, self._now_ms())

    def drop(self, partitions: Iterable[Partition]) -> None:
        """Forget partitions, and the jobs on them."""
        for place in partitions:
            self._owned.pop(place, None)
        self._trim()

    def add(self, changes: Changes) -> None:
        """Note what has changed in the registry; called at every turn, mostly with nothing."""
        if self._owned:
            self._changes.extend(changes.items())
        # A job waits until no more changes come in, but not for long.
        self._patience = self._patience - 1 if changes else 0
        if changes:
            self._report()

    def order(self, place: Partition, stretch: Stretch) -> None:
        """Note that a stretch of a partition is to be looked at anew; with what was ordered before, all in between."""
        owned = self._owned[place]
        if stretch.start < stretch.end:
            owned.ordered = stretch if owned.ordered is None else owned.ordered.united(stretch)
            self._report()

    def note(self, place: Partition, registry: tuple[int, ...]) -> dict[str, Any]:
        """What a partition has been compared with, for its commit metadata, this instance standing at `registry`."""
        owned = self._owned[place]
        owned.told_due = self._is_due(owned)
        note: dict[str, Any] = {"due": True} if owned.told_due else {}
        if not owned.told_due:
            owned.compared = self._compared_with(registry, self._rules)
        elif owned.compared.rules != self._rules:
            owned.compared = replace(owned.compared, by=self._rules)
        if owned.ordered:
            note["ordered"] = list(owned.ordered)
        return {**owned.compared.note(), **note}

    def to_tell(self, registry: tuple[int, ...]) -> set[Partition]:
        """Partitions whose note is to be committed though none of their records was handled; called at every turn.

        At once where there is something to be looked at again that the note does not tell, or nothing any more; and
        once in a while where the registry has moved on without changing anything, or nothing was told for an hour.
        """
        due = {place: self._is_due(owned) for place, owned in self._owned.items()}
        found = {place for place, is_due in due.items() if is_due != self._owned[place].told_due}
        stale_ms = self._now_ms() - _FRESH_MS
        behind = {
            place
            for place, owned in self._owned.items()
            if not due[place] and (owned.compared.registry != registry or owned.compared.at_ms < stale_ms)
        }
        self._turns_behind = self._turns_behind + 1 if behind else 0
        if self._turns_behind > _PATIENCE:
            self._turns_behind = 0
            found |= behind
        return found

    def next_job(
        self,
        position: Callable[[Partition], int],
        memory: Callable[[Partition], Remembered],
        spans: Spans,
        registry: tuple[int, ...],
    ) -> Job | None:
        """The next job, None where nothing is due, or where more changes are waited for.

        Args:
            position: next offset of a partition to be handled, as far as this instance has come.
            memory: what was said of the events of a partition.
            spans: where to look up the offset for a time.
            registry: where this instance stands in the registry.
        """
        if self._patience > 0:
            return None
        self._patience = _PATIENCE
        for place, owned in self._owned.items():
            if self._wants_job(owned):
                # Next time the others come first: where changes never end, one would be read for ever and they never.
                self._owned[place] = self._owned.pop(place)
                job = self._job(place, owned, max(0, position(place)), memory(place), spans, registry)
                owned.missed, owned.seen, owned.busy = {}, len(self._changes), True
                return job
        return None

    def done(self, job: Job) -> None:
        """A job's span has been read to its end."""
        owned = self._owned[job.place]
        owned.compared, owned.busy = job.target, False
        if owned.ordered is job.ordered:  # else more was ordered meanwhile, if only the same once more
            owned.ordered = None
        self._trim()

    def _job(
        self,
        place: Partition,
        owned: _Owned,
        end: int,
        memory: Remembered,
        spans: Spans,
        registry: tuple[int, ...],
    ) -> Job:
        target = self._compared_with(registry, self._rules)
        if owned.missed is None:
            return Job(place, 0, end, None, set(), target, until=end, ordered=owned.ordered)
        if not owned.missed and owned.seen == len(self._changes) and owned.ordered is not None:
            start, until = owned.ordered
            return Job(place, start, end, None, set(), target, until=min(until, end), ordered=owned.ordered)
        changes = dict(owned.missed)
        for person, since in self._changes[owned.seen :]:
            changes[person] = min(since, changes.get(person, since))
        events, first = memory.events_of(changes)
        start = end if first is None else first
        since = min(changes.values())
        if since < NEVER:
            # On days before it they may be the traveller all the same, and others then are not.
            remembered = memory.first()
            start = start if remembered is None else min(start, remembered)
        # A partition without records so far has no span, and asking for its times would only wait.
        if start > 0 and end > 0 and since < NO_STATUS:
            found = spans.offset_at(place, since - MOST_AHEAD_MS)
            start = min(start, end if found is None else found)
        return Job(place, start, end, frozenset(changes), events, target, until=end)

    def _is_due(self, owned: _Owned) -> bool:
        return owned.busy or self._wants_job(owned)

    def _wants_job(self, owned: _Owned) -> bool:
        changed = owned.missed is None or bool(owned.missed) or owned.seen < len(self._changes)
        return changed or owned.ordered is not None

    def _require_newer(self, rules: RulesInForce) -> None:
        if _number(rules.version) > _number(self._rules.version):
            raise RulesOlderError(
                f"events have been examined by rules {rules.version}, and this instance has {self._rules.version}: "
                "give it the newer rules; to return to what earlier ones say, adopt them as a new version"
            )
        if int(rules.matcher) > int(self._rules.matcher):
            raise RulesOlderError(
                f"events have been examined by version {rules.matcher} of the matcher, and this program has "
                f"{self._rules.matcher}: install the newer program"
            )

    def _trim(self) -> None:
        """Forget changes that every partition accounts for."""
        seen = min((owned.seen for owned in self._owned.values()), default=len(self._changes))
        del self._changes[:seen]
        for owned in self._owned.values():
            owned.seen -= seen
        self._report()

    def _report(self) -> None:
        self._metrics.reexamination_due.set(sum(map(self._is_due, self._owned.values())))


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-"))
