"""What `resesignal replay` says beside its table: what was not compared, and what is not wrong but only waits."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from consumers.replaying import Behind, Replay, State, TopicReplay
from deploy.commands.replay import _status
from deploy.commands.replay_report import print_replay
from deploy.screen import Console
from tests.builders import CROSSINGS, rules


def found(states: dict[State, int] | None = None, *, handled: int = 7, behind: Behind | None = None) -> Replay:
    topic = TopicReplay(CROSSINGS, states=Counter(states or {}))
    return Replay(1, (topic,), handled, behind or Behind(), {})


def told(result: Replay) -> list[str]:
    """The lines below the table."""
    out = io.StringIO()
    print_replay(Console(file=out, width=400), rules(), result)
    return out.getvalue().split("┘")[-1].strip().splitlines()


CASES = {
    "nothing differs": (found({State.SAME: 3}), 0, ["No difference."]),
    "something differs": (found({State.SAME: 3, State.MISSING: 1}), 1, ["1 difference."]),
    "nothing came": (
        found(handled=0),
        4,
        ["Nothing was compared: no record came in this span; see that --from and --to are right."],
    ),
    "nothing was handled": (
        found(handled=0, behind=Behind(events=2)),
        4,
        [
            "Nothing was compared: matching has handled no record of this span yet.",
            "matching has still to look at 2 records of this span, which are left out here: see that it runs, wait, "
            "and compare again.",
        ],
    ),
    "it may only wait": (
        found({State.EXTRA: 2}, behind=Behind(decisions=1, registry=5, ordered=1)),
        1,
        [
            "2 differences.",
            "Some or all may only wait for matching to look again: it has not noted 1 decision on identities, it has "
            "not noted up to 5 records of the registry, 1 partition with an order to look anew. See that it runs and "
            "wait; what differs then still is wrong.",
        ],
    ),
    "without a difference nothing waits": (found({State.SAME: 1}, behind=Behind(registry=5)), 0, ["No difference."]),
    "only the version": (
        found({State.VERSION: 3, State.MISSING: 1}),
        1,
        ["4 differences, 3 of them only in the version of the rules that is named."],
    ),
}


@pytest.mark.parametrize(("result", "status", "lines"), CASES.values(), ids=CASES)
def test_the_result_is_told_with_what_bounds_it(result: Replay, status: int, lines: list[str]) -> None:
    assert _status(result) == status
    assert told(result) == lines


def test_an_order_of_all_of_a_span_is_told_as_such() -> None:
    out = io.StringIO()
    same = found({State.SAME: 3})
    print_replay(Console(file=out, width=400), rules(), same, put_right_from=same)
    assert out.getvalue().split("┘")[-1].strip().splitlines() == [
        "All that holds in the span was ordered to be said once more.",
        "No difference.",
    ]
