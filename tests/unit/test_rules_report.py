"""The Swedish text of `resesignal rules try`: one of a thing, and thousands, as they are written in Swedish."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

import pytest

from consumers.rules_trial import Tried
from deploy.commands.rules_report import print_trial
from deploy.screen import Console
from matcher.rules_trial import Effect, Line, TrialReport
from tests.builders import rules


def told(read: int, people: int) -> str:
    report = TrialReport(
        events=read,
        evidence=dict.fromkeys(Effect, 0),
        reviews=dict.fromkeys(Effect, 0),
        people=Line("people", read, 0, 0),
        rules=(),
        outcomes=(),
        shown={},
    )
    out = StringIO()
    tried = Tried(people=people, read=read, refused=0, nobody=0, superseded=0, withdrawn=0, report=report)
    print_trial(Console(file=out, width=200), rules(), rules(), datetime(2026, 11, 1, tzinfo=UTC), tried)
    return out.getvalue()


@pytest.mark.parametrize(
    ("read", "people", "says"),
    [
        (1, 1, "1 meddelande sedan 2026-11-01 00:00 UTC mot 1 person i registret. "),
        (0, 2, "0 meddelanden sedan 2026-11-01 00:00 UTC mot 2 personer i registret. "),
        (13500, 1300000, "13\xa0500 meddelanden sedan 2026-11-01 00:00 UTC mot 1\xa0300\xa0000 personer i registret. "),
    ],
)
def test_numbers_are_written_as_in_swedish(read: int, people: int, says: str) -> None:
    text = told(read, people)
    assert says in text
    assert f"som har prövats: {read:,}".replace(",", "\xa0") in text
    assert "," not in text.split("Underlag med säker identitet")[1]
