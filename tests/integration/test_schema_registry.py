"""The Schema Registry client against a server: the one that RESESIGNAL_TEST_SCHEMA_REGISTRY names, else a fake one.

A real one is named by the address that clients use, such as http://127.0.0.1:8081/apis/ccompat/v7 for Apicurio.
"""

from __future__ import annotations

import copy
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

import consumers.schema_registry
from consumers.schema_registry import RegistryError, SchemaRegistry, subject_of
from schemas.codec import Codec, schema
from schemas.reasons import Reason, Refused
from schemas.topics import DEAD_LETTERS, REDRIVES, Topic
from tests.contract.examples import accepted
from tests.fake_registry import fake_registry


@pytest.fixture(scope="module")
def registry_url() -> Iterator[str]:
    if named := os.environ.get("RESESIGNAL_TEST_SCHEMA_REGISTRY"):
        yield named
    else:
        with fake_registry() as url:
            yield url


@pytest.fixture
def client(registry_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=registry_url, timeout=5) as client:
        yield client


@pytest.fixture
def registry(client: httpx.Client) -> SchemaRegistry:
    return SchemaRegistry(client, clock=time.monotonic, wait=time.sleep)


@pytest.fixture
def redrives() -> Topic:
    """The topic of redrives under a name, and so a subject, of the test's own."""
    return replace(REDRIVES, name=f"redrives-{secrets.token_hex(4)}")


@pytest.fixture
def dead_letters() -> Topic:
    return replace(DEAD_LETTERS, name=f"dead-letters-{secrets.token_hex(4)}")


def test_registered_schemas_are_found_by_id_and_ids_by_schema(
    registry: SchemaRegistry, redrives: Topic, dead_letters: Topic
) -> None:
    registered = registry.register([redrives, dead_letters])
    assert registry.ids_for([redrives, dead_letters]) == registered
    assert registered[redrives.name] != registered[dead_letters.name]
    assert registry.resolve_id(registered[redrives.name]) == schema("redrive")
    assert registry.resolve_id(registered[dead_letters.name]) == schema("dead-letter")


def test_registering_again_changes_nothing(registry: SchemaRegistry, redrives: Topic) -> None:
    assert registry.register([redrives]) == registry.register([redrives])


def test_a_record_travels_in_the_confluent_framing_through_the_registry(
    registry: SchemaRegistry, redrives: Topic, dead_letters: Topic
) -> None:
    ids = registry.register([redrives, dead_letters])
    example = next(example for example in accepted() if example.record == "redrive")
    values = Codec("redrive").decode(example.encoded)
    sent = Codec("redrive", confluent_id=ids[redrives.name]).encode(values)
    assert Codec("redrive", resolve_id=registry.resolve_id).decode(sent) == values
    elsewhere = Codec("redrive", confluent_id=ids[dead_letters.name]).encode(values)
    unknown = Codec("redrive", confluent_id=2**31 - 1).encode(values)
    for data, reason in ((elsewhere, Reason.SCHEMA_INCOMPATIBLE), (unknown, Reason.SCHEMA_UNKNOWN)):
        with pytest.raises(Refused) as refusal:
            Codec("redrive", resolve_id=registry.resolve_id).decode(data)
        assert refusal.value.reason is reason


def test_an_older_version_is_registered_first_and_the_newest_gives_the_id(
    registry: SchemaRegistry, dead_letters: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = without_field("dead-letter", "field")
    monkeypatch.setattr(consumers.schema_registry, "history", lambda record: (older, schema(record)))
    newest = registry.register([dead_letters])[dead_letters.name]
    assert registry.resolve_id(newest) == schema("dead-letter")
    assert registry.ids_for([dead_letters]) == {dead_letters.name: newest}


def test_the_registry_is_set_to_refuse_what_could_not_be_read(
    registry: SchemaRegistry, client: httpx.Client, redrives: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.register([redrives])
    level = client.get(f"config/{subject_of(redrives)}").json()["compatibilityLevel"]
    assert level == "BACKWARD_TRANSITIVE"
    broken = copy.deepcopy(schema("redrive"))
    broken["fields"].append({"name": "host", "type": "string", "doc": "No default."})
    monkeypatch.setattr(consumers.schema_registry, "history", lambda record: (schema(record), broken))
    with pytest.raises(RegistryError) as error:
        registry.register([redrives])
    assert error.value.code == "registry-incompatible"


def test_a_schema_that_nobody_registered_is_told_with_what_to_do(registry: SchemaRegistry, redrives: Topic) -> None:
    with pytest.raises(RegistryError, match="run `resesignal schemas register`") as error:
        registry.ids_for([redrives])
    assert error.value.code == "registry-unregistered"


def test_another_schema_under_the_subject_is_not_taken_for_ours(
    registry: SchemaRegistry, redrives: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers.schema_registry, "history", lambda record: (without_field(record, "sha256"),))
    registry.register([redrives])
    with pytest.raises(RegistryError) as error:
        registry.ids_for([redrives])
    assert error.value.code == "registry-unregistered"


def test_an_unknown_id_is_a_key_error(registry: SchemaRegistry) -> None:
    with pytest.raises(KeyError):
        registry.resolve_id(2**31 - 1)


def test_asking_registers_nothing(registry: SchemaRegistry, client: httpx.Client, redrives: Topic) -> None:
    with pytest.raises(RegistryError):
        registry.ids_for([redrives])
    answer = client.post(f"subjects/{subject_of(redrives)}", json={"schema": "{}", "schemaType": "AVRO"})
    assert answer.status_code == 404
    assert answer.json()["error_code"] == 40401


def test_a_wrong_path_in_the_address_is_told(registry_url: str) -> None:
    with httpx.Client(base_url=f"{httpx.URL(registry_url).copy_with(path='/elsewhere')}", timeout=5) as client:
        registry = SchemaRegistry(client, clock=time.monotonic, wait=time.sleep)
        with pytest.raises(RegistryError) as error:
            registry.resolve_id(1)
    assert error.value.code == "registry-address"


def without_field(record: str, name: str) -> dict[str, Any]:
    definition = copy.deepcopy(schema(record))
    definition["fields"] = [field for field in definition["fields"] if field["name"] != name]
    return definition
