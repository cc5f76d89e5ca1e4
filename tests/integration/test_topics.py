"""Topics planned, applied and required against a real broker."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)
from typer.testing import CliRunner

import deploy.topics
from deploy.commands.topics import app
from deploy.topics import CreateTopic, SetConfig, TopicError, WrongPartitions, apply, plan, require_topics
from schemas.topics import BORDER_CROSSINGS, BORDER_CROSSINGS_MEMORY, DEAD_LETTERS, PROTECTION_STATUSES, TOPICS, Topic

# A port of the discard service: nobody answers there.
NOBODY = "127.0.0.1:9"


@pytest.fixture
def admin(kafka_bootstrap: str) -> AdminClient:
    return AdminClient({"bootstrap.servers": kafka_bootstrap})


@pytest.fixture
def table(admin: AdminClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Topic]]:
    """Some topics of the table under names of the test's own, as the broker is shared."""
    mark = secrets.token_hex(4)
    topics = (BORDER_CROSSINGS, BORDER_CROSSINGS_MEMORY, PROTECTION_STATUSES, DEAD_LETTERS)
    own = {topic.name: replace(topic, name=f"{topic.name}-{mark}") for topic in topics}
    monkeypatch.setattr(deploy.topics, "TOPICS", {topic.name: topic for topic in own.values()})
    yield own
    for future in admin.delete_topics([topic.name for topic in own.values()]).values():
        try:
            future.result()
        except KafkaException:  # a test that created none has nothing to delete
            continue


def set_config(admin: AdminClient, topic: str, setting: str, value: str) -> None:
    entry = ConfigEntry(setting, value, incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=[entry])
    for future in admin.incremental_alter_configs([resource]).values():
        future.result()
    # The broker learns of it from the controller a moment later.
    for _ in range(500):
        (described,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, topic)]).values()
        if described.result()[setting].value == value:
            return
        time.sleep(0.01)
    raise AssertionError(f"{setting} did not become {value}")


def test_missing_topics_are_planned_created_and_then_nothing_is_left_to_do(
    admin: AdminClient, table: dict[str, Topic]
) -> None:
    changes = plan(admin, topics=table.values())
    assert changes == [CreateTopic(topic, 1) for topic in table.values()]
    assert str(changes[0]) == "create with 6 partitions, 1 copies of each"
    assert apply(admin, changes) == []
    assert plan(admin, topics=table.values()) == []
    require_topics(admin, [topic.name for topic in table.values()])


def test_creating_what_another_has_just_created_is_no_error(admin: AdminClient, table: dict[str, Topic]) -> None:
    changes = plan(admin, topics=table.values())
    apply(admin, changes)
    assert apply(admin, changes) == []


def test_a_setting_that_differs_is_set_and_an_unknown_one_is_left(admin: AdminClient, table: dict[str, Topic]) -> None:
    apply(admin, plan(admin, topics=table.values()))
    memory = table["border-crossings-memory"].name
    set_config(admin, memory, "cleanup.policy", "delete")
    set_config(admin, memory, "segment.ms", "60000")
    set_config(admin, memory, "max.message.bytes", "2000000")
    changes = plan(admin, topics=table.values())
    assert changes == [
        SetConfig(memory, "cleanup.policy", "delete", "compact"),
        SetConfig(memory, "max.message.bytes", "2000000", "1000000"),
    ]
    assert str(changes[0]) == "set cleanup.policy from delete to compact"
    assert apply(admin, changes) == []
    assert plan(admin, topics=table.values()) == []
    (future,) = admin.describe_configs([ConfigResource(ResourceType.TOPIC, memory)]).values()
    assert future.result()["segment.ms"].value == "60000"


def test_the_order_of_clean_up_policies_means_nothing(admin: AdminClient, table: dict[str, Topic]) -> None:
    apply(admin, plan(admin, topics=table.values()))
    set_config(admin, table["dead-letters"].name, "cleanup.policy", "delete,compact")
    assert plan(admin, topics=table.values()) == []


def test_the_retention_that_an_agency_set_for_what_it_sends_is_left_and_ours_is_not(
    admin: AdminClient, table: dict[str, Topic]
) -> None:
    apply(admin, plan(admin, topics=table.values()))
    set_config(admin, table["border-crossings"].name, "retention.ms", "86400000")
    set_config(admin, table["dead-letters"].name, "retention.ms", "86400000")
    assert [(change.name, str(change)) for change in plan(admin, topics=table.values())] == [
        (table["dead-letters"].name, "set retention.ms from 86400000 to 31536000000")
    ]


def test_another_number_of_partitions_cannot_be_applied_and_refuses_a_start(
    admin: AdminClient, table: dict[str, Topic]
) -> None:
    crossings = table["border-crossings"]
    apply(admin, [CreateTopic(replace(crossings, partitions=4), 1)])
    changes = plan(admin, topics=table.values())
    wrong = WrongPartitions(crossings.name, 4, 6)
    assert wrong in changes
    assert apply(admin, changes) == [wrong]
    assert plan(admin, topics=table.values()) == [wrong]
    assert "has 4 partitions and must have 6" in str(wrong)
    with pytest.raises(TopicError, match="has 4 partitions and must have 6") as error:
        require_topics(admin, [table["protection-statuses"].name, crossings.name])
    assert (error.value.topic, error.value.code) == (crossings.name, "topic-partitions")


def test_a_missing_topic_refuses_a_start(admin: AdminClient, table: dict[str, Topic]) -> None:
    with pytest.raises(TopicError, match="is not on the broker; run `resesignal topics apply`") as error:
        require_topics(admin, [table["border-crossings"].name])
    assert error.value.code == "topic-missing"


@pytest.mark.parametrize(
    ("topic", "setting", "value"),
    [
        ("border-crossings-memory", "cleanup.policy", "delete"),
        ("border-crossings", "message.timestamp.type", "CreateTime"),
    ],
)
def test_a_setting_that_correctness_hangs_on_refuses_a_start(
    admin: AdminClient, table: dict[str, Topic], topic: str, setting: str, value: str
) -> None:
    apply(admin, plan(admin, topics=table.values()))
    set_config(admin, table[topic].name, setting, value)
    with pytest.raises(TopicError, match=f"{setting} is {value} and must be") as error:
        require_topics(admin, [item.name for item in table.values()])
    assert (error.value.topic, error.value.code) == (table[topic].name, "topic-config")


def test_a_setting_of_comfort_refuses_no_start(admin: AdminClient, table: dict[str, Topic]) -> None:
    apply(admin, plan(admin, topics=table.values()))
    set_config(admin, table["border-crossings-memory"].name, "retention.ms", "1000000")
    require_topics(admin, [item.name for item in table.values()])


def test_no_broker_is_kafkas_own_error_so_that_a_service_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy.topics, "_TIMEOUT_S", 1.0)
    config: dict[str, Any] = {"bootstrap.servers": NOBODY, "error_cb": lambda _: None, "log_level": 0}
    with pytest.raises(KafkaException):
        require_topics(AdminClient(config), ["border-crossings"])


def test_the_commands_take_an_empty_broker_to_the_table_and_say_so(kafka_bootstrap: str, admin: AdminClient) -> None:
    runner = CliRunner(env={"RESESIGNAL_KAFKA_BOOTSTRAP": kafka_bootstrap})
    runner.invoke(app, ["apply"])
    assert runner.invoke(app, ["check"]).output == f"All {len(TOPICS)} topics are as the table says.\n"
    set_config(admin, "dead-letters", "cleanup.policy", "delete")
    planned = runner.invoke(app, ["plan", "--json"])
    assert planned.exit_code == 1
    assert json.loads(planned.stdout) == {
        "as_the_table_says": False,
        "changes": [
            {
                "topic": "dead-letters",
                "change": "set cleanup.policy from delete to compact,delete",
                "applied": False,
                "kind": "set-config",
            }
        ],
    }
    assert runner.invoke(app, ["check"]).exit_code == 1
    applied = runner.invoke(app, ["apply", "--json"])
    assert (applied.exit_code, json.loads(applied.stdout)["as_the_table_says"]) == (0, True)
    assert runner.invoke(app, ["check", "--json"]).exit_code == 0


def test_the_commands_say_that_no_broker_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy.topics, "_TIMEOUT_S", 1.0)
    result = CliRunner().invoke(app, ["plan", "--bootstrap", NOBODY])
    assert result.exit_code == 3
    assert "No broker answered" in result.stderr
    assert result.stdout == ""
