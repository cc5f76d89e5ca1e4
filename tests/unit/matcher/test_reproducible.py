"""The same input gives the same bytes, in another process and whatever order Python's hashes give to sets."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from matcher.examine import examine
from matcher.fold import fold_candidate, fold_review
from matcher.memory import say
from schemas.ids import match_id
from schemas.records import DocumentUse
from tests.builders import (
    CROSSINGS,
    NOON,
    crossing,
    digest,
    encode,
    finding,
    observation,
    person,
    rules,
    seen,
    status,
    traveller,
)

ROOT = Path(__file__).parents[3]


def everything() -> str:
    """Bytes of matches, memory, candidate and review that pass through every set of the matcher, as hexadecimal."""
    row = person(statuses=(status(countries=("UTO", "SYR")),))
    both = traveller(documents=(seen(), seen("S1", "SYR"), seen("U2", use=DocumentUse.APPLIED_FOR)))
    events = [
        crossing(1, traveller=both, stay_days=12),
        observation(2, at=NOON + timedelta(days=1)),
        crossing(3, traveller=traveller(documents=()), country="SYR"),
    ]
    findings = {match_id(event.event_id, row.person_id): finding(event, row) for event in events}
    people = [row, person(2), person(3)]
    said = say(events[0], examine(CROSSINGS, events[0], people, rules()), None, digest)
    assert said.memory is not None
    return "\n".join(
        data.hex()
        for data in (
            *(encode("status-match", match) for match in said.matches),
            encode("event-memory", said.memory),
            encode("revocation-candidate", fold_candidate(row.person_id, findings, row, digest)),
            encode("identity-review", fold_review(row.person_id, findings, row, digest)),
        )
    )


def in_another_process(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", "from tests.unit.matcher import test_reproducible as t; print(t.everything())"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def test_processes_with_other_hash_seeds_give_the_same_bytes() -> None:
    here = everything()
    assert len(here.splitlines()) == 6
    assert in_another_process("1") == in_another_process("4242") == here
