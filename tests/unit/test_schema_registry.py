"""The Schema Registry client when the registry is away, slow to know, or not what it should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from consumers.schema_registry import RegistryAwayError, RegistryError, SchemaRegistry
from schemas.codec import Codec, schema
from schemas.reasons import Reason, Refused
from schemas.topics import REDRIVES

REDRIVE = httpx.Response(200, json={"schema": json.dumps(schema("redrive"))})
ABSENT = httpx.Response(404, json={"error_code": 40403, "message": "not found"})
ANSWERS = Callable[[httpx.Request], httpx.Response]


class Bench:
    """A registry client with a clock and pauses under the test's control, over scripted answers."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.asked: list[str] = []
        self.pauses: list[float] = []
        self.now = 100.0
        self._answers = list(answers)
        client = httpx.Client(base_url="http://registry.invalid/v7", transport=httpx.MockTransport(self._answer))
        self.registry = SchemaRegistry(client, clock=lambda: self.now, wait=self.pauses.append)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url.path}")
        # The last answer is given for ever.
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_schema_is_asked_for_once() -> None:
    bench = Bench(REDRIVE)
    assert [bench.registry.resolve_id(7) for _ in range(3)] == [schema("redrive")] * 3
    assert bench.asked == ["GET /v7/schemas/ids/7"]


def test_an_absent_id_is_asked_for_again_only_after_a_while() -> None:
    bench = Bench(ABSENT, REDRIVE)
    for _ in range(3):
        with pytest.raises(KeyError):
            bench.registry.resolve_id(7)
    assert len(bench.asked) == 1
    bench.now += 31
    assert bench.registry.resolve_id(7) == schema("redrive")


def test_ids_that_a_sender_makes_up_do_not_fill_the_memory() -> None:
    bench = Bench(ABSENT)
    for number in range(1, 1_502):
        with pytest.raises(KeyError):
            bench.registry.resolve_id(number)
    assert len(bench.registry._absent) == 1_000


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(500),
        httpx.Response(503, text="starting"),
        httpx.Response(429),
    ],
    ids=repr,
)
def test_a_registry_that_is_away_for_a_moment_is_waited_for(trouble: Any) -> None:
    bench = Bench(trouble, trouble, REDRIVE)
    assert bench.registry.resolve_id(7) == schema("redrive")
    assert bench.pauses == [0.1, 0.2]


def test_a_registry_that_stays_away_makes_the_service_wait_and_refuses_no_record() -> None:
    bench = Bench(httpx.ConnectError("no route to http://user:secret@registry"))
    codec = Codec("redrive", resolve_id=bench.registry.resolve_id)
    with pytest.raises(RegistryAwayError, match=r"^the Schema Registry does not answer$"):
        codec.decode(b"\0\0\0\0\x07rest")
    assert bench.pauses == [0.1, 0.2, 0.5, 1.0, 2.0]
    assert len(bench.asked) == 6


def test_waiting_ends_when_the_service_is_asked_to_stop() -> None:
    class StopAskedError(Exception):
        pass

    def stop(_seconds: float) -> None:
        raise StopAskedError

    transport = httpx.MockTransport(lambda _: httpx.Response(503))
    with httpx.Client(base_url="http://registry.invalid", transport=transport) as client:
        registry = SchemaRegistry(client, clock=lambda: 0.0, wait=stop)
        with pytest.raises(StopAskedError):
            registry.resolve_id(7)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (httpx.Response(401), "registry-permission"),
        (httpx.Response(403, json={"error_code": 40301}), "registry-permission"),
        (httpx.Response(404, text="<html>"), "registry-address"),
        (httpx.Response(200, text="<html>"), "registry-address"),
        (httpx.Response(200, json=[1]), "registry-address"),
        (httpx.Response(302, headers={"Location": "/login"}), "registry-address"),
        (httpx.Response(400, json={"error_code": 400}), "registry-address"),
    ],
    ids=repr,
)
def test_what_waiting_does_not_mend_is_told_at_once(answer: httpx.Response, code: str) -> None:
    bench = Bench(answer)
    for call in (lambda: bench.registry.resolve_id(7), lambda: bench.registry.ids_for([REDRIVES])):
        with pytest.raises(RegistryError) as error:
            call()
        assert error.value.code == code
    assert bench.pauses == []


@pytest.mark.parametrize(
    "body",
    [
        {"schema": '"int"'},
        {"schema": "[]"},
        {"schema": "not json"},
        {"schema": '{"type": "object"}', "schemaType": "JSON"},
        {"schema": '{"type": "record", "name": "A", "fields": [{"name": "a", "type": "elsewhere.B"}]}'},
        {"schema": '{"type": "record", "name": "A"}'},
        {"schema": '{"type": "record", "name": "A", "fields": [{"name": "a", "type": "int", "default": "x"}]}'},
        {},
    ],
    ids=str,
)
def test_what_is_no_avro_record_is_refused_as_incompatible(body: dict[str, Any]) -> None:
    bench = Bench(httpx.Response(200, json=body))
    with pytest.raises(Refused) as refusal:
        Codec("redrive", resolve_id=bench.registry.resolve_id).decode(b"\0\0\0\0\x07rest")
    assert refusal.value.reason is Reason.SCHEMA_INCOMPATIBLE
