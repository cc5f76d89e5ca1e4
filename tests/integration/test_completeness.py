"""Property 1 on real Kafka: whatever comes in any order, while instances come, go, die and freeze, ends as the model.

The same model as `tests/unit/consumers/test_completeness.py` has, with one to four processes of `matching`. A walk with
a seed takes the same steps each time, though not at the same instants.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from consumers.completeness import Compared, RulesInForce
from consumers.kafka import Inbound, Partition
from consumers.matching import Matching
from consumers.progress import Progress
from consumers.reconcile.positions import behind, to_be_compared
from consumers.registry_tail import COMPARED_WITH
from consumers.restore import Restorer
from consumers.scan import Scanner
from matcher.examine import Verdict
from matcher.rule_book import load_rule_book
from schemas.records import EventKind, IdentityVerdict
from schemas.topics import IDENTITY_DECISIONS, MEMORY_OF, PROTECTION_STATUSES, STATUS_MATCHES
from tests import servers
from tests.builders import FIRST_RULES, NOON, crossing, encode, observation, uuid
from tests.instances import Fleet
from tests.pipeline import Pipeline, eventually, pipeline
from tests.unit.consumers.completeness_model import ROWS, TRAVELLERS, UNPROTECTED, Model, differing, holding_in
from tests.unit.consumers.matchers import decision

# Others can be named in the environment, to walk on where these end.
SEEDS = [int(seed) for seed in os.environ.get("RESESIGNAL_TEST_SEEDS", "1 2").split()]
SIZES = (1, 2, 3, 4, 3, 2, 1)
# At one of the first sizes and one of the middle ones other rules are adopted. Then all is looked at again, and what
# was lost is found: so all must agree before.
ADOPTED_AT = ((1, 2), (3, 4))
FIRST_DAYS = ("2010-01-01", "2026-02-24", "2026-03-01")
# At each of the two steps at each size one of these, in an order of the seed: to one that is alone, and to one of many.
TO_ONE_ALONE = ("none", "kill", "kill and start", "freeze")
TO_ONE_OF_MANY = ("none", *["kill", "kill and start", "freeze"] * 3)
EVENTS = 120
SETTLED_S = 90.0


class Walk:
    """Changes to what is on the topics, with the model beside them, and harm to the fleet in between."""

    def __init__(self, seed: int, way: Pipeline, fleet: Fleet, rules: Path) -> None:
        self._rng = Random(seed)
        self._way, self._fleet, self._rules = way, fleet, rules
        self._scanner = Scanner(way.clients())
        self._versions = 1
        self.model = Model()
        self._since = time.monotonic()
        self.taken: list[str] = [f"seed {seed}"]
        self.most_held = 0
        self._to_one_alone = self._rng.sample(TO_ONE_ALONE, k=len(TO_ONE_ALONE))
        self._to_one_of_many = self._rng.sample(TO_ONE_OF_MANY, k=len(TO_ONE_OF_MANY))

    def take(self) -> None:
        """All the steps."""
        adopted_at = {self._rng.choice(places) for places in ADOPTED_AT}
        for place, size in enumerate(SIZES):
            self._become(size)
            if place in adopted_at:
                self._adopt_rules()
            # While no row comes, nothing is looked at again, and what was lost stays lost.
            for rows in (True, False):
                self._step((self._to_one_alone if size == 1 else self._to_one_of_many).pop(), rows)
            if {place + 1} & {*adopted_at, len(SIZES)} or self._rng.random() < 0.2:
                self._agree()

    def _become(self, size: int) -> None:
        while self._fleet.size < size:
            self._start()
        while self._fleet.size > size:
            self._tell(f"{self._end(self._rng.choice(self._fleet.names))} for good")

    def _end(self, name: str) -> str:
        if self._rng.random() < 0.5:
            self._fleet.stop(name)
            return f"{name} stopped"
        self._fleet.kill(name)
        return f"{name} killed"

    def _step(self, harm: str, rows: bool) -> None:
        """Many inputs, and harm among them, after which they go on; whoever was frozen before goes on at the end."""
        # Mostly they meet instances that are at work, and else some that are just coming.
        if ready := self._rng.random() < 0.6:
            self._fleet.await_ready()
        weights = (24, 5, 1, 3) if rows else (24, 0, 0, 2)
        inputs = self._rng.choices([self._event, self._row, self._remove, self._decide], weights, k=60)
        harm_at, frozen = self._rng.randrange(len(inputs)), self._fleet.awake != self._fleet.names
        # One that is frozen already is not harmed, unless it is the only one.
        name = self._rng.choice(self._fleet.awake or self._fleet.names)
        for number, put in enumerate(inputs):
            if number == harm_at:
                # At another instant of what the input before has led to.
                time.sleep(self._rng.choice([0, 0.005, 0.01, 0.02, 0.04, 0.4]))
                self._do(harm, name)
            put()
            time.sleep(self._rng.choice([0, 0, 0, 0.02]))
        met = "instances that are ready" if ready else "the instances"
        self._tell(f"{len(inputs)} inputs to {met}, {harm} {name} before number {harm_at}")
        if harm == "kill":
            # The longer wait is longer than the session: where there are others, they take over.
            time.sleep(self._rng.choice([0, 2]) if self._fleet.size else 0)
            self._start()
        if frozen:
            self._thaw()

    def _do(self, harm: str, name: str) -> None:
        match harm:
            case "kill":
                self._fleet.kill(name)
            case "kill and start":
                self._fleet.kill(name)
                self._start()
            case "freeze":
                self._fleet.freeze(name)

    def _start(self) -> None:
        self._tell(f"{self._fleet.start()} started")

    def _thaw(self) -> None:
        self._tell(f"thawed: {', '.join(self._fleet.thaw()) or 'none'}")

    # --- what comes

    def _event(self) -> None:
        rng = self._rng
        make = rng.choice([crossing, crossing, observation])
        revision = rng.choice([1, 1, 1, 1, 2, 2, 3])
        kind = EventKind.WITHDRAWN if revision > 1 and rng.random() < 0.25 else None
        event = make(
            self._number(make is observation),
            revision=revision,
            kind=kind,
            at=NOON - timedelta(days=rng.choice([0, 1, 5, 9, 400])),
            traveller=rng.choice(TRAVELLERS),
            country=rng.choice(["UTO", "UTO", "NOR"]),
        )
        self.model.events.append(event)
        self._way.publish(event)

    def _number(self, observed: bool) -> int:
        return self._rng.randint(1, EVENTS) + (1000 if observed else 0)

    def _row(self) -> None:
        row = self._rng.choice([*ROWS, *ROWS, *UNPROTECTED])
        self.model.rows[row.person_id] = row
        self._way.register(row)

    def _remove(self) -> None:
        number = self._rng.randint(1, 3)
        self.model.rows.pop(uuid(number), None)
        self._way.write(PROTECTION_STATUSES.name, str(uuid(number)), None)

    def _decide(self) -> None:
        event, person = uuid(self._number(self._rng.random() < 0.3)), uuid(self._rng.randint(1, 3))
        says, revision = self._rng.choice(list(IdentityVerdict)), self._rng.randint(1, 3)
        self.model.decided.setdefault(event, {})[person] = Verdict(says, revision)
        made = decision(event, person, says, revision)
        self._way.write(IDENTITY_DECISIONS.name, str(made.match_id), encode(IDENTITY_DECISIONS.record, made))

    def _adopt_rules(self) -> None:
        """A set with some of the rules, for events from some day on; all instances are replaced, in one of two ways."""
        self._versions += 1
        head, *every = FIRST_RULES.read_text("utf-8").split("[[rule]]")
        some = sorted(self._rng.sample(range(len(every)), len(every) - 1))
        first_day = FIRST_DAYS[self._versions - 2 + self._rng.randrange(2)]
        head = head.replace('"2026-1"', f'"2026-{self._versions}"').replace("2010-01-01", first_day)
        text = "[[rule]]".join([head, *(every[number] for number in some)])
        (self._rules / f"2026-{self._versions}.toml").write_text(text, "utf-8")
        self.model.rules = load_rule_book(self._rules)
        old = self._fleet.names
        self._fleet.rules_are_newer()
        self._tell(f"rules {some} adopted from {first_day} on")
        if self._rng.random() < 0.5:
            for name in old:
                self._tell(self._end(name))
                self._step_of_inputs()
            self._become(len(old))
            return
        for name in old:
            self._fleet.stop(name)
            self._tell(f"{name} stopped, or ended by itself")
            self._start()
            self._step_of_inputs()

    def _step_of_inputs(self) -> None:
        for put in self._rng.choices([self._event, self._row, self._decide], (8, 1, 1), k=8):
            put()

    def _tell(self, what: str) -> None:
        self.taken.append(f"{time.monotonic() - self._since:.1f} s: {what}")

    # --- what there is in the end

    def _agree(self) -> None:
        """What `matching` has committed says that all was compared with all; then nothing may differ."""
        self._thaw()
        self._fleet.await_ready()
        eventually(self._all_compared, SETTLED_S)
        held = holding_in(self._matches())
        wrong = differing(held, self.model)
        assert not wrong, "\n".join([f"{len(wrong)} differences", *wrong])
        assert self._fleet.errors() == []
        self.most_held = max(self.most_held, len(held))
        self._tell(f"all agrees, {len(held)} matches")

    def _all_compared(self) -> bool:
        self._fleet.check()
        progress = {
            place: Progress.read(held.next_offset, held.metadata)
            for place, held in self._scanner.committed("matching", Matching.topics).items()
        }
        bounds = self._scanner.bounds([*Matching.topics, *COMPARED_WITH])
        handled = {place: span for place, span in bounds.items() if place.topic in Matching.topics}
        rules = RulesInForce(self.model.rules.version, self.model.rules.digest)
        notes = [Compared.read(one.note) for place, one in progress.items() if place.topic in MEMORY_OF]
        return (
            not behind(self._scanner, handled, progress).total()
            and not to_be_compared(progress, {place: span.end for place, span in bounds.items()})
            and all(note is None or (note.rules == rules and note.by is None) for note in notes)
        )

    def _matches(self) -> list[Inbound]:
        records: list[Inbound] = []
        places = [Partition(STATUS_MATCHES.name, n) for n in range(STATUS_MATCHES.partitions)]
        Restorer(self._way.clients(), lambda _: None, lambda: False).read(places, records.append)
        return records


@contextmanager
def told(walk: Walk) -> Iterator[None]:
    """Where it fails, the seed and the steps taken stand beside the failure."""
    try:
        yield
    except BaseException as error:
        error.add_note("\n".join(walk.taken))
        raise
    else:
        print(*walk.taken, sep="\n")  # noqa: T201 - shown by -s


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_ends_as_the_model_says_however_many_instances_come_and_go(
    seed: int, postgres_server: servers.PostgresAccess, tmp_path: Path
) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    shutil.copy(FIRST_RULES, rules)
    with pipeline(postgres_server) as way, Fleet(way, tmp_path, rules) as fleet:
        walk = Walk(seed, way, fleet, rules)
        with told(walk):
            walk.take()
        assert walk.most_held >= 20  # otherwise it has proven little
        for name in fleet.names:
            fleet.stop(name)
