"""How matches and decisions are shown: tables for people, JSON for scripts. Ids, levels and times; no personal data."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from rich.markup import escape
from rich.table import Column

from consumers.deciding import SHORTEST, Match, Matches
from deploy.screen import Console, Table
from schemas.records import FeatureResult, IdentityDecision, IdentityLevel, IdentityVerdict

_VERDICT = {
    IdentityVerdict.SAME_PERSON: "the same person",
    IdentityVerdict.NOT_SAME_PERSON: "not the same person",
    IdentityVerdict.UNDECIDED: "taken back",
}

# docs/identity.md has the features.
_OTHER_KEY = "other-key"
_OF_OTHER_KEY = (
    f"{_OTHER_KEY}: a document or number that was read is somebody else's in the registry, so the person is only "
    "possible, whatever agrees."
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of deciding.

    Attributes:
        decision: that was to be written, or stood already; None where it did not come so far.
        written: whether this command wrote it; None where that is not known.
        replaced: the decision that held before.
        honoured: whether matching is known to have compared all events that are still held with it.
        interrupted: whether Ctrl-C came.
        unsure: where it is not known, the sentence that says so.
    """

    decision: IdentityDecision | None = None
    written: bool | None = False
    replaced: IdentityDecision | None = None
    honoured: bool = False
    interrupted: bool = False
    unsure: str = ""


def waiting(matches: Matches) -> list[Match]:
    """Possible matches, by the time of the event; of one that was decided about, `matching` has yet to hear, or two
    decisions contradict each other."""
    found = [
        match
        for match in matches.held.values()
        if match.finding is not None and match.finding.identity is IdentityLevel.POSSIBLE
    ]
    return sorted(found, key=lambda match: (_occurred(match), match.match_id))


def decided(matches: Matches) -> list[Match]:
    """Matches that somebody has decided about, the newest decision first."""
    found = [match for match in matches.held.values() if match.decision is not None]
    return sorted(found, key=lambda match: (_decided(match), match.match_id), reverse=True)


def list_json(chosen: Sequence[Match]) -> str:
    """`matches`, each with its ids, what was found and what was decided."""
    return _json({"matches": [_match(match) for match in chosen]})


def show_json(match: Match) -> str:
    """The match, and all decisions about it, the oldest first."""
    return _json({**_match(match), "decisions": [_decision(one) for one in match.decisions]})


def print_match(match: Match) -> None:
    """The match, and a table of all decisions about it."""
    console = Console(highlight=False)
    console.print(
        f"Match {match.match_id}: event {match.event_id} in revision {match.revision}, person {match.person_id}."
    )
    if match.finding is None:
        console.print("It does not hold now.")
    else:
        agrees, disagrees = _features(match, FeatureResult.AGREE), _features(match, FeatureResult.DISAGREE)
        console.print(
            f"{match.finding.identity.value.capitalize()}, {match.finding.source} of {_occurred(match):%Y-%m-%d}. "
            f"Agrees: {', '.join(agrees) or 'nothing'}. Disagrees: {', '.join(disagrees) or 'nothing'}."
        )
        if _OTHER_KEY in disagrees:
            console.print(_OF_OTHER_KEY, soft_wrap=True)
    if not match.decisions:
        console.print("Nobody has decided about it.")
        return
    table = Table("When", "Decided", "Of revision", "By", Column("Reason", overflow="fold"))
    for one in match.decisions:
        table.add_row(
            f"{one.decided_at:%Y-%m-%d %H:%M:%SZ}",
            _VERDICT[one.verdict],
            str(one.revision),
            _plain(one.decided_by),
            _plain(one.reason),
        )
    console.print(table)


def print_list(chosen: Sequence[Match], *, decided: bool) -> None:
    """The matches in a table."""
    console = Console()
    if not chosen:
        console.print("Nothing was decided so far." if decided else "No possible match waits for a decision.")
        return
    if decided:
        table = Table("Match", "Decided", "By", "When", "Found now", title="Decided")
        for match in chosen:
            assert match.decision is not None  # noqa: S101 - chosen so
            level = match.finding.identity.value.lower() if match.finding else "nothing"
            table.add_row(
                str(match.match_id)[:SHORTEST],
                _VERDICT[match.decision.verdict],
                _plain(match.decision.decided_by),
                f"{match.decision.decided_at:%Y-%m-%d %H:%M:%SZ}",
                level,
            )
    else:
        agreeing, disagreeing = Column("Agrees", overflow="fold"), Column("Disagrees", overflow="fold")
        table = Table("Match", "Source", "Event", agreeing, disagreeing, "Decided", title="Possible matches")
        for match in chosen:
            source = match.finding.source if match.finding else ""
            agrees, disagrees = (
                ", ".join(_features(match, one)) for one in (FeatureResult.AGREE, FeatureResult.DISAGREE)
            )
            verdict = _VERDICT[match.decision.verdict] if match.decision else ""
            table.add_row(
                str(match.match_id)[:SHORTEST], source, f"{_occurred(match):%Y-%m-%d}", agrees, disagrees, verdict
            )
    console.print(table)
    if not decided:
        _print_legend(chosen)


def _print_legend(waiting: Sequence[Match]) -> None:
    """What in the table needs a word: a feature that compares nothing, and people of whom only one can be right."""
    console = Console(highlight=False)
    if any(_OTHER_KEY in _features(match, FeatureResult.DISAGREE) for match in waiting):
        console.print(_OF_OTHER_KEY, soft_wrap=True)
    of_event: dict[UUID, list[str]] = {}
    for match in waiting:
        of_event.setdefault(match.event_id, []).append(str(match.match_id)[:SHORTEST])
    for matches in of_event.values():
        if len(matches) > 1:
            names = f"{', '.join(matches[:-1])} and {matches[-1]}"
            console.print(f"{names} are of one event: its traveller is one of these people at most.", soft_wrap=True)


def tell_what_is_replaced(match: Match) -> None:
    """On stderr, before anything is written: the decision that a new one replaces."""
    if match.decision is None:
        return
    Console(stderr=True, highlight=False).print(
        f"The match has a decision: {_in_words(match.decision)}. Reason: {_plain(match.decision.reason)}\n"
        "A new one replaces it; both are kept.",
        style="yellow",
        soft_wrap=True,
    )


def say(outcome: Outcome, *, as_json: bool) -> None:
    """What was decided, whether it is written and whether it is in effect."""
    if as_json:
        sys.stdout.write(_outcome_json(outcome) + "\n")
        return
    console = Console(highlight=False)
    decision = outcome.decision
    if decision is None:
        console.print("Interrupted: nothing was written.", style="yellow")
        return
    if outcome.written is None:
        console.print(outcome.unsure, style="yellow", soft_wrap=True)
        return
    if outcome.written:
        console.print(
            f"Match {decision.match_id}: {_VERDICT[decision.verdict]}, decided by {_plain(decision.decided_by)}."
        )
    else:
        console.print(
            f"Match {decision.match_id} has this decision already: {_in_words(decision)}. Nothing was written.",
            soft_wrap=True,
        )
    if outcome.honoured:
        console.print("Matching has compared all events that are still held with it.")
    elif outcome.interrupted:
        console.print(
            "The decision is written; only the waiting was interrupted. Matching honours it once it runs: see "
            f"resesignal identity show {str(decision.match_id)[:SHORTEST]}",
            style="yellow",
            soft_wrap=True,
        )
    else:
        console.print(
            "It is written; matching has not yet looked at all events. It will, once it runs.", style="yellow"
        )


def _outcome_json(outcome: Outcome) -> str:
    decision = outcome.decision
    about: dict[str, Any] = {}
    if decision is not None:
        about = {
            "match_id": decision.match_id,
            "event_id": decision.event_id,
            "person_id": decision.person_id,
            **_decision(decision),
        }
    return _json(
        {
            **about,
            "written": outcome.written,
            "replaced": _decision(outcome.replaced) if outcome.replaced else None,
            "honoured": outcome.honoured,
            "interrupted": outcome.interrupted,
        }
    )


def _in_words(decision: IdentityDecision) -> str:
    return (
        f"{_VERDICT[decision.verdict]}, by {_plain(decision.decided_by)}, {decision.decided_at:%Y-%m-%d %H:%M:%SZ}, "
        f"of revision {decision.revision}"
    )


def _match(match: Match) -> dict[str, Any]:
    finding, decision = match.finding, match.decision
    return {
        "match_id": match.match_id,
        "event_id": match.event_id,
        "person_id": match.person_id,
        "revision": match.revision,
        "source": finding.source if finding else None,
        "occurred_at": finding.occurred_at if finding else None,
        "identity": finding.identity.value if finding else None,
        "agree": _features(match, FeatureResult.AGREE),
        "disagree": _features(match, FeatureResult.DISAGREE),
        "verdict": decision.verdict.value if decision else None,
        "decided_by": decision.decided_by if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }


def _plain(text: str) -> str:
    """Text that was typed by somebody, without markup and signs that a terminal would obey."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))


def _decision(decision: IdentityDecision) -> dict[str, Any]:
    return {
        "verdict": decision.verdict.value,
        "revision": decision.revision,
        "decided_by": decision.decided_by,
        "decided_at": decision.decided_at,
        "reason": decision.reason,
    }


def _features(match: Match, result: FeatureResult) -> list[str]:
    return [one.name for one in match.finding.features if one.result is result] if match.finding else []


def _occurred(match: Match) -> datetime:
    return match.finding.occurred_at if match.finding else datetime.min.replace(tzinfo=UTC)


def _decided(match: Match) -> datetime:
    return match.decision.decided_at if match.decision else datetime.min.replace(tzinfo=UTC)


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
