"""How matches and decisions are shown: tables for people, JSON for scripts. Ids, levels and times; no personal data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from consumers.deciding import SHORTEST, Match, Matches, Written
from schemas.records import FeatureResult, IdentityLevel, IdentityVerdict

_VERDICT = {
    IdentityVerdict.SAME_PERSON: "the same person",
    IdentityVerdict.NOT_SAME_PERSON: "not the same person",
    IdentityVerdict.UNDECIDED: "taken back",
}


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


def decided_json(written: Written, *, honoured: bool) -> str:
    """The decision, and whether matching has compared all events that are still held with it."""
    decision = written.decision
    return _json(
        {
            "match_id": decision.match_id,
            "event_id": decision.event_id,
            "person_id": decision.person_id,
            "verdict": decision.verdict.value,
            "decided_by": decision.decided_by,
            "decided_at": decision.decided_at,
            "honoured": honoured,
        }
    )


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
                escape(match.decision.decided_by),
                f"{match.decision.decided_at:%Y-%m-%d %H:%M:%SZ}",
                level,
            )
    else:
        table = Table("Match", "Source", "Event", "Agrees", "Disagrees", "Decided", title="Possible matches")
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


def print_decided(written: Written, *, honoured: bool) -> None:
    """What was decided, and whether it is in effect."""
    decision = written.decision
    console = Console(highlight=False)
    by = escape(decision.decided_by)
    console.print(f"Match {decision.match_id}: {_VERDICT[decision.verdict]}, decided by {by}.")
    if honoured:
        console.print("Matching has compared all events that are still held with it.")
    else:
        console.print(
            "It is written; matching has not yet looked at all events. It will, once it runs.", style="yellow"
        )


def _match(match: Match) -> dict[str, Any]:
    finding, decision = match.finding, match.decision
    return {
        "match_id": match.match_id,
        "event_id": match.event_id,
        "person_id": match.person_id,
        "source": finding.source if finding else None,
        "occurred_at": finding.occurred_at if finding else None,
        "identity": finding.identity.value if finding else None,
        "agree": _features(match, FeatureResult.AGREE),
        "disagree": _features(match, FeatureResult.DISAGREE),
        "verdict": decision.verdict.value if decision else None,
        "decided_by": decision.decided_by if decision else None,
        "decided_at": decision.decided_at if decision else None,
    }


def _features(match: Match, result: FeatureResult) -> list[str]:
    return [one.name for one in match.finding.features if one.result is result] if match.finding else []


def _occurred(match: Match) -> datetime:
    return match.finding.occurred_at if match.finding else datetime.min.replace(tzinfo=UTC)


def _decided(match: Match) -> datetime:
    return match.decision.decided_at if match.decision else datetime.min.replace(tzinfo=UTC)


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
