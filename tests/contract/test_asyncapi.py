"""The AsyncAPI document: committed as generated, valid, and enough to write a record without our code."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

import deploy
from deploy.asyncapi import FILE, document, to_json, to_yaml
from deploy.commands.asyncapi import asyncapi
from deploy.wire_example import murmur2, pieces
from schemas.codec import Codec, schema
from schemas.reasons import Reason
from schemas.topics import TOPICS
from tests.contract.examples import Accepted, accepted

PROJECT = Path(deploy.__file__).parents[1]
# The specification's own JSON schema; its first line says where it comes from and what was left out.
VALIDATOR = jsonschema.Draft7Validator(
    json.loads((Path(__file__).parent / "asyncapi-3.0.0.schema.json").read_text("utf-8"))
)


def test_the_committed_document_is_the_generated_one() -> None:
    assert (PROJECT / FILE).read_text("utf-8") == to_yaml(), "run `resesignal asyncapi` and commit docs/asyncapi.yaml"


def test_yaml_and_json_say_the_same() -> None:
    assert yaml.safe_load(to_yaml()) == document()
    assert json.loads(to_json()) == document()


def test_it_is_valid_asyncapi() -> None:
    assert [f"{list(error.absolute_path)}: {error.message}" for error in VALIDATOR.iter_errors(document())] == []


def set_action(content: dict[str, Any]) -> None:
    content["operations"]["send-border-crossings"]["action"] = "publish"


def drop_fields(content: dict[str, Any]) -> None:
    del content["components"]["messages"]["redrive"]["payload"]["schema"]["fields"]


def no_partitions(content: dict[str, Any]) -> None:
    content["channels"]["redrives"]["bindings"]["kafka"]["partitions"] = 0


def unknown_policy(content: dict[str, Any]) -> None:
    content["channels"]["redrives"]["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"] = ["keep"]


@pytest.mark.parametrize("damage", [set_action, drop_fields, no_partitions, unknown_policy])
def test_the_validation_sees_what_is_wrong(damage: Callable[[dict[str, Any]], None]) -> None:
    content = copy.deepcopy(document())
    damage(content)
    assert not VALIDATOR.is_valid(content)


def test_every_reference_leads_somewhere() -> None:
    content = document()

    def follow(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                target: Any = content
                for step in node["$ref"].removeprefix("#/").split("/"):
                    target = target[step]
            for part in node.values():
                follow(part)
        elif isinstance(node, list):
            for part in node:
                follow(part)

    follow(content)


def test_every_topic_is_a_channel_and_says_what_the_table_says() -> None:
    channels = document()["channels"]
    assert set(channels) == set(TOPICS)
    for name, topic in TOPICS.items():
        kafka = channels[name]["bindings"]["kafka"]
        assert (channels[name]["address"], kafka["topic"], kafka["partitions"]) == (name, name, topic.partitions)
        found = {
            key: ",".join(value) if isinstance(value, list) else str(value)
            for key, value in kafka["topicConfiguration"].items()
        }
        assert found | {"message.timestamp.type": channels[name]["x-message-timestamp-type"]} == topic.config
        assert channels[name].get("x-authorities", []) == sorted(topic.authorities)
        assert channels[name]["x-key"] == topic.key


def test_an_agency_sends_what_it_writes_and_receives_what_leaves_the_system() -> None:
    operations = {name: operation["action"] for name, operation in document()["operations"].items()}
    assert operations == {
        "send-border-crossings": "send",
        "send-mission-observations": "send",
        "send-protection-statuses": "send",
        "receive-case-outcomes": "receive",
        "receive-dead-letters": "receive",
    }


def test_every_message_has_the_newest_schema_no_headers_and_examples() -> None:
    messages = document()["components"]["messages"]
    assert set(messages) == {topic.record for topic in TOPICS.values()}
    for record, message in messages.items():
        assert message["payload"]["schema"] == schema(record)
        assert message["headers"]["maxProperties"] == 0
        shown = {example["name"]: example["payload"] for example in message["examples"]}
        assert shown == {example.name: json.loads(example.json) for example in accepted() if example.record == record}


def test_every_reason_code_is_explained() -> None:
    assert document()["x-reason-codes"] == {reason.value: reason.advice for reason in Reason}


def test_the_worked_example_is_a_record_that_the_codec_reads() -> None:
    example = document()["x-wire-format"]["example"]
    data = bytes.fromhex("".join(part["bytes"] for part in example["parts"]))
    assert data.hex() == example["value"]
    assert len(data) == example["size"]
    record = TOPICS[example["channel"]].record
    values = Codec(record, raw=True).decode(data)
    assert values[TOPICS[example["channel"]].key] == example["key"]
    # Each part is where it says, and the first field begins after the header of ten bytes.
    position = 0
    for part in example["parts"]:
        assert part["at"] == position
        position += len(bytes.fromhex(part["bytes"]))
    assert [part.get("field") for part in example["parts"][:3]] == [None, None, "event_id"]
    assert example["parts"][2]["at"] == 10


@pytest.mark.parametrize("example", accepted(), ids=lambda example: f"{example.record}/{example.name}")
def test_any_record_taken_apart_gives_its_bytes(example: Accepted) -> None:
    values = Codec(example.record, raw=True).decode(example.encoded)
    parts = pieces(schema(example.record), values)
    assert b"".join(part.data for part in parts) == example.encoded


def test_the_fingerprints_are_those_in_the_headers() -> None:
    fingerprints = document()["x-wire-format"]["single-object"]["fingerprints"]
    for example in accepted():
        assert bytes.fromhex(fingerprints[example.record]) == example.encoded[2:10]


# From Kafka's own tests (org.apache.kafka.common.utils.UtilsTest.testMurmur2), as signed numbers.
@pytest.mark.parametrize(
    ("key", "number"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_the_hash_of_a_key_is_kafkas(key: str, number: int) -> None:
    assert murmur2(key.encode()) == number % 2**32


def test_the_document_names_no_host() -> None:
    content = document()
    assert "servers" not in content
    assert "://" not in to_yaml()


def test_check_writes_nothing_and_tells_a_difference(tmp_path: Path) -> None:
    import typer

    app = typer.Typer()
    app.command()(asyncapi)
    file = tmp_path / "docs" / "asyncapi.yaml"
    run = CliRunner().invoke
    missing = run(app, [str(file), "--check"])
    assert (missing.exit_code, file.exists()) == (1, False)
    assert run(app, [str(file)]).exit_code == 0
    assert file.read_text("utf-8") == to_yaml()
    assert run(app, [str(file), "--check"]).exit_code == 0
    file.write_text("asyncapi: 3.0.0\n", "utf-8")
    differs = run(app, [str(file), "--check"])
    assert differs.exit_code == 1
    assert "differs from the table" in differs.stdout
    assert file.read_text("utf-8") == "asyncapi: 3.0.0\n"
    assert run(app, [str(tmp_path / "a.json")]).exit_code == 0
    assert (tmp_path / "a.json").read_text("utf-8") == to_json()
