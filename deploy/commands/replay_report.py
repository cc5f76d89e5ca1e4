"""What `resesignal replay` shows: counts and event ids, nothing of a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson
from rich.console import Console
from rich.text import Text

from consumers.replaying import Behind, Replay, State, TopicReplay
from deploy.screen import Table
from matcher.rule_book import RuleBook


def print_replay(console: Console, book: RuleBook, found: Replay, *, put_right_from: Replay | None = None) -> None:
    """The difference as a table, and what it was before where it was put right."""
    title = f"Examined anew with rules {book.version} against {found.people:,} people"
    # Only with other rules a match can differ by no more than their version.
    states = [state for state in State if state is not State.VERSION or any(one.states[state] for one in found.topics)]
    table = Table("Source", "Read", "Refused", "Nobody", "Events", "Not judged", *map(str.title, states), title=title)
    for one in found.topics:
        counts = (one.read, one.refused, one.nobody, one.events, one.unjudged, *(one.states[state] for state in states))
        table.add_row(one.topic, *(f"{count:,}" for count in counts))
    console.print(table)
    for one in found.topics:
        for state, events in one.shown.items():
            for event_id in events:
                console.print(f"{state.value}: {one.topic} {event_id}", soft_wrap=True)
    if put_right_from is not None and not put_right_from.differences:
        console.print("All that holds in the span was ordered to be said once more.")
    elif put_right_from is not None:
        right = max(0, put_right_from.differences - found.differences)
        console.print(f"Put right: {right:,} of {put_right_from.differences:,} differences.")
    console.print(_verdict(found))
    for sentence in _still_to_do(found):
        console.print(sentence, style="yellow", soft_wrap=True)


def _verdict(found: Replay) -> Text:
    if not found.handled:
        why = (
            "matching has handled no record of this span yet"
            if found.behind.events
            else "no record came in this span; see that --from and --to are right"
        )
        return Text(f"Nothing was compared: {why}.", style="yellow")
    if not found.differences:
        return Text("No difference.", style="green")
    version = sum(one.states[State.VERSION] for one in found.topics)
    only = f", {version:,} of them only in the version of the rules that is named" if version else ""
    return Text(f"{_number(found.differences, 'difference')}{only}.", style="red")


def _still_to_do(found: Replay) -> Iterator[str]:
    behind = found.behind
    if behind.events:
        yield (
            f"matching has still to look at {_number(behind.events, 'record')} of this span, which are left out here: "
            "see that it runs, wait, and compare again."
        )
    if found.differences and behind.looks_again:
        yield (
            f"Some or all may only wait for matching to look again: {_again(behind)}. See that it runs and wait; what "
            "differs then still is wrong."
        )


def _again(behind: Behind) -> str:
    parts = (
        (behind.decisions, f"it has not noted {_number(behind.decisions, 'decision')} on identities"),
        (behind.registry, f"it has not noted up to {_number(behind.registry, 'record')} of the registry"),
        (behind.ordered, f"{_number(behind.ordered, 'partition')} with an order to look anew"),
    )
    return ", ".join(sentence for count, sentence in parts if count)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


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
        "handled": found.handled,
        "behind": asdict(found.behind),
        "topics": {one.topic: _topic(one) for one in found.topics},
    }


def _topic(one: TopicReplay) -> dict[str, Any]:
    return {
        "records": {"read": one.read, "refused": one.refused, "nobody": one.nobody},
        "events": {"judged": one.events, "not_judged": one.unjudged},
        "matches": {state.value: one.states[state] for state in State},
        "shown": {state.value: events for state, events in one.shown.items()},
    }
