"""Faults planted on purpose, one at a time, in a copy of the tree: the tests named beside each must notice.

    python -m tests.planted_faults [NAME ...]

Ends with 1 when a fault goes unnoticed, or when that cannot be told: no test ran, or one was skipped.
`tests/unit/test_planted_faults.py` sees to it that every fault still finds its place in the code.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).parents[1]
_COPIED = ("schemas", "matcher", "consumers", "producers", "deploy", "tests", "pyproject.toml")
_COMPLETENESS = "tests/unit/consumers/test_completeness.py"
_MEMORY = "tests/unit/matcher/test_memory.py"
_REPLAYING = "tests/unit/consumers/test_replaying.py"
_READER = "tests/unit/consumers/test_reader.py"
_SNAPSHOT = "tests/unit/consumers/test_registry_snapshot.py"
_DECISIONS = "tests/unit/consumers/test_decisions.py"
_ON_KAFKA = "tests/integration/test_completeness.py"
_FILTER = "tests/unit/consumers/test_native_filter.py"
_DECIDE = "tests/unit/consumers/test_native_decide.py"
_NEAR = "tests/unit/matcher/test_native_near.py"
_CRATE = Path("matcher/native")
_TIMEOUT_S = 600


class UntoldError(Exception):
    """The run of the tests does not tell whether a fault is noticed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault: in `file`, `right` (which stands there once) becomes `wrong`, and `tests` must fail."""

    name: str
    file: str
    right: str
    wrong: str
    tests: str = _COMPLETENESS


FAULTS = (
    Fault(
        "the span is never read again",
        "consumers/completeness.py",
        "changed = owned.missed is None or bool(owned.missed) or owned.seen < len(self._changes)",
        "changed = False",
    ),
    Fault(
        "rows written while no instance ran are not looked for",
        "consumers/matching.py",
        "missed[place] = {} if held[place].next_offset < 0 else None",
        "missed = dict.fromkeys(compared, {})",
    ),
    Fault(
        "the offset noted is taken for one already seen",
        "consumers/registry_tail.py",
        "if offset >= position[at]:",
        "if offset > position[at]:",
    ),
    Fault(
        "the span ends one record early",
        "consumers/matching.py",
        "records = [record for record in batch if record.offset < job.end]",
        "records = [record for record in batch if record.offset < job.end - 1]",
    ),
    Fault(
        "the span begins where the new row does, not where the person had matched",
        "consumers/completeness.py",
        "start = end if first is None else first",
        "start = end",
    ),
    Fault(
        "a status begins at midnight in UTC",
        "matcher/changes.py",
        'status["valid_from"] * DAY_MS - MOST_AHEAD_OF_UTC_MS',
        'status["valid_from"] * DAY_MS',
    ),
    Fault(
        "the day of an event is that of UTC",
        "schemas/swedish_time.py",
        "else in_sweden(moment)[0].date()",
        "else moment.astimezone(UTC).date()",
        "tests/unit/matcher/test_examine.py",
    ),
    Fault(
        "a sender's clock is never ahead",
        "consumers/completeness.py",
        "spans.offset_at(place, since - MOST_AHEAD_MS)",
        "spans.offset_at(place, since)",
    ),
    Fault(
        "the note moves on before the span was read",
        "consumers/completeness.py",
        "if not owned.told_due:",
        "if True:",
    ),
    Fault(
        "what was compared is not committed",
        "consumers/matching.py",
        "tended.touched.add(job.place)",
        "pass",
    ),
    Fault(
        "a removed person is no change",
        "consumers/registry_tail.py",
        "changes.setdefault(person_id, NEVER)",
        "pass",
    ),
    Fault(
        "a status is not looked at",
        "matcher/changes.py",
        '_IMMATERIAL = frozenset({"recorded_at", "protected_identity"})',
        '_IMMATERIAL = frozenset({"recorded_at", "protected_identity", "statuses"})',
    ),
    Fault(
        "other rules are no change",
        "consumers/completeness.py",
        "others = {compared.rules, compared.by or compared.rules} - {self._rules}",
        "others = set()",
    ),
    Fault(
        "that newer rules have begun is not noted",
        "consumers/completeness.py",
        "owned.compared = replace(owned.compared, by=self._rules)",
        "pass",
    ),
    Fault(
        "the memory of an event lies where its key would",
        "consumers/matching.py",
        "Outbound(topic.name, key, value, place.number)",
        "Outbound(topic.name, key, value)",
    ),
    Fault(
        "an order says only what differs",
        "matcher/memory.py",
        "(again or hold[p] != said.get(p))",
        "hold[p] != said.get(p)",
        "tests/unit/consumers/test_replaying.py",
    ),
    Fault(
        "a person of any size is published",
        "consumers/candidates.py",
        "if not all(topic.holds(key, value) for topic, _, value in changes):",
        "if False:",
        "tests/unit/consumers/test_candidates_faults.py",
    ),
    Fault(
        "what is taken back has no reason",
        "consumers/candidates.py",
        "self.taken_back[match] = reason",
        "pass",
        "tests/unit/consumers/test_candidates.py",
    ),
    Fault(
        "whom a first content no longer names is forgotten before the others are read",
        "matcher/memory.py",
        "former = dict.fromkeys(said.keys() - hold.keys(), _HEEDED)",
        "former: dict[UUID, str] = {}",
    ),
    Fault(
        "who was told of a match cannot be told again that it was withdrawn",
        "consumers/matching.py",
        "if event.kind is EventKind.REPORTED and said.outcome is not Outcome.SUPERSEDED:",
        "if said.outcome is not Outcome.SUPERSEDED:",
        _REPLAYING,
    ),
    Fault(
        "what takes something back is refused with what is too much",
        "consumers/candidates.py",
        "if self._settle(handled, key, person) or len(person.records) == 1:",
        "if self._settle(handled, key, person) or person.records:",
        "tests/unit/consumers/test_candidates_faults.py",
    ),
    Fault(
        "a memory of any size is published",
        "consumers/matching.py",
        "if value is not None and not topic.holds(key, value):",
        "if False:",
    ),
    Fault(
        "that nothing is known to have been compared is forgotten by who takes it up",
        "consumers/completeness.py",
        "self._rules if changes is not None else _OLDEST",
        "self._rules",
    ),
    Fault(
        "who was away for long trusts that the topic still tells of everybody removed",
        "consumers/completeness.py",
        "return abs(self._now_ms() - compared.at_ms) <= _TOMBSTONES_SEEN_MS",
        "return True",
    ),
    Fault(
        "whom no content names any more is remembered for good",
        "consumers/matching.py",
        "self._forget_former(job, tended.outbound)",
        "pass",
    ),
    Fault(
        "looking again only adds",
        "consumers/matching.py",
        "examined, before, digest, offset=record.offset, anew=anew, again=again)",
        "examined, before, digest, offset=record.offset, again=again)",
    ),
    Fault(
        "a superseded record counts as the first of its event",
        "consumers/matching.py",
        "slots, outbound, anew=anew, again=again) is not Outcome.SUPERSEDED:",
        "slots, outbound, anew=anew, again=again) is not None:",
    ),
    Fault(
        "duplicates that the span passed by are forgotten",
        "consumers/matching.py",
        "if first is not None and first < record.offset and event_id not in job.events:",
        "if False:",
    ),
    Fault(
        "a revision is forgotten",
        "matcher/memory.py",
        "return revision < memory.revision",
        "return False",
    ),
    Fault(
        "what was said is not read at an assignment",
        "consumers/matching.py",
        "restorer.read(home, remember)",
        "pass",
    ),
    Fault(
        "the memory does not say whom it is about",
        "consumers/source_memory.py",
        "self._of_person.setdefault(person, set()).add(event_id)",
        "pass",
    ),
    Fault(
        "a withdrawal is weaker than a correction",
        "matcher/memory.py",
        "return memory.kind is EventKind.WITHDRAWN and kind is not EventKind.WITHDRAWN",
        "return False",
        _MEMORY,
    ),
    Fault(
        "an order is not in the note of its partition",
        "consumers/completeness.py",
        'note["ordered"] = list(owned.ordered)',
        "pass",
        _REPLAYING,
    ),
    Fault(
        "a note does not tell that something is to be looked at again",
        "consumers/completeness.py",
        '{"due": True} if owned.told_due else {}',
        "{}",
        _REPLAYING,
    ),
    Fault(
        "a note stays behind rows that change nothing",
        "consumers/completeness.py",
        "            found |= behind",
        "            pass",
        _REPLAYING,
    ),
    Fault(
        "what is to be looked at again is told only with the next piece that is done",
        "consumers/matching.py",
        "tended.touched |= to_tell",
        "pass",
        _REPLAYING,
    ),
    Fault(
        "of records that take long as many are taken as of others",
        "consumers/portion.py",
        "self.size = max(1, min(self.size, int(records * self._seconds / seconds)))",
        "pass",
        "tests/unit/consumers/test_portion.py",
    ),
    Fault(
        "an order is not committed with its own record",
        "consumers/matching.py",
        "handled.touched.add(place)  # the order is committed with its note, or not at all",
        "pass",
        _REPLAYING,
    ),
    Fault(
        "what was ordered is forgotten at an assignment",
        "consumers/matching.py",
        'for place in compared if "ordered" in held[place].note}',
        "for place in ()}",
        _REPLAYING,
    ),
    Fault(
        "an order that came while another was carried out counts as done with it",
        "consumers/completeness.py",
        "if owned.ordered is job.ordered:  # else more was ordered meanwhile, if only the same once more",
        "if True:",
        _REPLAYING,
    ),
    Fault(
        "events of an ordered span lose what their later records say",
        "consumers/completeness.py",
        "return Job(place, start, end, None, set(), target, until=min(until, end), ordered=owned.ordered)",
        "return Job(place, start, min(until, end), None, set(), target, until=end, ordered=owned.ordered)",
        _REPLAYING,
    ),
    Fault(
        "an order takes the place of a change that is due",
        "consumers/completeness.py",
        "if not owned.missed and owned.seen == len(self._changes) and owned.ordered is not None:",
        "if owned.ordered is not None:",
        _REPLAYING,
    ),
    Fault(
        "a forgotten correction that names nobody is passed by",
        "consumers/matching.py",
        'bool(slots) or values["revision"] != 1 or event_id in memory',
        "bool(slots) or event_id in memory",
        _REPLAYING,
    ),
    Fault(
        "a replay counts an event of the span without its later revisions",
        "consumers/replaying.py",
        "sources[record.topic].take(record, known_only=record.offset >= within.end)",
        "sources[record.topic].take(record) if record.offset < within.end else None",
        _REPLAYING,
    ),
    Fault(
        "a replay judges what rests on a record that it has not read",
        "consumers/replaying.py",
        "if kept is not None and _rests_elsewhere(kept, held, spans[place][0]):",
        "if False:",
        _REPLAYING,
    ),
    Fault(
        "an identity depends on the process",
        "schemas/ids.py",
        'return uuid5(NAMESPACE, f"match/{event_id}/{person_id}")',
        'return uuid5(NAMESPACE, f"match/{event_id}/{hash(str(person_id))}")',
        "tests/unit/consumers/test_same_bytes.py",
    ),
    Fault(
        "a whole partition is waited for from a reader that is silent",
        "consumers/restore.py",
        "            if reader.silent:",
        "            if False:",
        _READER,
    ),
    Fault(
        "a replaced reader begins again at the start of the span",
        "consumers/source.py",
        "self._at = {Partition(last.topic, last.partition): last.offset + 1}",
        "pass",
        _READER,
    ),
    Fault(
        "the registry is followed with a reader that is silent",
        "consumers/registry_tail.py",
        "if self._stall.stalled(_PARTITIONS):",
        "if False:",
        _READER,
    ),
    Fault(
        "a member that is never assigned anything again is left alone",
        "consumers/stall.py",
        "if not waiting or (not self._between and waiting.isdisjoint(owned)):",
        "if waiting.isdisjoint(owned):",
        "tests/unit/consumers/test_stall.py",
    ),
    Fault(
        "what a service does otherwise is a silence of its consumer",
        "consumers/stall.py",
        "min(now - self._asked_at, _BETWEEN_S)",
        "now - self._asked_at",
        "tests/unit/consumers/test_stall.py",
    ),
    Fault(
        "a paused consumer is silent",
        "consumers/case_queue/sink.py",
        "            return  # nothing was asked for: the partitions are paused",
        "            self.stall.asked_in_vain()\n            return",
        "tests/integration/test_sink.py",
    ),
    Fault(
        "a partition is given away while its records are being written",
        "consumers/case_queue/sink.py",
        "is in, or is not.\n        self._settle()\n",
        "is in, or is not.\n",
        "tests/integration/test_sink.py",
    ),
    Fault(
        "a decision is no change",
        "consumers/registry_tail.py",
        "changes.setdefault(self._decisions.take(record), NEVER)",
        "self._decisions.take(record)",
        _DECISIONS,
    ),
    Fault(
        "decisions made while no instance ran are not looked for",
        "consumers/registry_tail.py",
        'return check_decision(self._decisions.decode, record)["event_id"], NEVER',
        "raise Refused(Reason.KEY_MISMATCH)",
        _DECISIONS,
    ),
    Fault(
        "who else the traveller could be is forgotten",
        "matcher/memory.py",
        "dict.fromkeys(examined.heeded, _HEEDED) | ",
        "",
        f"{_DECISIONS} {_COMPLETENESS}",
    ),
    Fault(
        "who has no status on the day is nobody",
        "consumers/completeness.py",
        "start = start if remembered is None else min(start, remembered)",
        "pass",
    ),
    Fault(
        "what comes while an instance catches up is lost",
        "consumers/registry_tail.py",
        "_unite(each, meanwhile)",
        "pass",
    ),
    Fault(
        "the job overwrites a content that came meanwhile",
        "consumers/matching.py",
        "job.end = max(job.end, record.offset + 1)",
        "pass",
    ),
    Fault(
        "one partition keeps the others from their turn",
        "consumers/completeness.py",
        "self._owned[place] = self._owned.pop(place)",
        "pass",
    ),
    Fault(
        "an end that is told late is taken for the end",
        "consumers/matching.py",
        "if end is not None and job.told_end < end < job.end:",
        "if False:",
    ),
    Fault(
        "a rejection needs the record",
        "consumers/matching.py",
        "self._take_back(job, tended.outbound)",
        "pass",
        _DECISIONS,
    ),
    Fault(
        "a decision cannot be taken back",
        "consumers/decisions.py",
        "held.pop(UUID(person_id), None)",
        "pass",
        _DECISIONS,
    ),
    Fault(
        "a name that points at too many people still points at all of them",
        "matcher/examine.py",
        "if len(left) <= MOST_POSSIBLE:",
        "if left:",
    ),
    Fault(
        "of people who are too many nothing is remembered",
        "matcher/examine.py",
        "else:\n            heeded.append(person.person_id)",
        "elif who:\n            heeded.append(person.person_id)",
    ),
    Fault(
        "a confirmed match leaves the others standing",
        "matcher/examine.py",
        "return _confirmed(confirmed)",
        "return every | _confirmed(confirmed)",
        _DECISIONS,
    ),
    Fault(
        "a confirmation holds for corrections that nobody has seen",
        "matcher/examine.py",
        "is IdentityVerdict.SAME_PERSON and revision <= self.revision",
        "is IdentityVerdict.SAME_PERSON",
        _DECISIONS,
    ),
    Fault(
        "a record from before the first of its batch is not checked for its own time",
        "consumers/matching.py",
        "near is not None and record.timestamp + MOST_AHEAD_MS >= not_after_ms",
        "near is not None",
        "tests/unit/consumers/test_native_filter.py",
    ),
    Fault(
        "what is remembered of an event is not told to the core",
        "consumers/matching.py",
        "memory.get(event_id), record.offset)",
        "None, record.offset)",
        "tests/unit/consumers/test_native_filter.py",
    ),
    Fault(
        "two neighbours of a name are never a third part of it",
        "matcher/names/compare.py",
        "if seen == known and not _joins(seen):",
        "if seen == known:",
        "tests/unit/matcher/test_names.py",
    ),
    Fault(
        "half of an own name is taken for a surname",
        "matcher/names/compare.py",
        "surname, given_names = rejoined(surname, given_names)",
        "pass",
        "tests/unit/matcher/test_names.py",
    ),
    Fault(
        "a name that may be read in two ways is compared in one",
        "matcher/names/alike.py",
        "if one.also:",
        "if False:",
        "tests/unit/matcher/test_names.py",
    ),
    Fault(
        "names that have an element in common are one name",
        "matcher/names/alike.py",
        "if not first or likeness < LEAST",
        "if True or likeness < LEAST",
        "tests/unit/matcher/test_names.py",
    ),
    Fault(
        "a word beside bin is a part like any other",
        "matcher/names/parts.py",
        "if SPECIAL.isdisjoint(words):",
        "if words:",
        "tests/unit/matcher/test_names.py",
    ),
    Fault(
        "an outcome rests on all that its rules do",
        "matcher/fold.py",
        "for basis in basis_of(rule, kind)",
        "for basis in rule.legal_basis",
        "tests/unit/matcher/test_fold.py",
    ),
    Fault(
        "a rule that fires rests also on what is of outcomes not held",
        "matcher/rules.py",
        "legal_basis.by_outcome.items() if basis[0] in held",
        "legal_basis.by_outcome.items()",
        "tests/unit/matcher/test_rules.py",
    ),
    Fault(
        "a snapshot never grows too old",
        "consumers/snapshot_header.py",
        "if not 0 <= now_ms - self.as_of_ms <= facts.usable_ms:",
        "if False:",
        _SNAPSHOT,
    ),
    Fault(
        "a topic made anew is taken for the old one",
        "consumers/snapshot_header.py",
        "if self.topic_id != facts.topic_id:",
        "if False:",
        _SNAPSHOT,
    ),
    Fault(
        "a snapshot is as new as its last question, caught up with or not",
        "consumers/registry_snapshot.py",
        "if all(next_ >= ends[place] for place, next_ in zip(_PLACES, position, strict=False)):",
        "if True:",
        _SNAPSHOT,
    ),
    Fault(
        "a row that was refused is passed by a snapshot",
        "consumers/registry_tail.py",
        "isinstance(self.index, NativeIndex) and not self._has_refused:",
        "isinstance(self.index, NativeIndex):",
        _SNAPSHOT,
    ),
    Fault(
        "the offset committed is one too far",
        "consumers/loop.py",
        "TopicPartition(p.topic, p.number, self._progress[p].next_offset, metadata",
        "TopicPartition(p.topic, p.number, self._progress[p].next_offset + 1, metadata",
        _ON_KAFKA,
    ),
    Fault(
        "what was still to be looked at again is dropped when a partition moves",
        "consumers/matching.py",
        "missed, meanwhile = self._registry.missed(known, restorer)",
        "missed, meanwhile = dict.fromkeys(known, {}), {}",
        _ON_KAFKA,
    ),
    Fault(
        "the memory of a partition is not read when it is taken up",
        "consumers/matching.py",
        "        restorer.read(home, remember)\n",
        "",
        _ON_KAFKA,
    ),
    # In the native core, which is built anew with each.
    Fault(
        "the core passes over an event from after it was recorded",
        "matcher/native/src/events.rs",
        "&& facts.occurred_at <= facts.recorded_at.saturating_add(limits.skew_ms + early))?;",
        ")?;",
        _FILTER,
    ),
    Fault(
        "the core passes over a record under another event's key",
        "matcher/native/src/events.rs",
        "yes(key.as_bytes() == read.event.facts.event_id)",
        "yes(!key.as_bytes().is_empty())",
        _FILTER,
    ),
    Fault(
        "the core passes over an event that is looked at in the same batch",
        "matcher/native/src/events.rs",
        "yes(touched.is_empty() || !touched.contains(&hash(event.event_id)))?;",
        "",
        _FILTER,
    ),
    Fault(
        "the core keeps what is compared of a person after their row has changed",
        "matcher/native/src/likely.rs",
        "self.briefs.forget(slot);",
        "let _ = slot;",
        _NEAR,
    ),
    Fault(
        "the core takes a name that could be rounded up for a near miss",
        "matcher/native/src/likely.rs",
        "(self.numbers.possible_from - date - other) as f64 - 0.5;",
        "(self.numbers.possible_from - date - other) as f64 + 0.5;",
        _NEAR,
    ),
    Fault(
        "the core takes a person of two keys for one of one",
        "matcher/native/src/decide.rs",
        "if by_keys > 1 {",
        "if by_keys > 2 {",
        _DECIDE,
    ),
    Fault(
        "the core lets a correction undo the withdrawal of its revision",
        "matcher/native/src/decide.rs",
        "self.kind == WITHDRAWN && kind != WITHDRAWN",
        "false",
        _DECIDE,
    ),
    Fault(
        "the core remembers the last record of a revision, not the first",
        "matcher/native/src/decide.rs",
        "Some(again) if again.offset >= 0 => offset.min(again.offset),",
        "Some(again) if again.offset >= 0 => offset,",
        _DECIDE,
    ),
    Fault(
        "the core believes a damaged snapshot",
        "matcher/native/src/snapshot.rs",
        "(u128::from_le_bytes(told) == self.hash.digest128()).then_some(())",
        "(told != [0; HASH]).then_some(())",
        "tests/unit/matcher/test_native_snapshot.py",
    ),
)


def is_noticed(fault: Fault, folder: Path) -> bool:
    """Whether the tests fail that are run with the fault in a copy of the tree in `folder`. Raises UntoldError."""
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "target"))
        else:
            shutil.copy(source, folder / name)
    file = folder / fault.file
    text = file.read_text("utf-8")
    if text.count(fault.right) != 1:
        raise ValueError(f"{fault.name}: its place stands {text.count(fault.right)} times in {fault.file}")
    file.write_text(text.replace(fault.right, fault.wrong), "utf-8")
    if file.suffix == ".rs":
        _build_core(folder)
    # The copy goes before the installed project, which is this tree.
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("CI", None)  # where a server cannot be had, tests would fail as if they had noticed
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *fault.tests.split()]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    try:
        return has_failed(done.returncode, done.stdout)
    except UntoldError as error:
        raise UntoldError(f"{error}\n{done.stdout[-2000:]}{done.stderr}") from None


def _build_core(folder: Path) -> None:
    """Build the native core of a copy, quickly rather than well. Raises UntoldError."""
    built = ROOT / _CRATE / "target" / "faults"
    environment = {
        **os.environ,
        "PYO3_PYTHON": sys.executable,
        "CARGO_TARGET_DIR": str(built),
        "CARGO_PROFILE_RELEASE_LTO": "off",
        "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
    }
    command = ["cargo", "build", "--release", "--locked", "--manifest-path", str(folder / _CRATE / "Cargo.toml")]
    try:
        subprocess.run(command, env=environment, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except FileNotFoundError:
        raise UntoldError("there is no cargo to build the core with") from None
    except subprocess.CalledProcessError as error:
        raise UntoldError(f"the core could not be built\n{error.stderr[-2000:]}") from None
    shutil.copy(built / "release" / "lib_core.so", folder / _CRATE / "_core.abi3.so")


def has_failed(status: int, output: str) -> bool:
    """Whether a run of pytest, by its exit status and output, has noticed. Raises UntoldError where it cannot tell."""
    if status not in (0, 1):  # not of failing tests, but of none that ran
        raise UntoldError(f"pytest ended with {status}")
    counts = output.rstrip().rpartition("\n")[2]
    if re.search(r"\b\d+ skipped\b", counts):
        raise UntoldError(f"a test was skipped, which tells nothing ({counts.strip()})")
    return status == 1


def main(names: list[str]) -> int:
    """Plant the faults named, or all; gives the exit status."""
    console = Console()
    unknown = set(names) - {fault.name for fault in FAULTS}
    if unknown:
        console.print(f"No such fault: {', '.join(sorted(unknown))}. There are: {'; '.join(f.name for f in FAULTS)}")
        return 2
    unnoticed = 0
    for fault in FAULTS:
        if names and fault.name not in names:
            continue
        started = time.monotonic()
        told = ""
        with tempfile.TemporaryDirectory() as folder:
            try:
                noticed = is_noticed(fault, Path(folder))
                verdict = "[green]noticed[/]" if noticed else "[red]NOT NOTICED[/]"
            except UntoldError as error:
                noticed, verdict, told = False, "[red]ERROR[/]", f"{fault.name}: {error}"
        unnoticed += not noticed
        if told:
            console.print(told, markup=False, highlight=False)
        console.print(f"{verdict}  {fault.name}  ({time.monotonic() - started:.0f} s)")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
