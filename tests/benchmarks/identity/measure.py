"""The matcher, the baseline and nomenklatura's logic-v2 on the same pairs; and blocking in a registry."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz

from matcher.birth_dates import UNRELATED, compare_dates
from matcher.identity import could_be
from matcher.names.compare import compare_names
from matcher.registry import RegistryIndex
from schemas.codec import Codec
from tests.benchmarks.identity.names import CULTURES
from tests.benchmarks.identity.pairs import HELD_OUT, Pair
from tests.benchmarks.identity.people import NAMES, OWN_CALENDAR, Pool, Written, birth_date, dates_of, write

Score = Callable[[Pair], float]


def names_by_matcher(pair: Pair) -> float:
    """The matcher's agreement of two names."""
    seen, known = pair.seen, pair.known
    return compare_names(seen.surname, seen.given, known.surname, known.given).agreement


def people_by_matcher(pair: Pair) -> float:
    """The matcher's bits of name and birth date, where the name agrees at all and the dates are not unrelated.

    As `matcher.identity` has it: otherwise, without a strong key, the two are never one person, whatever the sum.
    """
    seen, known = pair.seen, pair.known
    compared = compare_names(seen.surname, seen.given, known.surname, known.given)
    born = compare_dates(seen.born, (known.born,))
    bits = compared.bits + born.bits
    return bits if compared.agrees and born.bits != UNRELATED else bits - 30


def names_by_baseline(pair: Pair) -> float:
    """RapidFuzz's token sort ratio."""
    return fuzz.token_sort_ratio(pair.seen.whole.lower(), pair.known.whole.lower())


def people_by_baseline(pair: Pair) -> float:
    """Token sort ratio, and 100 more for the same birth date, 50 for the same year."""
    seen, known = pair.seen.born, pair.known.born
    return names_by_baseline(pair) + (100 if seen == known else 50 if seen[:4] == known[:4] else 0)


def by_peer(python: str, pairs: Sequence[Pair], *, dates: bool) -> list[float] | None:
    """Scores of logic-v2, computed by another interpreter; None where it has no nomenklatura."""
    lines = [
        json.dumps([p.seen.whole, p.seen.born if dates else "", p.known.whole, p.known.born if dates else ""])
        for p in pairs
    ]
    program = str(Path(__file__).with_name("peer.py"))
    done = subprocess.run([python, program], input="\n".join(lines), capture_output=True, text=True, check=False)
    if done.returncode == 3:
        return None
    done.check_returncode()
    scores = [float(line) for line in done.stdout.split()]
    if len(scores) != len(pairs) or len(set(scores)) < 2:
        raise ValueError("the peer's scores are not one for each pair, or all the same: it was not measured")
    return scores


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall and F1 at a threshold, and the most recall at a precision of 0.98 or more."""

    pairs: int
    precision: float
    recall: float
    f1: float
    recall_at_98: float


def best_threshold(scored: Sequence[tuple[float, bool]]) -> float:
    """The threshold with the best F1."""
    best, threshold = -1.0, 0.0
    positives = sum(same for _, same in scored)
    true = 0
    ordered = sorted(scored, key=lambda item: -item[0])
    for index, (score, same) in enumerate(ordered):
        true += same
        if index + 1 < len(ordered) and ordered[index + 1][0] == score:
            continue
        f1 = 2 * true / (index + 1 + positives)
        if f1 > best:
            best, threshold = f1, score
    return threshold


def figures(scored: Sequence[tuple[float, bool]], threshold: float) -> Figures:
    """How the scores part the pairs."""
    positives = sum(same for _, same in scored)
    found = [same for score, same in scored if score >= threshold]
    true = sum(found)
    recall_98, hits = 0.0, 0
    ordered = sorted(scored, key=lambda item: -item[0])
    for index, (score, same) in enumerate(ordered):
        hits += same
        last = index + 1 == len(ordered) or ordered[index + 1][0] != score
        if last and hits / (index + 1) >= 0.98:
            recall_98 = hits / positives
    precision = true / len(found) if found else 0.0
    recall = true / positives
    f1 = 2 * true / (len(found) + positives)
    return Figures(len(scored), precision, recall, f1, recall_98)


# --- blocking


@dataclass(frozen=True, slots=True)
class Blocking:
    """Blocking in a registry: recall by kind and candidates."""

    people: int
    keys_per_person: float
    recall: dict[str, float]
    candidates: dict[str, float]
    most: int
    find_us: float
    could_be_us: float


def blocking(seed: int, people: int, events: int) -> Blocking:
    """Put people into the index, and look for some of them as they are read at a border, and for strangers."""
    rng = Random(seed)
    codec, raw = Codec("protected-person"), Codec("protected-person", raw=True)
    index = RegistryIndex(raw.decode, codec.decode)
    pools = {half: [Pool(culture, half) for culture in CULTURES] for half in (HELD_OUT, None)}
    shares = [culture.share for culture in CULTURES]
    wanted: list[Any] = []
    for number in range(people):
        watched = number < events
        pool = rng.choices(pools[HELD_OUT if watched else None], shares)[0]
        person = pool.person(rng)
        citizenships = [OWN_CALENDAR[pool.culture.key]] if pool.culture.key in OWN_CALENDAR else []
        index.upsert(str(UUID(int=number)), codec.encode(_row(number, write(rng, person), citizenships)))
        if watched:
            wanted.append((number, person))
    hits: dict[str, list[bool]] = defaultdict(list)
    candidates: dict[str, list[int]] = defaultdict(list)
    spent, judged, judging = 0.0, 0, 0.0
    disturbances = list(NAMES.items())
    for number, person in wanted:
        dates = dates_of(person.culture)
        label, disturb = rng.choice(disturbances)
        date_label, shift = dates[0] if rng.random() < 0.7 else rng.choice(dates)
        read = disturb(rng, write(rng, person), person)
        traveller = _traveller(Written(read.surname, read.given, shift(rng, person.born)))
        started = time.perf_counter()
        slots = index.find(traveller)
        spent += time.perf_counter() - started
        for key in ("all", label, date_label, person.culture.key):
            hits[key].append(number in slots)
            candidates[key].append(len(slots))
        rows = [raw.decode(index._rows[slot] or b"") for slot in slots[:50]]
        started = time.perf_counter()
        for row in rows:
            could_be(traveller, row)
        judging += time.perf_counter() - started
        judged += len(rows)
    for _ in range(events):
        pool = rng.choices(pools[None], shares)[0]
        stranger = write(rng, pool.person(rng))
        slots = index.find(_traveller(Written(stranger.surname, stranger.given, birth_date(rng))))
        candidates["strangers of the same cultures"].append(len(slots))
    return Blocking(
        people,
        sum(1 if isinstance(held, int) else len(held) for held in index._names.values()) / people,
        {key: sum(found) / len(found) for key, found in hits.items()},
        {key: sum(counts) / len(counts) for key, counts in candidates.items()},
        max(candidates["all"]),
        spent / len(wanted) * 1e6,
        judging / max(judged, 1) * 1e6,
    )


def _row(number: int, written: Written, citizenships: list[str]) -> dict[str, Any]:
    return {
        "person_id": str(UUID(int=number)),
        "recorded_at": 1_700_000_000_000,
        "documents": [],
        "personal_numbers": [],
        "dossier_numbers": [],
        "names": [{"surname": written.surname, "given_names": written.given, "form": "PRINTED"}],
        "birth_dates": [written.born],
        "citizenships": citizenships,
        "sex": None,
        "protected_identity": False,
        "statuses": [],
        "permits": [],
        "naturalised_on": None,
    }


def _traveller(written: Written) -> dict[str, Any]:
    return {
        "documents": [],
        "personal_number": None,
        "dossier_number": None,
        "names": [{"surname": written.surname, "given_names": written.given, "form": "PRINTED"}],
        "birth_date": written.born,
        "citizenships": [],
        "sex": None,
    }


def rows_of(pairs: Sequence[Pair], by: Callable[[Pair], str]) -> dict[str, list[int]]:
    """Numbers of the pairs by a label, in the order in which the labels come."""
    rows: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        rows.setdefault(by(pair), []).append(number)
    return rows


def kinds(pairs: Sequence[Pair]) -> Counter[str]:
    """How many pairs of each culture."""
    return Counter(pair.culture for pair in pairs)
