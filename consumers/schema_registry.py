"""A Schema Registry, where one is configured: which schema has an id, and which id a schema has.

Speaks the registry's HTTP protocol (Confluent's, as Apicurio serves it under /apis/ccompat/v7) in the three requests
that are needed. confluent-kafka's own client would bring an OAuth library along and registers schemas by default; here
a service only ever asks, and `register` is called by an operator alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from fastavro import parse_schema
from fastavro.schema import SchemaParseException, UnknownType

from schemas.codec import Schema, history, schema
from schemas.topics import Topic

if TYPE_CHECKING:
    import httpx

_TYPE = "application/vnd.schemaregistry.v1+json"
_SCHEMA_NOT_FOUND = 40403
_SUBJECT_NOT_FOUND = 40401
# Ids come with the records, and nothing bounds how many a hostile sender makes up.
_MAX_REMEMBERED = 1_000
_FORGET_ABSENT_S = 30.0
_PAUSES_S = (0.1, 0.2, 0.5, 1.0, 2.0)
# The first meets a schema of another record with a refusal in the codec; so does whatever is no Avro record at all.
_UNUSABLE: Schema = {}


class RegistryAwayError(Exception):
    """The Schema Registry does not answer. Waiting helps: nothing may be refused on its account."""


class RegistryError(Exception):
    """The Schema Registry answers, and not as is needed: a wrong address, no permission, an unregistered schema.

    Attributes:
        code: `registry-address`, `registry-permission`, `registry-unregistered` or `registry-incompatible`.
    """

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{sentence} [{code}]")
        self.code = code


class SchemaRegistry:
    """One registry, asked over HTTP.

    Args:
        client: with the registry's address as `base_url`, and its time-outs; closed by the caller.
        clock: seconds that only rise, such as time.monotonic.
        wait: waits that many seconds between attempts; may raise, to end the waiting.
    """

    def __init__(self, client: httpx.Client, *, clock: Callable[[], float], wait: Callable[[float], object]) -> None:
        self._client = client
        self._clock = clock
        self._wait = wait
        self._known: dict[int, Schema] = {}
        self._absent: dict[int, float] = {}

    def resolve_id(self, number: int) -> Schema:
        """The schema under an id, as `codec.Codec` asks for it.

        What is there and is no Avro record comes back as an empty schema, which the codec refuses as incompatible.

        Raises KeyError where the registry has no such id; RegistryAwayError when it has not answered after several
        attempts; RegistryError.
        """
        if number in self._known:
            return self._known[number]
        if self._absent.get(number, 0.0) > self._clock():
            raise KeyError(number)
        answer = self._ask("GET", f"schemas/ids/{number}")
        if _error_code(answer) == _SCHEMA_NOT_FOUND:
            # Not for ever: a schema may be registered after the first record that names it was seen.
            _remember(self._absent, number, self._clock() + _FORGET_ABSENT_S)
            raise KeyError(number)
        definition = _usable(_body(answer))
        _remember(self._known, number, definition)
        return definition

    def ids_for(self, topics: Iterable[Topic]) -> dict[str, int]:
        """The ids of the newest committed schemas, by topic name (subjects are `<topic>-value`).

        Asks for the very schema, not for the latest of the subject: another version may be registered already.

        Raises RegistryError where it is not registered; RegistryAwayError.
        """
        return {topic.name: self._id_of(topic) for topic in topics}

    def register(self, topics: Iterable[Topic]) -> dict[str, int]:
        """Register all committed versions under each topic's subject, with BACKWARD_TRANSITIVE; gives the newest ids.

        For an operator, at deploy time. Done again it changes nothing. Raises RegistryError, RegistryAwayError.
        """
        ids = {}
        for topic in topics:
            subject = subject_of(topic)
            oldest, *later = history(topic.record)
            # Some registries know a subject's setting only once the subject is there; the first version breaks nothing.
            ids[topic.name] = self._add(subject, oldest)
            self._expect(self._ask("PUT", f"config/{subject}", {"compatibility": "BACKWARD_TRANSITIVE"}))
            for version in later:
                ids[topic.name] = self._add(subject, version)
        return ids

    def _id_of(self, topic: Topic) -> int:
        answer = self._ask("POST", f"subjects/{subject_of(topic)}", _payload(schema(topic.record)))
        if _error_code(answer) in (_SCHEMA_NOT_FOUND, _SUBJECT_NOT_FOUND):
            raise RegistryError(
                "registry-unregistered",
                f"The newest schema of {topic.record} is not registered under {subject_of(topic)}; "
                "run `resesignal schemas register`.",
            )
        return int(self._expect(answer)["id"])

    def _add(self, subject: str, definition: Schema) -> int:
        answer = self._ask("POST", f"subjects/{subject}/versions", _payload(definition))
        if answer.status_code == 409:
            raise RegistryError(
                "registry-incompatible",
                f"The registry refuses the schema under {subject} as incompatible with what it holds there; look at "
                "the subject's versions: somebody else may have registered one.",
            )
        return int(self._expect(answer)["id"])

    def _expect(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_success:
            return _body(answer)
        raise RegistryError("registry-address", f"The Schema Registry answered {answer.status_code} to a request.")

    def _ask(self, method: str, path: str, payload: dict[str, Any] | None = None) -> httpx.Response:
        """One request, repeated with growing pauses while the registry is away."""
        # Here, since it takes time and memory of every service, and few have a registry.
        import httpx

        for pause in (*_PAUSES_S, None):
            try:
                answer = self._client.request(method, path, json=payload, headers={"Accept": _TYPE})
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                return _checked(answer)
            if pause is not None:
                self._wait(pause)
        # No address in the text: it may hold a password.
        raise RegistryAwayError("the Schema Registry does not answer")


def subject_of(topic: Topic) -> str:
    """The subject of a topic's values (TopicNameStrategy)."""
    return f"{topic.name}-value"


def _payload(definition: Schema) -> dict[str, Any]:
    return {"schema": json.dumps(definition), "schemaType": "AVRO"}


def _checked(answer: httpx.Response) -> httpx.Response:
    if answer.status_code in (401, 403):
        raise RegistryError("registry-permission", "The Schema Registry refuses access; check user and password.")
    if answer.status_code == 404 and _error_code(answer) is None:
        raise RegistryError(
            "registry-address",
            "The Schema Registry's address leads to something else; for Apicurio it ends with /apis/ccompat/v7.",
        )
    return answer


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if not answer.is_success or not isinstance(body, dict):
        raise RegistryError("registry-address", f"The Schema Registry answered {answer.status_code} to a request.")
    return body


def _error_code(answer: httpx.Response) -> int | None:
    if answer.is_success:
        return None
    try:
        body = answer.json()
    except ValueError:
        return None
    code = body.get("error_code") if isinstance(body, dict) else None
    return code if isinstance(code, int) else None


def _usable(body: dict[str, Any]) -> Schema:
    """The Avro record in an answer, or the empty schema."""
    if body.get("schemaType", "AVRO") != "AVRO":
        return _UNUSABLE
    try:
        definition = json.loads(body["schema"])
        if not isinstance(definition, dict) or definition.get("type") != "record":
            return _UNUSABLE
        parse_schema(definition)
    except (KeyError, TypeError, ValueError, SchemaParseException, UnknownType):
        # UnknownType: it refers to schemas of other subjects, which no schema of this project does.
        return _UNUSABLE
    return definition


def _remember(memory: dict[int, Any], number: int, what: Any) -> None:
    if len(memory) >= _MAX_REMEMBERED:
        del memory[next(iter(memory))]
    memory[number] = what
