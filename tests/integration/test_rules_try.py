"""`resesignal rules try` on real Kafka: what other rules would have done to what came in, and nothing written."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]
from typer.testing import CliRunner, Result

from consumers.completeness import Compared, RulesInForce
from consumers.kafka import Clients
from consumers.progress import Progress
from consumers.rules_trial import try_rules
from consumers.scan import Scanner
from deploy.commands.rules import app
from matcher.native import available
from matcher.rule_book import DEFAULT_RULES, RuleBook
from schemas.records import Direction, DocumentKind, Event, EventKind, EvidenceKind, ProtectedPerson, Traveller
from schemas.topics import BORDER_CROSSINGS, MISSION_OBSERVATIONS, PROTECTION_STATUSES, TOPICS
from tests import builders, servers
from tests.builders import STRANGER, crossing, encode, known, observation, own_name, person, rules, seen, uuid

# A port of the discard service: nobody answers there.
NOBODY = "127.0.0.1:9"
LEFT, RETURNED = "left-for-examined-country", "returned-from-examined-country"


def by_document(number: int) -> Traveller:
    return builders.traveller(documents=(seen(f"RD{number:07d}", "SWE", DocumentKind.REFUGEE_TRAVEL_DOCUMENT),))


def protected(number: int) -> ProtectedPerson:
    return person(
        number,
        documents=(known(f"RD{number:07d}"),),
        personal_numbers=(),
        dossier_numbers=(),
        names=(own_name(number),),
    )


class Topics:
    """The topics of the table on a broker of the test's own."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap
        self.admin = AdminClient({"bootstrap.servers": bootstrap})
        new = [NewTopic(topic.name, topic.partitions, 1, config=topic.config) for topic in TOPICS.values()]
        for future in self.admin.create_topics(new).values():
            future.result()
        self._producer = Producer({"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "log_level": 0})

    def write(self, topic: str, key: str, value: bytes | None) -> None:
        self._producer.produce(topic, value, key)
        assert self._producer.flush(20) == 0

    def publish(self, *events: Event) -> None:
        for event in events:
            topic = BORDER_CROSSINGS if hasattr(event, "border_point") else MISSION_OBSERVATIONS
            self.write(topic.name, str(event.event_id), encode(topic.record, event))

    def register(self, *people: ProtectedPerson) -> None:
        for one in people:
            self.write(PROTECTION_STATUSES.name, str(one.person_id), encode(PROTECTION_STATUSES.record, one))

    def scanner(self) -> Scanner:
        return Scanner(Clients(self.bootstrap, "operator", "test"))

    def ends(self) -> dict[Any, int]:
        return {place: span.end for place, span in self.scanner().bounds(TOPICS).items()}


@pytest.fixture(scope="module")
def topics() -> Iterator[Topics]:
    with servers.local_kafka() as kafka:
        made = Topics(kafka.bootstrap)
        made.register(*(protected(number) for number in range(1, 8)), protected(9))
        made.write(PROTECTION_STATUSES.name, str(uuid(9)), None)
        made.write(PROTECTION_STATUSES.name, str(uuid(8)), b"not a row")
        made.publish(
            # Returns without a told stay, with one, and an exit; each of another person.
            crossing(1, traveller=by_document(1)),
            crossing(2, traveller=by_document(2), stay_days=9),
            crossing(3, traveller=by_document(3), direction=Direction.EXIT),
            # Corrected to a stay: only that counts. Withdrawn: drops out, also where the report comes again.
            crossing(4, traveller=by_document(4)),
            crossing(4, revision=2, traveller=by_document(4), stay_days=4),
            crossing(5, traveller=by_document(5)),
            crossing(5, revision=2, kind=EventKind.WITHDRAWN, traveller=Traveller()),
            crossing(5, traveller=by_document(5)),
            # Corrected to somebody whom nobody knows, and the report after its correction.
            crossing(6, revision=2, traveller=STRANGER),
            crossing(6, traveller=by_document(6)),
            # Only possibly the person.
            crossing(7, traveller=builders.traveller(documents=(), names=(own_name(7),))),
            observation(8, traveller=by_document(7)),
            # Of nobody, and of one who was taken out of the registry.
            crossing(9, traveller=STRANGER),
            observation(10, traveller=STRANGER),
            crossing(11, traveller=by_document(9).model_copy(update={"names": ()})),
        )
        made.write(BORDER_CROSSINGS.name, str(uuid(12)), b"not an event")
        made.write(BORDER_CROSSINGS.name, str(uuid(13)), encode("border-crossing", crossing(14)))
        yield made


def narrower() -> RuleBook:
    """Returns are relevant only with a told stay; exits are not."""
    (shipped,) = rules().sets
    changed = [
        rule.model_copy(update={"when": rule.when.model_copy(update={"evidence": (EvidenceKind.STAYED_IN,)})})
        if rule.id == RETURNED
        else rule
        for rule in shipped.rule
        if rule.id != LEFT
    ]
    return RuleBook((shipped.model_copy(update={"version": "2026-2", "rule": tuple(changed)}),))


def set_file(folder: Path, start: str = "2027-01-01") -> Path:
    """The same as a file, that does not apply yet."""
    text = (DEFAULT_RULES / "2026-1.toml").read_text("utf-8")
    first, _, rest = text.partition('[[rule]]\nid = "left-for-examined-country"')
    text = first + rest[rest.index("[[rule]]") :]
    text = text.replace('"2026-1"', '"2026-2"').replace("applies_from = 2010-01-01", f"applies_from = {start}")
    text = text.replace('["TRAVELLED_TO", "STAYED_IN"], direction', '["STAYED_IN"], direction')
    file = folder / "2026-2.toml"
    file.write_text(text, "utf-8")
    return file


def run(topics: Topics, *words: str | Path) -> Result:
    environment = {"RESESIGNAL_KAFKA_BOOTSTRAP": topics.bootstrap, "COLUMNS": "160", "TERM": "dumb"}
    return CliRunner().invoke(app, ["try", *map(str, words)], env=environment)


def test_what_would_change_is_told_and_adds_up(topics: Topics, tmp_path: Path) -> None:
    before = topics.ends()
    result = run(topics, set_file(tmp_path), "--days", "1", "--show", "5", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["registry_people"] == 7
    records = told["records"]
    assert records == {"read": 17, "refused": 2, "nobody": 3, "superseded": 4}
    assert told["events"] == {"examined": 7, "withdrawn": 1}
    assert records["read"] == records["refused"] + records["nobody"] + records["superseded"] + 7 + 1
    # 1 and 3 are gone; 2, 4 and 8 stay. 6 is nobody's; 7 is only possible.
    assert told["evidence"] == {"new": 0, "gone": 2, "other": 0, "same": 3}
    assert told["reviews"] == {"new": 0, "gone": 1, "other": 0, "same": 0}
    assert told["people"] == {"name": "people", "before": 5, "gone": 2, "new": 0, "after": 3}
    assert {line["name"]: (line["before"], line["after"]) for line in told["rules"]} == {
        LEFT: (1, 0),
        RETURNED: (3, 2),
        # Of the tried set, and fires on nothing.
        "home-passport-despite-travel-document": (0, 0),
        "observed-by-mission-in-examined-country": (1, 1),
    }
    assert told["shown"] == {"new": [], "gone": [str(uuid(1)), str(uuid(3)), str(uuid(7))], "other": []}
    # Nothing was written anywhere, and no group has come to be.
    assert topics.ends() == before
    assert topics.admin.list_consumer_groups().result().valid == []


def test_people_read_a_table_without_anything_of_the_travellers(topics: Topics, tmp_path: Path) -> None:
    told = run(topics, set_file(tmp_path), "--days", "1")
    assert told.exit_code == 0
    assert "Regler 2026-2 prövade i stället för 2026-1" in told.stdout
    assert "Regel: Utresa mot ett land som skyddsskälen har prövats mot" in told.stdout
    assert "Regel: Hemlandspass har visats eller sökts trots svenskt resedokument eller främlingspass" in told.stdout
    assert "Personer med underlag" in told.stdout
    for secret in ("Åbergsson", own_name(7).surname, "RD0000", "1974", str(uuid(1)), "SEARN"):
        assert secret not in told.output


def test_a_folder_is_tried_as_its_days_say(topics: Topics, tmp_path: Path) -> None:
    set_file(tmp_path)
    (tmp_path / "2026-1.toml").write_text((DEFAULT_RULES / "2026-1.toml").read_text("utf-8"), "utf-8")
    told = json.loads(run(topics, tmp_path, "--days", "1", "--json").stdout)
    assert told["evidence"] == {"new": 0, "gone": 0, "other": 0, "same": 5}
    set_file(tmp_path, "2026-01-01")
    assert json.loads(run(topics, tmp_path, "--days", "1", "--json").stdout)["evidence"]["gone"] == 2


def test_the_other_way_round_what_is_gone_is_new(topics: Topics) -> None:
    tried = try_rules(topics.scanner(), narrower(), rules(), 0)
    report = tried.report
    if available():
        # What the native core passes over changes nothing.
        assert try_rules(topics.scanner(), narrower(), rules(), 0, native=True) == tried
    assert {effect.value: count for effect, count in report.evidence.items()} == {
        "new": 2,
        "gone": 0,
        "other": 0,
        "same": 3,
    }


def test_only_what_came_since_is_read(topics: Topics) -> None:
    time.sleep(0.05)
    since = int(time.time() * 1000)
    assert try_rules(topics.scanner(), rules(), narrower(), since).read == 0
    time.sleep(0.05)
    topics.publish(observation(20, traveller=STRANGER))
    steps: list[str] = []
    tried = try_rules(
        topics.scanner(),
        rules(),
        narrower(),
        since,
        progress=lambda what, done, of: steps.append(f"{what} {done}/{of}"),
    )
    assert (tried.read, tried.nobody, tried.report.events) == (1, 1, 0)
    assert steps[-1] == "events read 1/1"


def test_where_matching_runs_with_other_rules_nothing_is_tried(topics: Topics, tmp_path: Path) -> None:
    compared = Compared((0,), RulesInForce("2026-2", narrower().digest))
    noted = Progress(first_offset=0, next_offset=1, consumed=1, outcomes=Counter(nobody=1), note=compared.note())
    place = TopicPartition(BORDER_CROSSINGS.name, 0, noted.next_offset, metadata=noted.metadata())
    topics.admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions("matching", [place])])["matching"].result()
    try:
        refused = run(topics, set_file(tmp_path), "--days", "1")
    finally:
        topics.admin.delete_consumer_groups(["matching"])["matching"].result()
    assert refused.exit_code == 2
    assert "matching has compared events with rules 2026-2 (digest " in refused.stderr
    assert "this command has 2026-1 (digest " in refused.stderr
    assert refused.stdout == ""


def test_where_kafka_does_not_answer_it_ends_with_3(tmp_path: Path) -> None:
    environment = {"RESESIGNAL_KAFKA_BOOTSTRAP": NOBODY}
    told = CliRunner().invoke(app, ["try", str(set_file(tmp_path)), "--days", "1"], env=environment)
    assert told.exit_code == 3
    assert "Kafka does not answer" in told.stderr
