"""`resesignal replay`: what should be there, examined anew; what is there; and the difference put right."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from consumers.completeness import Stretch
from consumers.kafka import Partition
from consumers.redriving import await_carried_out, order_spans
from consumers.replaying import Replay, replay
from consumers.source_events import Report
from deploy.commands.operator import NOTHING_WRITTEN, WRONG_USAGE, Operator, fail, operating, ordering, reading
from deploy.commands.replay_report import document, print_replay
from deploy.commands.rules_in_use import require_rules_of_matching
from deploy.screen import Console
from deploy.services import now
from deploy.start import INTERRUPTED
from matcher.rule_book import RuleBook, book_of, read_sources
from matcher.rules_faults import RuleSetError
from schemas.topics import STATUS_MATCHES

_DIFFERS = 1
_NOTHING_COMPARED = 4


def _moment(text: str) -> datetime:
    """A time as it is typed, or as the product prints it; UTC where no offset is said."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            "it must be a day or a time such as 2026-03-01, 2026-03-01T08:00 or 2026-03-01T09:00:00+01:00"
        ) from None
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        raise typer.BadParameter("in UTC it is outside of the years 1 to 9999; give a time within them") from None


def replay_command(
    start: Annotated[
        datetime,
        typer.Option(
            "--from",
            metavar="TIME",
            parser=_moment,
            help="Events that came in at this time or later, such as 2026-03-01 or 2026-03-01T08:00; UTC where no "
            "offset is given, as in 2026-03-01T09:00+01:00.",
        ),
    ],
    end: Annotated[
        datetime | None,
        typer.Option(
            "--to",
            metavar="TIME",
            parser=_moment,
            help="And before this time; up to the last one handled if not told.",
            show_default=False,
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            metavar="FILE",
            help="Compare with other rules: a folder, or one file, which then applies to all days whatever its "
            "applies_from. Needs --dry-run.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show the difference; write nothing.")] = False,
    again: Annotated[
        bool,
        typer.Option(
            "--again",
            help="Order all of the span, also where nothing differs: what was found is published once more, for "
            "matches that were lost behind matching.",
        ),
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="Name so many events of each kind of difference.")] = 0,
    timeout: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait at most so long until it is put right.")
    ] = 600.0,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Who orders it; the user of the operating system if not told. One with a personal number is refused.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")] = False,
) -> None:
    """Examine anew the events that came in a span of time, show the difference to what is there, and put it right.

    The same input gives the same bytes, so whatever differs is wrong. What should be there is computed from the \
sources, the registry of now and the rules of RESESIGNAL_RULES_FILE, as matching does; what is there are the digests \
that matching remembers of its matches. An event counts with its highest revision. Needs memory for the registry.

    \b
      same        as it should be
      missing     no match is there, and one should be
      extra       a match is there that is to be taken back
      different   a match is there, with other bytes
      forgotten   a correction or withdrawal, or who else the traveller could be, that is not remembered

    Not judged are events whose standing revision came before --from, or is refused today. What matching has not \
handled yet is left out, and told. Where the registry, a decision or the rules have changed and matching has still to \
look again (it does not run, or resesignal_reexamination_due_partitions is not 0), differences may go by themselves: \
that is told beside them.

    With --rules also the version differs that a match names, so with another set every match does. Those that differ \
by nothing else are counted apart, as version. What would change with other rules is told by: resesignal rules try

    Without --dry-run, where something differs, matching is ordered to look anew at the events from the first to the \
last one that differ in each partition, and the command waits until that is done and compares again. The orders \
stand when it is interrupted or matching does not run. With --again the order is for the whole span, and all that was \
found in it is published once more: for dead letters of the service candidates, whose matches would else be lost. What \
was taken in before changes nothing. matching reads its memory when it takes up a partition: what \
was changed beneath it while it ran is put right after a restart.

    \b
    Exit status
      0   no difference, or all put right
      1   differences remain
      2   wrong usage, or rules that matching does not run with
      3   Kafka did not answer
      4   nothing was compared: no record came in the span, or matching has handled none of it
      130 interrupted; nothing was written, or the orders stand

    Examples:

    \b
      resesignal replay --from 2026-03-01 --to 2026-04-01 --dry-run --show 5
      resesignal replay --from 2026-03-01
      resesignal replay --from 2026-03-01T08:00 --to 2026-03-01T09:00 --again
      resesignal replay --from 2026-03-01 --rules 2026-2.toml --dry-run
    """
    if end is not None and end <= start:
        raise typer.BadParameter("it must be later than --from", param_hint="--to")
    if rules is not None and not dry_run:
        raise typer.BadParameter(
            "needs --dry-run: what is there follows from the rules that matching runs with, and only adopting others "
            "changes it",
            param_hint="--rules",
        )
    if again and dry_run:
        raise typer.BadParameter("it orders something, and --dry-run orders nothing", param_hint="--again")
    name = ordering(by)
    with operating(interrupted=NOTHING_WRITTEN) as operator:
        book = _book(operator, rules)
        in_use = _loaded(operator.settings.rules_file) if rules is not None else None
        ids = operator.schema_ids([STATUS_MATCHES])

        def compare(report: Report) -> Replay:
            return replay(
                operator.scanner,
                book,
                _millis(start),
                _millis(end) if end is not None else None,
                in_use=in_use,
                show=show,
                resolve_id=operator.resolve_id,
                native=operator.settings.use_native(),
                schema_ids=ids,
                progress=report,
            )

        with reading() as report:
            before = compare(report)
        after = None
        if (before.differences or (again and before.handled)) and not dry_run:
            if not as_json:
                print_replay(Console(highlight=False), book, before)
            try:
                with reading() as report:
                    _put_right(operator, before.spans if again else before.stretches, name, timeout, report)
                    after = compare(report)
            except KeyboardInterrupt:
                fail("Interrupted. Orders that were given stand; matching carries them out when it runs.", INTERRUPTED)
    if as_json:
        typer.echo(document(book, before, after))
    else:
        print_replay(Console(highlight=False), book, after or before, put_right_from=before if after else None)
    raise typer.Exit(_status(after or before))


def _status(found: Replay) -> int:
    if not found.handled:
        return _NOTHING_COMPARED
    return _DIFFERS if found.differences else 0


def _loaded(rules: Path) -> RuleBook:
    try:
        return book_of(read_sources(rules))
    except RuleSetError as error:
        fail("\n".join(map(str, error.faults)), WRONG_USAGE)


def _book(operator: Operator, rules: Path | None) -> RuleBook:
    book = _loaded(rules or operator.settings.rules_file)
    if rules is not None:
        return book if rules.is_dir() else book.as_if_always()
    require_rules_of_matching(operator, book)
    return book


def _put_right(operator: Operator, spans: Mapping[Partition, Stretch], by: str, timeout: float, report: Report) -> None:
    ordered = order_spans(operator.clients, spans, by=by, now=now())
    what = "partitions looked at anew by matching"
    done = await_carried_out(operator.scanner, ordered, timeout, lambda count: report(what, count, len(ordered)))
    if not done:
        Console(stderr=True).print("matching has not done it in time; the orders stand.", style="yellow")


def _millis(moment: datetime) -> int:
    # Negative times mean something else to Kafka, and nothing came before 1970.
    return max(0, int(moment.timestamp() * 1000))
