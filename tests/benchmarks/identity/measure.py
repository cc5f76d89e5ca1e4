"""The matcher, the baseline and nomenklatura's logic-v2 on the same pairs, and the figures that follow."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import fuzz

from matcher.birth_dates import UNRELATED, compare_dates
from matcher.names.compare import compare_names
from tests.benchmarks.identity.pairs import Pair
from tests.benchmarks.locked import Locked, environment

Score = Callable[[Pair], float]
PEER = Locked(
    "nomenklatura",
    Path(__file__).with_name("nomenklatura.lock"),
    build_tools=("setuptools",),
    needs="a C++ compiler, pkg-config and the headers of ICU, for PyICU has no wheels (on Debian: g++ pkg-config "
    "libicu-dev)",
)
_PROGRAM = Path(__file__).with_name("peer.py")


def names_by_matcher(pair: Pair) -> float:
    """The matcher's agreement of two names."""
    seen = pair.seen
    return max(compare_names(seen.surname, seen.given, known.surname, known.given).agreement for known in pair.names)


def people_by_matcher(pair: Pair) -> float:
    """The matcher's bits of name and birth date, where the name agrees at all and the dates are not unrelated.

    As `matcher.identity` has it: otherwise, without a strong key, the two are never one person, whatever the sum.
    """
    seen = pair.seen
    compared = [compare_names(seen.surname, seen.given, known.surname, known.given) for known in pair.names]
    agrees, bits = max((one.agrees, one.bits) for one in compared)
    born = compare_dates(seen.born, (pair.known.born,))
    return bits + born.bits if agrees and born.bits != UNRELATED else bits + born.bits - 30


def names_by_baseline(pair: Pair) -> float:
    """RapidFuzz's token sort ratio."""
    return max(fuzz.token_sort_ratio(pair.seen.whole.lower(), known.whole.lower()) for known in pair.names)


def people_by_baseline(pair: Pair) -> float:
    """Token sort ratio, and 100 more for the same birth date, 50 for the same year."""
    seen, known = pair.seen.born, pair.known.born
    return names_by_baseline(pair) + (100 if seen == known else 50 if seen[:4] == known[:4] else 0)


def by_peer(python: str, pairs: Sequence[Pair], *, dates: bool) -> list[float]:
    """Scores of logic-v2, computed by the interpreter that has nomenklatura. Raises CalledProcessError."""
    lines = [
        json.dumps(
            [
                [[pair.seen.whole], pair.seen.born if dates else ""],
                [[known.whole for known in pair.names], pair.known.born if dates else ""],
            ]
        )
        for pair in pairs
    ]
    done = subprocess.run(
        [python, str(_PROGRAM)],
        input="\n".join(lines),
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
        env=environment(),
    )
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


def rows_of(pairs: Sequence[Pair], by: Callable[[Pair], str]) -> dict[str, list[int]]:
    """Numbers of the pairs by a label, in the order in which the labels come."""
    rows: dict[str, list[int]] = {}
    for number, pair in enumerate(pairs):
        rows.setdefault(by(pair), []).append(number)
    return rows
