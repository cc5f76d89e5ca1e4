"""`resesignal identity`: matches by identity, and what a person decides about who the traveller is."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from consumers.deciding import Match, MatchUnknown, MaybeWritten, await_honoured, read_matches, write_decision
from consumers.decision_texts import TextUnfit, check_text
from deploy.commands import identity_report as report
from deploy.commands.identity_report import Outcome
from deploy.commands.operator import WRONG_USAGE, Operator, fail, operating, reading
from deploy.screen import tell
from deploy.start import INTERRUPTED
from schemas.checks import MAX_REASON
from schemas.reasons import Refused
from schemas.records import IdentityDecision, IdentityVerdict

_NOT_YET = 4
_MAYBE = 5

app = typer.Typer(
    name="identity",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="""Decide whether a traveller is the person in the registry: a human does, and matching honours it.

A possible match that is confirmed becomes evidence; any match that is rejected is taken back. Both hold whatever comes
after: registry rows, rules, restarts; but a corrected event must be confirmed again. A decision is about one event and
one person. It can be replaced by another, or taken back; all of them are kept.

[bold]Exit status[/]
\b
  0   done
  2   wrong usage, no such match, or a text that may not be kept
  3   Kafka did not answer
  4   decide: written, and not honoured within --wait or before Ctrl-C;
      it will be, once matching runs: the same again only waits
  5   decide: it may be written; Kafka did not say, in time or before Ctrl-C
  130 Ctrl-C, and nothing is written
""",
)

_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of a table.")]


@app.command("list")
def list_command(
    decided: Annotated[bool, typer.Option("--decided", help="Matches that somebody has decided about.")] = False,
    as_json: _Json = False,
) -> None:
    """List possible matches that wait for a decision, or those decided about. Shows ids and no personal data.

    Example: resesignal identity list --decided
    """
    with operating() as operator, reading() as progress:
        matches = read_matches(operator.scanner, operator.resolve_id, progress)
    chosen = report.decided(matches) if decided else report.waiting(matches)
    if as_json:
        typer.echo(report.list_json(chosen))
    else:
        report.print_list(chosen, decided=decided)


@app.command("show")
def show_command(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="Id of the match, or how it begins, as on its page.")],
    as_json: _Json = False,
) -> None:
    """Show one match and everything that was decided about it: what, by whom, when and why.

    Example: resesignal identity show 1f0c9a3e
    """
    with operating() as operator:
        known = _known(operator, match)
    if as_json:
        typer.echo(report.show_json(known))
    else:
        report.print_match(known)


@app.command("decide")
def decide_command(
    match: Annotated[str, typer.Argument(metavar="MATCH", help="Id of the match, or how it begins, as on its page.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides: a person's user name.")],
    reason: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Why, in one line without names or numbers: it is kept for good, and one with a personal number is "
            "refused. Without this option it is asked for; with - it is read from standard input, and stands in no "
            "list of processes.",
        ),
    ] = None,
    revision: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="NUMBER",
            help="Revision of the event that was examined, as its page shows; refused where another is matched now.",
        ),
    ] = None,
    same: Annotated[bool, typer.Option("--same", help="The traveller is the person.")] = False,
    not_same: Annotated[bool, typer.Option("--not-same", help="The traveller is not the person.")] = False,
    undecided: Annotated[bool, typer.Option("--undecided", help="Take back what was decided before.")] = False,
    wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Wait at most so long until matching honours it.")
    ] = 30.0,
    as_json: _Json = False,
) -> None:
    """Decide about one match, in the name of a person who has examined it.

    Where the match has a decision, it is shown, and the new one replaces it; where the same person has decided the
    same, nothing is written. Ctrl-C before the decision is written leaves all as it is; later it ends only the waiting.

    Example: resesignal identity decide 1f0c9a3e --not-same --by handlaggare.ett --reason "Another date of birth"
    """
    verdicts = {
        IdentityVerdict.SAME_PERSON: same,
        IdentityVerdict.NOT_SAME_PERSON: not_same,
        IdentityVerdict.UNDECIDED: undecided,
    }
    chosen = [verdict for verdict, told in verdicts.items() if told]
    if len(chosen) != 1:
        raise typer.BadParameter("say --same, --not-same or --undecided: one of the three")
    by = _fit("--by", by)
    why = _told(reason)
    try:
        with operating() as operator:
            outcome = _decide(operator, match, chosen[0], by, why, revision, wait)
    except (KeyboardInterrupt, typer.Abort):
        outcome = Outcome(written=False, interrupted=True)
    report.say(outcome, as_json=as_json)
    raise typer.Exit(_status(outcome))


def _decide(
    operator: Operator,
    match: str,
    verdict: IdentityVerdict,
    by: str,
    why: str | None,
    revision: int | None,
    wait: float,
) -> Outcome:
    """Decide about a match, and wait. Where nothing is written, Ctrl-C raises KeyboardInterrupt or Abort."""
    known = _known(operator, match)
    if revision not in (None, known.revision):
        fail(f"The match is of revision {known.revision} of the event now: examine that one first.", WRONG_USAGE)
    written = known.standing(verdict, by)
    outcome = Outcome(written.decision, written=False) if written else None
    try:
        if written is None:
            report.tell_what_is_replaced(known)
            decision = IdentityDecision(
                match_id=known.match_id,
                event_id=known.event_id,
                person_id=known.person_id,
                revision=known.revision,
                verdict=verdict,
                decided_by=by,
                reason=_asked() if why is None else why,
                decided_at=datetime.now(UTC),
            )
            with _held_back() as interrupt:
                try:
                    written = write_decision(operator.clients, decision, interrupt.is_set)
                except MaybeWritten as error:
                    return Outcome(decision, None, known.decision, interrupted=interrupt.is_set(), unsure=str(error))
                outcome = Outcome(decision, True, known.decision)
            if interrupt.is_set():
                raise KeyboardInterrupt
        with Console(stderr=True).status("Waiting for matching; Ctrl-C ends only the waiting"):
            honoured = await_honoured(operator.scanner, written, wait)
    except Refused as refusal:
        fail(f"{refusal.field}: {refusal.reason.advice}", WRONG_USAGE)
    except KeyboardInterrupt:
        if outcome is None:
            raise
        return replace(outcome, interrupted=True)
    assert outcome is not None  # noqa: S101 - it stood, or was written
    return replace(outcome, honoured=honoured)


def _known(operator: Operator, match: str) -> Match:
    try:
        with reading() as progress:
            return read_matches(operator.scanner, operator.resolve_id, progress).named(match)
    except MatchUnknown as error:
        fail(str(error), WRONG_USAGE)


def _status(outcome: Outcome) -> int:
    if outcome.decision is None:
        return INTERRUPTED
    if outcome.written is None:
        return _MAYBE
    return 0 if outcome.honoured else _NOT_YET


@contextmanager
def _held_back() -> Iterator[threading.Event]:
    """Ctrl-C is noted, and interrupts nothing: what was given to Kafka cannot be called back, only waited for."""
    noted = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: noted.set())
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


def _told(reason: str | None) -> str | None:
    """The reason as it was given or piped in; None where it is to be asked for."""
    if reason is None:
        if not sys.stdin.isatty():
            raise typer.BadParameter("say why: --reason TEXT, or --reason - to read it from standard input")
        return None
    return _fit("--reason", sys.stdin.read(2 * MAX_REASON) if reason == "-" else reason)


def _asked() -> str:
    """The reason, asked for at the terminal until it is one that may stand."""
    while True:
        try:
            return _checked(str(typer.prompt("Why (kept for good: no names, no personal numbers)", err=True)))
        except TextUnfit as error:
            tell(f"Not so: {error}.", "red")


def _fit(option: str, text: str) -> str:
    try:
        return _checked(text)
    except TextUnfit as error:
        raise typer.BadParameter(f"{option}: {error}.") from None


def _checked(text: str) -> str:
    text = text.strip()
    check_text(text)
    return text
