"""The rights that follow from the table of topics."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from deploy.acl import SERVICES, Acl, acls
from deploy.commands.topics import app
from schemas.topics import TOPICS


def may(operation: str, topic: str) -> set[str]:
    return {
        acl.principal.removeprefix("User:")
        for acl in acls()
        if (acl.resource, acl.operation, acl.name) == ("TOPIC", operation, topic)
    }


def test_only_the_authorities_of_a_topic_may_write_it() -> None:
    assert may("WRITE", "border-crossings") == {"polismyndigheten", "tullverket", "kustbevakningen"}
    assert may("WRITE", "mission-observations") == {"utlandsmyndigheterna"}
    assert may("WRITE", "protection-statuses") == {"migrationsverket"}
    assert may("WRITE", "redrives") == {"operator"}


def test_an_agency_may_read_nothing_and_write_only_its_own() -> None:
    police = {(acl.operation, acl.name) for acl in acls() if acl.principal == "User:polismyndigheten"}
    assert police == {("DESCRIBE", "border-crossings"), ("WRITE", "border-crossings")}


@pytest.mark.parametrize("topic", TOPICS.values(), ids=lambda topic: topic.name)
def test_readers_and_writing_services_are_those_of_the_table(topic: object) -> None:
    from schemas.topics import Topic

    assert isinstance(topic, Topic)
    assert may("READ", topic.name) == set(topic.readers)
    assert may("WRITE", topic.name) & (SERVICES | {"operator"}) == set(topic.writers) - {"agency"}
    assert may("DESCRIBE_CONFIGS", topic.name) == SERVICES & {*topic.writers, *topic.readers}


def test_services_have_their_groups_and_transactional_ids_and_the_operator_sees_how_far_they_are() -> None:
    other = [acl for acl in acls() if acl.resource != "TOPIC"]
    assert other == [
        Acl("User:candidates", "GROUP", "candidates", "LITERAL", "READ"),
        Acl("User:candidates", "TRANSACTIONAL_ID", "candidates-", "PREFIXED", "DESCRIBE"),
        Acl("User:candidates", "TRANSACTIONAL_ID", "candidates-", "PREFIXED", "WRITE"),
        Acl("User:case-queue", "GROUP", "case-queue", "LITERAL", "READ"),
        Acl("User:matching", "GROUP", "matching", "LITERAL", "READ"),
        Acl("User:matching", "TRANSACTIONAL_ID", "matching-", "PREFIXED", "DESCRIBE"),
        Acl("User:matching", "TRANSACTIONAL_ID", "matching-", "PREFIXED", "WRITE"),
        Acl("User:operator", "GROUP", "candidates", "LITERAL", "DESCRIBE"),
        Acl("User:operator", "GROUP", "case-queue", "LITERAL", "DESCRIBE"),
        Acl("User:operator", "GROUP", "matching", "LITERAL", "DESCRIBE"),
    ]


def test_a_right_reads_as_arguments_of_kafka_acls() -> None:
    right = Acl("User:matching", "TRANSACTIONAL_ID", "matching-", "PREFIXED", "DESCRIBE_CONFIGS")
    assert right.command == (
        "--add --allow-principal User:matching --operation DescribeConfigs --transactional-id matching- "
        "--resource-pattern-type prefixed"
    )


def test_the_command_shows_every_right() -> None:
    as_json = CliRunner().invoke(app, ["acl", "--json"])
    assert as_json.exit_code == 0
    assert [Acl(**row) for row in json.loads(as_json.stdout)] == acls()
    as_arguments = CliRunner().invoke(app, ["acl", "--commands"])
    assert as_arguments.stdout.splitlines() == [acl.command for acl in acls()]
    table = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["acl"]).stdout
    assert all(acl.name in table for acl in acls())
