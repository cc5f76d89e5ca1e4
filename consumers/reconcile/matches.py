"""The last state of every match against the evidence that candidates and identity reviews hold. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from consumers.dead_letters import Place
from consumers.kafka import Inbound, Partition
from consumers.reconcile.result import Difference, MatchBooks, Problem
from schemas.codec import Codec, ResolveId
from schemas.reasons import Refused
from schemas.topics import STATUS_MATCHES


class Standing(NamedTuple):
    """A finding in short: how sure it is who it was, and a digest of all of it."""

    level: str
    digest: str


def in_short(finding: Mapping[str, Any]) -> Standing:
    """A decoded finding in short."""
    return Standing(finding["identity"], hashlib.sha256(orjson.dumps(finding, option=orjson.OPT_SORT_KEYS)).hexdigest())


@dataclass(slots=True)
class Said:
    """What `status-matches` says.

    Attributes:
        last: last state of each match by person: its finding, None where it was taken back.
        in_flight: people with records that `candidates` had not handled.
    """

    last: dict[UUID, dict[UUID, Standing | None]] = field(default_factory=dict)
    in_flight: set[UUID] = field(default_factory=set)


class MatchReader:
    """Takes the records of `status-matches` into `said`, as far as `candidates` could use them.

    Args:
        handled: next offset by partition, as `candidates` had committed it.
        refused: places of records that `candidates` refused.
    """

    def __init__(
        self, handled: Mapping[Partition, int], refused: Collection[Place], resolve_id: ResolveId | None = None
    ) -> None:
        self.said = Said()
        self._handled = handled
        self._refused = refused
        self._codec = Codec(STATUS_MATCHES.record, resolve_id=resolve_id)

    def take(self, record: Inbound) -> None:
        """Take in one record, in the order of offsets."""
        if Place(record.topic, record.partition, record.offset) in self._refused:
            return
        try:
            values = self._codec.decode(record.value)
        except Refused:
            return  # refused by `candidates` too; the letters tell of it
        person: UUID = values["person_id"]
        if record.key != str(person).encode():
            return
        if record.offset >= self._handled.get(Partition(record.topic, record.partition), 0):
            self.said.in_flight.add(person)
            return
        finding = values["finding"]
        self.said.last.setdefault(person, {})[values["match_id"]] = None if finding is None else in_short(finding)


class Holding(NamedTuple):
    """What Kafka holds of a person in candidate and reviews: findings by match, and the partition they live in."""

    partition: int
    findings: Mapping[UUID, Standing]


def check_matches(
    said: Said, held: Mapping[UUID, Holding], *, expired: Collection[int]
) -> tuple[MatchBooks, list[Difference]]:
    """Compare what was said with what is held.

    Args:
        said: the last states.
        held: evidence and reviews of each person.
        expired: partitions of `status-matches` whose beginning has left the topic with its retention.
    """
    differences: list[Difference] = []
    holding = taken_back = older = 0
    for person in sorted(said.last.keys() | held.keys()):
        if person in said.in_flight:
            continue
        states = said.last.get(person, {})
        where = held.get(person, Holding(-1, {}))
        for match, state in sorted(states.items()):
            holding += state is not None
            taken_back += state is None
            differences.extend(_compare(match, state, where.findings.get(match)))
        unsaid = where.findings.keys() - states.keys()
        if where.partition in expired:
            older += len(unsaid)
        else:
            differences.extend(
                Difference(Problem.EVIDENCE_UNFOUNDED, f"match {match}", "it is held as evidence and was never said")
                for match in sorted(unsaid)
            )
    return MatchBooks(holding, taken_back, older, len(said.in_flight)), differences


def _compare(match: UUID, state: Standing | None, held: Standing | None) -> Iterable[Difference]:
    if state == held:
        return
    if held is None:
        yield Difference(Problem.MATCH_MISSING, f"match {match}", "it was said and no candidate or review holds it")
    elif state is None:
        yield Difference(Problem.MATCH_NOT_TAKEN_BACK, f"match {match}", "it was taken back and is still held")
    else:
        yield Difference(Problem.MATCH_DIFFERS, f"match {match}", "what is held differs from what was said last")
