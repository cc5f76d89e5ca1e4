"""What `resesignal reconcile` shows: outcomes that add up, partitions that can be told apart, and what to do."""

from __future__ import annotations

import pytest

from consumers.kafka import Partition
from consumers.reconcile import Reconciliation
from consumers.reconcile.result import Check, MatchBooks, PartitionBooks, QueueBooks
from deploy.commands.reconcile import _print
from matcher.memory import Outcome


def books(group: str, topic: str, number: int, outcomes: dict[str, int], lag: int = 0) -> PartitionBooks:
    total = sum(outcomes.values())
    return PartitionBooks(group, Partition(topic, number), 0, total, total, outcomes, Check.EVERY_OFFSET, lag, 0)


def shown(capsys: pytest.CaptureFixture[str], *of: PartitionBooks) -> str:
    _print(Reconciliation(of, (), MatchBooks(), QueueBooks(), ()))
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.mark.parametrize("group", ["matching", "candidates", "case-queue"])
def test_the_columns_add_up_to_what_was_consumed(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = {one.value: 10**at for at, one in enumerate(Outcome)}
    if group != "matching":
        outcomes = {one: count for one, count in outcomes.items() if one not in ("matched", "review")}
    (line,) = (
        line for line in shown(capsys, books(group, "some-topic", 3, outcomes)).splitlines() if "topic/3" in line
    )
    _, _, _, consumed, *counts, _to_do, _ = (cell.strip() for cell in line.strip("│").split("│"))
    numbers = [int(cell.replace(",", "")) for cell in counts]
    assert sum(numbers) == int(consumed.replace(",", "")) == sum(outcomes.values())


def test_a_decision_on_an_identity_is_shown_as_taken_in(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, books("matching", "identity-decisions", 2, {"taken-in": 5}))
    head, row = (next(line for line in text.splitlines() if word in line) for word in ("Consumed", "identity-"))
    at = [cell.strip() for cell in head.strip("┃").split("┃")].index("Taken-in")
    assert row.strip("│").split("│")[at].strip() == "5"


@pytest.mark.parametrize("width", ["80", "40"])
def test_a_partition_is_whole_on_a_narrow_screen(
    width: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    of = [books("matching", "border-crossings", number, {"matched": 1_234_567}) for number in range(3)]
    text = shown(capsys, *of)
    assert all(f"border-crossings/{number}" in text for number in range(3))
    assert "1,234,567" in text
    assert "…" not in text


def test_what_has_not_been_handled_is_told_by_service(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(
        capsys,
        books("matching", "border-crossings", 0, {"matched": 1}, lag=3),
        books("candidates", "status-matches", 0, {"taken-in": 1}),
    )
    assert "3 records have not been handled yet (matching: 3)." in text
    assert "See that these services run; then wait" in text
