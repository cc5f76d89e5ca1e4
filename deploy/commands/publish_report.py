"""What `resesignal publish` tells: progress, refused lines, a summary. Never anything of an event's content."""

from __future__ import annotations

import os
import stat
import sys
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

import orjson
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from producers.feeding import Tally
from producers.jsonl import Line, LineReader
from producers.publisher import Publisher
from producers.register_feed import Register
from schemas.reasons import Refused
from schemas.topics import Topic

# So many refused lines are shown one by one; all of them are in the rejects file and in --json.
_SHOWN = 20


class Report:
    """Progress and outcome of publishing to one topic.

    Args:
        topic: where to.
        spool: the topic's spool, named where something is left in it.
        as_json: refused lines and summary as JSON Lines on stdout.
    """

    def __init__(self, topic: Topic, spool: Path, *, as_json: bool) -> None:
        self.tally = Tally()
        self.publisher: Publisher | None = None
        self.register: Register | None = None
        self.removals: Counter[str] = Counter()
        self._topic = topic
        self._spool = spool
        self._as_json = as_json
        self._console = Console(stderr=True, highlight=False)
        self._reader: LineReader | None = None
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[counts]}"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task(topic.name, total=None, counts="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def reads(self, reader: LineReader, handle: int) -> None:
        """The input; its size, where it is a file, makes the bar."""
        self._reader = reader
        facts = os.fstat(handle)
        if stat.S_ISREG(facts.st_mode):
            self._progress.update(self._task, total=facts.st_size)

    def step(self) -> None:
        """Show how far it is."""
        if self._progress.disable:
            return
        task = self._progress.tasks[0]
        seconds = max(task.elapsed or 0.0, 0.001)
        self._progress.update(
            self._task,
            completed=self._reader.bytes_read if self._reader else 0,
            counts=f"{self.tally.accepted:,} accepted  {self.tally.refused:,} refused  {self._delivered:,} delivered"
            f"  {self._delivered / seconds:,.0f}/s",
        )

    def refused(self, line: Line, refusal: Refused) -> None:
        """Tell of one refused line."""
        if self._as_json:
            told = {"type": "refused", "line": line.number, "reason": refusal.reason.value, "field": refusal.field}
            sys.stdout.buffer.write(orjson.dumps(told) + b"\n")
        elif self.tally.refused <= _SHOWN:
            where = f" in {refusal.field}" if refusal.field else ""
            self._say(f"line {line.number}: {refusal.reason.value}{where}. {refusal.reason.advice}")
        elif self.tally.refused == _SHOWN + 1:
            self._say("further refused lines are only counted here; --rejects and --json name them all")

    def finish(self, status: int, problem: str | None) -> None:
        """Tell what came of it all."""
        self._progress.stop()
        if self._as_json:
            sys.stdout.buffer.write(orjson.dumps(self._summary(status, problem)) + b"\n")
            sys.stdout.buffer.flush()
        for sentence in self._sentences(problem):
            self._say(sentence)

    @property
    def _delivered(self) -> int:
        return self.publisher.delivered if self.publisher else 0

    @property
    def _waiting(self) -> int:
        return self.publisher.waiting if self.publisher else 0

    def _summary(self, status: int, problem: str | None) -> dict[str, object]:
        tally = self.tally
        summary: dict[str, object] = {
            "type": "summary",
            "topic": self._topic.name,
            "exit_status": status,
            "problem": problem,
            "lines": tally.lines,
            "accepted": tally.accepted,
            "refused": tally.refused,
            "reasons": dict(tally.reasons),
            "delivered": self._delivered,
            "waiting": self._waiting,
            "safe_through_line": tally.safe_through_line,
        }
        if self.register is not None:
            stale = self.register.stale
            summary |= {"unchanged": tally.unchanged - stale, "stale": stale, "absent": self.register.absent}
        if self.removals:
            summary["removals"] = dict(self.removals)
        return summary

    def _sentences(self, problem: str | None) -> list[str]:
        tally = self.tally
        name = self._topic.name
        said = [
            f"{name}: {tally.lines:,} lines, {tally.accepted:,} accepted, {tally.refused:,} refused, "
            f"{self._delivered:,} delivered"
        ]
        if self.register is not None:
            stale = self.register.stale
            said.append(
                f"{name}: {tally.unchanged - stale:,} rows held already, {stale:,} older than the row held and not "
                f"sent; {self.register.absent:,} people held are not in the load (none was removed)"
            )
        said += [f"{name}: {reason}: {count:,}" for reason, count in tally.reasons.most_common()]
        said += [f"{name}: on the delete list, {what}: {count:,}" for what, count in sorted(self.removals.items())]
        if problem:
            said.append(f"{name}: {problem}")
            if tally.lines:
                said.append(f"{name}: all is safe up to and with line {tally.safe_through_line:,}")
        if self._waiting:
            said.append(f"{name}: {self._waiting:,} wait in the spool {self._spool}; run again to send them")
        return said

    def _say(self, sentence: str) -> None:
        self._console.print(sentence, markup=False, soft_wrap=True)
