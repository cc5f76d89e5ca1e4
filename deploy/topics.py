"""The topics on a broker, compared with the one table of them in `schemas.topics`.

`plan` says what differs, `apply` mends what can be mended, `require_topics` is what a service asks at its start. None
of them waits for a broker: where none answers, confluent_kafka.KafkaException comes through.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from schemas.topics import TOPICS, Topic

_TIMEOUT_S = 15.0
# What a service relies on: without compaction its state would be deleted, with the sender's clock its as-of join would
# be wrong. The rest of a topic's settings is the operator's concern and no reason to refuse a start.
_ESSENTIAL = ("cleanup.policy", "message.timestamp.type")


@dataclass(frozen=True, slots=True)
class CreateTopic:
    """A topic of the table is not on the broker."""

    topic: Topic
    replication_factor: int

    applicable = True

    @property
    def name(self) -> str:
        return self.topic.name

    def __str__(self) -> str:
        return f"create with {self.topic.partitions} partitions, {self.replication_factor} copies of each"


@dataclass(frozen=True, slots=True)
class SetConfig:
    """A setting of a topic differs from the table."""

    name: str
    setting: str
    current: str
    wanted: str

    applicable = True

    def __str__(self) -> str:
        return f"set {self.setting} from {self.current} to {self.wanted}"


@dataclass(frozen=True, slots=True)
class WrongPartitions:
    """A topic has another number of partitions than the table says, which nobody can mend in place."""

    name: str
    current: int
    wanted: int

    applicable = False

    def __str__(self) -> str:
        return (
            f"has {self.current} partitions and must have {self.wanted}: keys would live in other partitions than in "
            f"the topics it is joined with. Stop what writes {self.name}, copy its records to a topic of "
            f"{self.wanted} partitions, delete this one, run `resesignal topics apply` and copy them back; "
            "an empty topic is simply deleted"
        )


Change = CreateTopic | SetConfig | WrongPartitions


class TopicError(Exception):
    """A topic is not as a service needs it: its start is refused.

    Attributes:
        topic: name of the topic.
        code: `topic-missing`, `topic-partitions`, `topic-config` or `topic-not-permitted`.
    """

    def __init__(self, topic: str, code: str, difference: str) -> None:
        super().__init__(f"Topic {topic}: {difference} [{code}]")
        self.topic = topic
        self.code = code


def governed_config(topic: Topic) -> dict[str, str]:
    """The settings of an existing topic that the table decides.

    Not the retention of what an agency sends: the topic belongs to the sender, which sets it. The table's value is what
    it is created with.
    """
    config = dict(topic.config)
    if "agency" in topic.writers:
        config.pop("retention.ms", None)
    return config


def plan(admin: AdminClient, *, replication_factor: int = 1, topics: Iterable[Topic] = TOPICS.values()) -> list[Change]:
    """What must change on the broker, in the order of the table. Settings that the table does not name are left alone.

    Raises KafkaException where no broker answers, TopicError where a topic may not be described.
    """
    topics = list(topics)
    partitions = _partitions(admin, [topic.name for topic in topics])
    configs = _configs(admin, [name for name, count in partitions.items() if count is not None])
    changes: list[Change] = []
    for topic in topics:
        current = partitions[topic.name]
        if current is None:
            changes.append(CreateTopic(topic, replication_factor))
            continue
        if current != topic.partitions:
            changes.append(WrongPartitions(topic.name, current, topic.partitions))
        for setting, wanted in governed_config(topic).items():
            found = configs[topic.name].get(setting, "")
            if not _same(found, wanted):
                changes.append(SetConfig(topic.name, setting, found, wanted))
    return changes


def apply(admin: AdminClient, changes: Sequence[Change]) -> list[Change]:
    """Make the changes that can be made; gives those that cannot. Raises KafkaException."""
    create = [change for change in changes if isinstance(change, CreateTopic)]
    if create:
        _create(admin, create)
    settings = [change for change in changes if isinstance(change, SetConfig)]
    if settings:
        _set(admin, settings)
    if create or settings:
        _await(admin, create, settings)
    return [change for change in changes if not change.applicable]


def require_topics(admin: AdminClient, names: Iterable[str], *, timeout_s: float = _TIMEOUT_S) -> None:
    """Make sure that topics are there and as a service relies on: partitions, clean-up, kind of time.

    Raises TopicError naming the first topic that is not, with the difference; KafkaException where no broker answers.
    """
    wanted = [TOPICS[name] for name in dict.fromkeys(names)]
    partitions = _partitions(admin, [topic.name for topic in wanted], timeout_s)
    for topic in wanted:
        current = partitions[topic.name]
        if current is None:
            raise TopicError(topic.name, "topic-missing", "is not on the broker; run `resesignal topics apply`")
        if current != topic.partitions:
            wrong = WrongPartitions(topic.name, current, topic.partitions)
            raise TopicError(topic.name, "topic-partitions", str(wrong))
    configs = _configs(admin, [topic.name for topic in wanted], timeout_s)
    for topic in wanted:
        for setting in _ESSENTIAL:
            found, right = configs[topic.name].get(setting, ""), topic.config[setting]
            if not _same(found, right):
                raise TopicError(
                    topic.name,
                    "topic-config",
                    f"{setting} is {found} and must be {right}; run `resesignal topics apply`",
                )


def _partitions(admin: AdminClient, names: list[str], timeout_s: float = _TIMEOUT_S) -> dict[str, int | None]:
    """Number of partitions by topic, None where there is no such topic."""
    if not names:
        return {}
    found: dict[str, int | None] = {}
    for name, future in admin.describe_topics(TopicCollection(names), request_timeout=timeout_s).items():
        try:
            found[name] = len(future.result().partitions)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise _named(name, error) from None
            found[name] = None
    return found


def _configs(admin: AdminClient, names: list[str], timeout_s: float = _TIMEOUT_S) -> dict[str, dict[str, str]]:
    """All settings by topic."""
    if not names:
        return {}
    # The same one twice is a protocol error to librdkafka.
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in dict.fromkeys(names)]
    futures: dict[Any, Future[dict[str, Any]]] = admin.describe_configs(resources, request_timeout=timeout_s)
    configs = {}
    for resource, future in futures.items():
        try:
            configs[resource.name] = {name: entry.value for name, entry in future.result().items()}
        except KafkaException as error:
            raise _named(resource.name, error) from None
    return configs


def _named(topic: str, error: KafkaException) -> Exception:
    """An authorisation failure as TopicError, anything else as it came."""
    if error.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
        return TopicError(
            topic, "topic-not-permitted", "may not be described; see `resesignal topics acl` for what to grant"
        )
    return error


def _create(admin: AdminClient, changes: list[CreateTopic]) -> None:
    new = [
        NewTopic(
            change.name,
            num_partitions=change.topic.partitions,
            replication_factor=change.replication_factor,
            config=change.topic.config,
        )
        for change in changes
    ]
    for future in admin.create_topics(new, operation_timeout=_TIMEOUT_S, request_timeout=_TIMEOUT_S).values():
        try:
            future.result()
        except KafkaException as error:
            # Somebody else was quicker: the next plan tells whether it is the same topic.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def _set(admin: AdminClient, changes: list[SetConfig]) -> None:
    entries: dict[str, list[Any]] = {}
    for change in changes:
        entry = ConfigEntry(change.setting, change.wanted, incremental_operation=AlterConfigOpType.SET)
        entries.setdefault(change.name, []).append(entry)
    resources = [ConfigResource(ResourceType.TOPIC, name, incremental_configs=items) for name, items in entries.items()]
    for future in admin.incremental_alter_configs(resources, request_timeout=_TIMEOUT_S).values():
        future.result()


def _await(admin: AdminClient, created: list[CreateTopic], settings: list[SetConfig]) -> None:
    """Wait until the broker that is asked shows the changes: it learns of them a moment after the controller."""
    deadline = time.monotonic() + _TIMEOUT_S
    while time.monotonic() < deadline:
        if None not in _partitions(admin, [change.name for change in created]).values():
            configs = _configs(admin, [change.name for change in settings])
            if all(_same(configs[change.name].get(change.setting, ""), change.wanted) for change in settings):
                return
        time.sleep(0.02)


def _same(found: str, wanted: str) -> bool:
    """Whether two values of a setting mean the same; some are lists in no order."""
    return sorted(found.split(",")) == sorted(wanted.split(","))
