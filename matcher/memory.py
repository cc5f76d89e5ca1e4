"""Revisions of one event: what was said of it before, what is to be said now, and the difference between the two.

The memory is the only thing kept of an event, and only where it could concern somebody or was revised; it holds no data
of the traveller. Whatever the order in which revisions and duplicates arrive, the matches that hold at the end are the
same:

* the highest revision holds; an older one that comes later changes nothing;
* at one revision, WITHDRAWN beats CORRECTED;
* should a sender use one revision for two contents, their matches add up, and for one person the greater digest holds,
  because of a content that matched nobody there is no trace to compare with.

Beside the matches that hold, the memory names who else the traveller could be, with an empty digest: when they change,
or somebody decides about them, the event is looked at again. So it names of whom something was said before a revision
took it back: whoever did not hear of that can be told again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from matcher.examine import Decided, Examined
from schemas.ids import match_id
from schemas.records import (
    Event,
    EventKind,
    EventMemory,
    IdentityLevel,
    RememberedMatch,
    RetractReason,
    StatusMatch,
    trusting,
)

_make_match, _make_remembered, _make_memory = trusting(StatusMatch), trusting(RememberedMatch), trusting(EventMemory)
# Of a person about whom nothing is said; less than every digest.
_HEEDED = ""


class Outcome(StrEnum):
    """What became of a record; each has exactly one (property 3)."""

    MATCHED = "matched"
    REVIEW = "review"
    NO_PERSON = "no-person"
    NOT_RELEVANT = "not-relevant"
    TOO_MANY = "too-many-people"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    TAKEN_IN = "taken-in"
    DEAD = "dead-lettered"

    @property
    def group(self) -> str:
        """The five groups that add up to what was consumed: matched, review, taken-in, discarded, dead-lettered."""
        if self in (Outcome.MATCHED, Outcome.REVIEW, Outcome.TAKEN_IN, Outcome.DEAD):
            return self.value
        return "discarded"


def match_digest(encoded: bytes) -> str:
    """Digest by which a match is remembered, of its bytes as they are published."""
    return hashlib.sha256(encoded).hexdigest()[:32]


class Remembered(NamedTuple):
    """A memory of an event as it is kept, and what it is looked up by.

    Attributes:
        value: as bytes.
        people: ids of those whom it names.
        offset: the first of which something is remembered, -1 where it is not known.
    """

    value: bytes
    people: Sequence[str]
    offset: int

    @classmethod
    def of(cls, memory: EventMemory, value: bytes) -> Remembered:
        """Of a memory, and the bytes that it was written as."""
        return cls(value, [str(match.person_id) for match in memory.matches], memory.offset)


@dataclass(frozen=True, slots=True)
class Said:
    """What follows from one record.

    Attributes:
        outcome: what became of it.
        matches: matches and retractions to publish, by person.
        memory: what is to be remembered of the event from now on, None for nothing.
        changed: whether the memory differs from before.
        named: whom this content names: those whom it matches, and who else the traveller could be.
    """

    outcome: Outcome
    matches: tuple[StatusMatch, ...] = ()
    memory: EventMemory | None = None
    changed: bool = False
    named: Set[UUID] = frozenset()


def is_superseded(revision: int, kind: EventKind, memory: EventMemory) -> bool:
    """Whether a revision is older than what was already handled."""
    if revision != memory.revision:
        return revision < memory.revision
    return memory.kind is EventKind.WITHDRAWN and kind is not EventKind.WITHDRAWN


def say(
    event: Event,
    examined: Examined,
    before: EventMemory | None,
    digest: Callable[[StatusMatch], str],
    *,
    offset: int = -1,
    anew: bool = False,
    again: bool = False,
) -> Said:
    """The difference between what was said of the event before and what was found now.

    Args:
        event: the revision at hand.
        examined: what `examine` gave for it, also if it is superseded.
        before: the memory of the event, None if there is none.
        digest: digest of a match as it will be published.
        offset: where the record lies in its partition.
        anew: what was said of this very revision no longer holds, because the registry, the rules or a decision about
            an identity have changed since: `examined` replaces it. Without that, a revision that comes again can only
            add. Whom a first report no longer names stays in the memory, as somebody of whom nothing is said, until
            `without`: what other contents of it say of others is still to come, and who dies before must come back.
        again: what holds is published whether or not it was said before, and what does not is taken back once more:
            what was published then may not have been taken in. Whoever did take it in sees that it is the same.
    """
    if before is not None and is_superseded(event.revision, event.kind, before):
        return Said(Outcome.SUPERSEDED, memory=before)
    now = {
        one.person_id: _make_match(
            match_id=match_id(event.event_id, one.person_id),
            person_id=one.person_id,
            event_id=event.event_id,
            revision=event.revision,
            finding=one.finding,
        )
        for one in examined.found
    }
    digests = dict.fromkeys(examined.heeded, _HEEDED) | {person: digest(match) for person, match in now.items()}
    said = {match.person_id: match.digest for match in before.matches} if before else {}
    same_revision = before is not None and before.revision == event.revision and before.kind is event.kind
    if same_revision and not anew:
        hold = {**digests, **said}
        hold |= {person: digests[person] for person in now if digests[person] > hold[person]}
    else:
        hold = digests
    publish = [p for p in now if hold[p] == digests[p] and (again or hold[p] != said.get(p))]
    retract = [p for p in said if (again or said[p]) and not hold.get(p)]
    if event.kind is EventKind.WITHDRAWN:
        reason = RetractReason.WITHDRAWN
    else:
        reason = RetractReason.RECONSIDERED if anew else RetractReason.CORRECTED
    matches = [now[person] for person in publish] + [
        StatusMatch(
            match_id=match_id(event.event_id, person),
            person_id=person,
            event_id=event.event_id,
            revision=event.revision,
            retracted=reason,
        )
        for person in retract
    ]
    if same_revision and before is not None and before.offset >= 0:
        offset = min(offset, before.offset)
    former = dict.fromkeys(said.keys() - hold.keys(), _HEEDED)
    memory = _remember(event, hold | former, offset)
    return Said(
        outcome=Outcome.DUPLICATE if same_revision and not publish else _outcome(event, examined),
        matches=tuple(sorted(matches, key=lambda match: match.person_id)),
        memory=memory,
        changed=memory != before,
        named=digests.keys(),
    )


def without(memory: EventMemory, former: Set[UUID]) -> EventMemory | None:
    """That of a first report without those of whom nothing is said and whom no content names any more.

    None where nothing is left.
    """
    matches = tuple(match for match in memory.matches if match.digest or match.person_id not in former)
    return memory.model_copy(update={"matches": matches}) if matches else None


def take_back(event_id: UUID, memory: EventMemory, decided: Decided) -> tuple[tuple[StatusMatch, ...], EventMemory]:
    """What decisions alone take back of what was said of an event, and what is then to be remembered of it.

    For an event that cannot be read again: whom a human has rejected is not the traveller, and where one is confirmed,
    nobody else is. Anything else about it would need what is not remembered.
    """
    people = {match.person_id for match in memory.matches}
    verdicts = {person: decided[person] for person in people & decided.keys()}
    confirmed = {person for person, verdict in verdicts.items() if verdict.confirms(memory.revision)}
    rejected = {person for person, verdict in verdicts.items() if verdict.rejects}
    gone = people - confirmed if confirmed else rejected
    matches = tuple(
        StatusMatch(
            match_id=match_id(event_id, match.person_id),
            person_id=match.person_id,
            event_id=event_id,
            revision=memory.revision,
            retracted=RetractReason.RECONSIDERED,
        )
        for match in memory.matches
        if match.digest and match.person_id in gone
    )
    kept = tuple(
        RememberedMatch(person_id=match.person_id, digest=_HEEDED) if match.person_id in gone else match
        for match in memory.matches
    )
    return matches, memory.model_copy(update={"matches": kept})


def _remember(event: Event, hold: dict[UUID, str], offset: int) -> EventMemory | None:
    if event.kind is EventKind.REPORTED and not hold:
        return None
    matches = tuple([_make_remembered(person_id=person, digest=hold[person]) for person in sorted(hold)])
    return _make_memory(revision=event.revision, kind=event.kind, matches=matches, offset=offset)


def _outcome(event: Event, examined: Examined) -> Outcome:
    if event.kind is EventKind.WITHDRAWN:
        return Outcome.WITHDRAWN
    levels = {one.finding.identity for one in examined.found}
    if IdentityLevel.IDENTIFIED in levels:
        return Outcome.MATCHED
    if levels:
        return Outcome.REVIEW
    return Outcome.TOO_MANY if examined.too_many else Outcome.NOT_RELEVANT
