"""What `resesignal replay` shows: counts and event ids, nothing of a person."""

from __future__ import annotations

from typing import Any

import orjson
from rich.console import Console

from consumers.replaying import Replay, State, TopicReplay
from deploy.screen import Table
from matcher.rule_book import RuleBook


def print_replay(console: Console, book: RuleBook, found: Replay, *, put_right_from: Replay | None = None) -> None:
    """The difference as a table, and what it was before where it was put right."""
    title = f"Examined anew with rules {book.version} against {found.people:,} people"
    table = Table("Source", "Read", "Refused", "Nobody", "Events", "Not judged", *map(str.title, State), title=title)
    for one in found.topics:
        counts = (one.read, one.refused, one.nobody, one.events, one.unjudged, *(one.states[state] for state in State))
        table.add_row(one.topic, *(f"{count:,}" for count in counts))
    console.print(table)
    for one in found.topics:
        for state, events in one.shown.items():
            for event_id in events:
                console.print(f"{state.value}: {one.topic} {event_id}", soft_wrap=True)
    if put_right_from is not None:
        right = max(0, put_right_from.differences - found.differences)
        console.print(f"Put right: {right:,} of {put_right_from.differences:,} differences.")
    if found.differences:
        console.print(f"{found.differences:,} differences.", style="red")
    else:
        console.print("No difference.", style="green")


def document(book: RuleBook, before: Replay, after: Replay | None) -> bytes:
    """The same as one JSON document; `after` is null where nothing was to be put right or with --dry-run."""
    told = {
        "rules": {"version": book.version, "digest": book.digest},
        "before": _replay(before),
        "after": _replay(after) if after is not None else None,
    }
    return orjson.dumps(told, option=orjson.OPT_INDENT_2)


def _replay(found: Replay) -> dict[str, Any]:
    return {
        "registry_people": found.people,
        "differences": found.differences,
        "topics": {one.topic: _topic(one) for one in found.topics},
    }


def _topic(one: TopicReplay) -> dict[str, Any]:
    return {
        "records": {"read": one.read, "refused": one.refused, "nobody": one.nobody},
        "events": {"judged": one.events, "not_judged": one.unjudged},
        "matches": {state.value: one.states[state] for state in State},
        "shown": {state.value: events for state, events in one.shown.items()},
    }
