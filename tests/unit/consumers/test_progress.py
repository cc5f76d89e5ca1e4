"""Counts that travel with the offset: what is committed is what was counted."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.progress import MAX_BYTES, Progress
from matcher.memory import Outcome
from tests.builders import LAWS

OUTCOMES = st.sampled_from([outcome.value for outcome in Outcome])


@LAWS
@given(st.integers(0, 2**40), st.lists(st.tuples(st.integers(1, 5), OUTCOMES), min_size=1, max_size=30))
def test_progress_comes_back_from_its_metadata_and_adds_up(first: int, records: list[tuple[int, str]]) -> None:
    progress, offset = Progress(), first
    for gap, outcome in records:
        progress.advance(offset, outcome)
        last, offset = offset, offset + gap  # transaction markers take offsets, too
    assert progress.first_offset == first
    assert progress.next_offset == last + 1
    assert progress.consumed == len(records) == sum(progress.outcomes.values())
    assert Progress.read(progress.next_offset, progress.metadata()) == progress
    for outcome in Outcome:
        assert progress.outcomes[outcome.value] == sum(1 for _, one in records if one == outcome.value)


def test_counting_goes_on_from_what_was_committed() -> None:
    progress = Progress()
    progress.advance(7, "matched")
    again = Progress.read(progress.next_offset, progress.metadata())
    again.advance(9, "no-person")
    assert (again.first_offset, again.next_offset, again.consumed) == (7, 10, 2)
    assert dict(again.outcomes) == {"matched": 1, "no-person": 1}


def test_the_metadata_fits_the_broker_with_every_outcome_at_its_greatest() -> None:
    progress = Progress(first_offset=2**62, next_offset=2**62, consumed=2**62)
    progress.outcomes.update({outcome.value: 2**62 for outcome in Outcome})
    assert len(progress.metadata().encode()) < MAX_BYTES // 4


def test_the_metadata_is_the_same_text_whatever_was_counted_first() -> None:
    one, other = Progress(), Progress()
    for progress, outcomes in ((one, ["matched", "review"]), (other, ["review", "matched"])):
        for offset, outcome in enumerate(outcomes):
            progress.advance(offset, outcome)
    assert one.metadata() == other.metadata()
    assert json.loads(one.metadata()) == {
        "v": 1,
        "first": 0,
        "consumed": 2,
        "outcomes": {"matched": 1, "review": 1},
    }


def test_an_outcome_that_did_not_occur_is_not_written() -> None:
    progress = Progress()
    progress.advance(0, "matched")
    assert progress.outcomes["review"] == 0
    assert json.loads(progress.metadata())["outcomes"] == {"matched": 1}


@pytest.mark.parametrize("offset", [-1, -1001])
@pytest.mark.parametrize("metadata", [None, "", "anything"])
def test_where_nothing_was_committed_counting_begins(offset: int, metadata: str | None) -> None:
    assert Progress.read(offset, metadata) == Progress()


@pytest.mark.parametrize(
    "metadata", [None, "", "{}", '{"v": 2, "first": 0, "consumed": 0, "outcomes": {}}', "rebalanced"]
)
def test_an_offset_that_something_else_committed_is_not_taken_for_ours(metadata: str | None) -> None:
    with pytest.raises(ValueError, match=r"counts|unexpected|invalid|expected"):
        Progress.read(5, metadata)


def test_markers_of_transactions_are_passed_over_and_not_counted() -> None:
    progress = Progress()
    assert progress.pass_to(3) is False  # nothing was handled yet, so nothing can be committed
    progress.advance(3, "matched")
    assert progress.pass_to(4) is False
    assert progress.pass_to(6) is True
    assert (progress.first_offset, progress.next_offset, progress.consumed) == (3, 6, 1)
    assert progress.pass_to(5) is False
    assert progress.next_offset == 6
