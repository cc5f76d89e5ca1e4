"""How dead letters are shown: tables for people, JSON for scripts. Neither holds anything of a record's content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from rich.table import Column

from consumers.case_queue.refusals import Refusal
from consumers.dead_letters import Listed, advice, count_reasons
from consumers.redriving import Fate, Redriven, Source
from deploy.screen import Console, Table

_SOURCE = {
    Source.SAME: "The source holds the record as it was refused.",
    Source.CHANGED: "The source holds another record there; a redrive would be refused.",
    Source.GONE: "The source no longer holds the record; a redrive would be refused.",
}
_FATE = {
    Fate.ANSWERED: "taken in; the letter is answered",
    Fate.REFUSED: "refused again",
    Fate.WAITING: "ordered, not handled yet",
}


def list_json(listed: Sequence[Listed], refusals: Sequence[Refusal] | None) -> str:
    """`letters`, `by_reason` and, where asked for, `refused_by_queue`."""
    document: dict[str, Any] = {"letters": [_letter(one) for one in listed], "by_reason": count_reasons(listed)}
    if refusals is not None:
        document["refused_by_queue"] = [
            {
                "place": f"{one.topic}/{one.partition}/{one.offset}",
                "refused_at": one.refused_at,
                "reason": one.reason,
                "field": one.field,
                "sha256": one.sha256,
                "size": one.size,
                "advice": advice(one.reason),
            }
            for one in refusals
        ]
    return _json(document)


def show_json(one: Listed, source: Source) -> str:
    """One letter, with `source`: same, changed or gone."""
    return _json({**_letter(one), "source": source.value})


def redrive_json(found: Sequence[Redriven]) -> str:
    """`orders` with the fate of each, and their number by fate."""
    orders = [
        {
            "place": str(one.place),
            "order": str(one.order),
            "fate": one.fate.value,
            "reason": one.refusal.reason if one.refusal else None,
            "field": one.refusal.field if one.refusal else None,
            "advice": advice(one.refusal.reason) if one.refusal else None,
        }
        for one in found
    ]
    return _json({"orders": orders, **{fate.value: sum(one.fate is fate for one in found) for fate in Fate}})


def print_list(listed: Sequence[Listed], refusals: Sequence[Refusal] | None) -> None:
    """The letters, the counts, and what each reason means."""
    console = Console()
    if listed:
        table = Table("Place", "Reason", "Field", "Size", "Written", "Redriven", title="Dead letters")
        for one in listed:
            letter = one.letter
            tried = f"refused {len(one.attempts)}x, {one.attempts[-1].reason}" if one.attempts else ""
            time = letter.timestamp.strftime("%Y-%m-%d %H:%M:%SZ")
            table.add_row(str(one.place), letter.reason, letter.field or "", f"{letter.size:,}", time, tried)
        console.print(table)
        _print_counts(console, count_reasons(listed))
    else:
        console.print("No dead letters stand.")
    if refusals is None:
        return
    if not refusals:
        console.print("The case queue has refused nothing.")
        return
    table = Table("Place", "Reason", "Field", "Size", "Refused", title="Refused by the case queue")
    for row in refusals:
        place = f"{row.topic}/{row.partition}/{row.offset}"
        when = row.refused_at.strftime("%Y-%m-%d %H:%M:%SZ")
        table.add_row(place, row.reason, row.field or "", f"{row.size:,}", when)
    console.print(table)


def print_letter(one: Listed, source: Source) -> None:
    """All about one letter."""
    letter = one.letter
    table = Table("", Column("", overflow="fold"), show_header=False, title=str(one.place))
    for name, value in (
        ("Reason", letter.reason),
        ("Field", letter.field or "not told"),
        ("Advice", advice(letter.reason)),
        ("Record's time", letter.timestamp.isoformat()),
        ("Size", f"{letter.size:,} bytes"),
        ("SHA-256", letter.sha256),
        ("Refused by", f"{letter.service} {letter.version}"),
        ("Source", _SOURCE[source]),
        ("Redrive", one.redrivable.sentence),
    ):
        table.add_row(name, value)
    for attempt in one.attempts:
        when = attempt.timestamp.strftime("%Y-%m-%d %H:%M:%SZ")
        table.add_row("Redriven", f"{when}, refused again: {attempt.reason}")
    Console().print(table)


def print_plan(chosen: Sequence[Listed]) -> None:
    """What would be ordered."""
    table = Table("Place", "Reason", "Field", title="To be redriven")
    for one in chosen:
        table.add_row(str(one.place), one.letter.reason, one.letter.field or "")
    Console().print(table)


def print_fates(found: Sequence[Redriven]) -> None:
    """What became of each order."""
    console = Console()
    if not found:
        console.print("There is nothing to redrive.")
        return
    table = Table("Place", Column("What became of it", overflow="fold"), "Reason", "Order", title="Redriven")
    for one in found:
        reason = f"{one.refusal.reason} {one.refusal.field or ''}".strip() if one.refusal else ""
        style = None if one.fate is Fate.ANSWERED else "yellow" if one.fate is Fate.WAITING else "red"
        table.add_row(str(one.place), _FATE[one.fate], reason, str(one.order), style=style)
    console.print(table)
    for reason in sorted({one.refusal.reason for one in found if one.refusal}):
        console.print(f"{reason}: {advice(reason)}", highlight=False, markup=False, soft_wrap=True)
    if any(one.fate is Fate.WAITING for one in found):
        console.print("The orders stand; matching carries them out when it runs. See: resesignal dead-letters list")


def _print_counts(console: Console, counts: dict[str, int]) -> None:
    table = Table(
        "Number", "Reason", Column("What it means", overflow="fold"), title=f"{sum(counts.values())} by reason"
    )
    for reason, number in counts.items():
        table.add_row(str(number), reason, advice(reason))
    console.print(table)


def _letter(one: Listed) -> dict[str, Any]:
    letter = one.letter
    return {
        "place": str(one.place),
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "timestamp": letter.timestamp,
        "reason": letter.reason,
        "field": letter.field,
        "size": letter.size,
        "sha256": letter.sha256,
        "service": letter.service,
        "version": letter.version,
        "advice": advice(letter.reason),
        "redrivable": one.redrivable.value,
        "refused_redrives": [
            {
                "order": f"{attempt.topic}/{attempt.partition}/{attempt.offset}",
                "timestamp": attempt.timestamp,
                "reason": attempt.reason,
                "field": attempt.field,
            }
            for attempt in one.attempts
        ],
    }


def _json(document: dict[str, Any]) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode()
