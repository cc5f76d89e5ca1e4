"""The same input taken all the way to candidates, and what stands at the end: `python -m` prints its digests.

Run in processes of their own, so that whatever depends on the process, the day or the batches would show.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterable
from datetime import timedelta

from consumers.candidates import Candidates
from consumers.kafka import Inbound
from schemas.records import Event, EventKind
from schemas.topics import IDENTITY_REVIEWS, PROTECTION_STATUSES, REVOCATION_CANDIDATES, STATUS_MATCHES
from tests.builders import NOON, codec, crossing, observation
from tests.unit.consumers.completeness_model import DAY_MS, ROWS, TRAVELLERS
from tests.unit.consumers.fakes import KeptLog, Service
from tests.unit.consumers.matchers import BERTA, Matchers

RESULTS = (STATUS_MATCHES.name, REVOCATION_CANDIDATES.name, IDENTITY_REVIEWS.name)


def some_events(seed: int, count: int) -> list[Event]:
    """Events of few travellers, with their revisions and duplicates."""
    rng = random.Random(seed)
    events: list[Event] = []
    for _ in range(count):
        make = rng.choice([crossing, crossing, observation])
        revision = rng.choice([1, 1, 1, 2, 3])
        withdrawn = revision > 1 and rng.random() < 0.4
        events.append(
            make(
                rng.randint(1, 40) + (100 if make is observation else 0),
                revision=revision,
                kind=EventKind.WITHDRAWN if withdrawn else None,
                at=NOON - timedelta(days=rng.choice([0, 1, 5, 9, 400])),
                traveller=rng.choice(TRAVELLERS),
                country=rng.choice(["UTO", "UTO", "NOR"]),
            )
        )
    return events


def standing(records: Iterable[Inbound]) -> dict[str, dict[str, bytes]]:
    """The newest bytes on each topic of what holds: matches not taken back, open candidates, reviews with entries.

    Candidates without what was taken back: that is what had been said before, and less had been where a row came late.
    """
    newest: dict[str, dict[str, bytes]] = {topic: {} for topic in RESULTS}
    for record in records:
        held = newest[record.topic]
        value = record.value
        if value is None:
            held.pop((record.key or b"").decode(), None)
            continue
        if record.topic == STATUS_MATCHES.name:
            values = codec(STATUS_MATCHES.record).decode(value)
            key, holds = str(values["match_id"]), values["finding"] is not None
        elif record.topic == REVOCATION_CANDIDATES.name:
            values = codec(REVOCATION_CANDIDATES.record).decode(value)
            key, holds = str(values["person_id"]), values["state"] == "OPEN"
            value = codec(REVOCATION_CANDIDATES.record).encode(values | {"version": "", "taken_back": []})
        else:
            values = codec(IDENTITY_REVIEWS.record).decode(value)
            key, holds = str(values["person_id"]), bool(values["reviews"])
        held.pop(key, None)
        if holds:
            held[key] = value
    return newest


def result(batch: int, days: int) -> dict[str, dict[str, bytes]]:
    """What stands at the end, where records come in batches of that size and so many days later."""
    matching = Matchers(people=[])
    topics = matching.topics
    topics.now += days * DAY_MS
    matching.register(*ROWS[:3], *ROWS[8:10])
    records = [matching.record(event) for event in some_events(2, 150)]
    for start in range(0, len(records), batch):
        matching.handle(records[start : start + batch])
        matching.tend()
    matching.register(*ROWS[10:], BERTA)
    matching.settle()
    folding = Service(Candidates(KeptLog()), topics)
    read = (PROTECTION_STATUSES.name, STATUS_MATCHES.name)
    rows = [
        record for topic in read for place, log in sorted(topics.logs.items()) if place[0] == topic for record in log
    ]
    for start in range(0, len(rows), batch):
        folding.handle(rows[start : start + batch])
    return standing(record for place, log in sorted(topics.logs.items()) if place.topic in RESULTS for record in log)


def digests(newest: dict[str, dict[str, bytes]]) -> dict[str, list[str]]:
    """Key and digest of each record, by topic."""
    return {
        topic: [f"{key} {hashlib.sha256(value).hexdigest()}" for key, value in sorted(held.items())]
        for topic, held in newest.items()
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(digests(result(int(sys.argv[1]), int(sys.argv[2])))))
