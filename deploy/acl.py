"""The rights on a broker that follow from the table of topics: who may write and read what, and nothing else.

Principals are placeholders: whoever runs the broker binds them to certificates or SCRAM users. `authority` in a record
is what an agency says of itself; only a right to write makes it true (design, "Contracts").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schemas.topics import TOPICS, Topic

SERVICES = frozenset({"matching", "candidates", "case-queue"})
# Services that write to Kafka do so in transactions.
_TRANSACTIONAL = frozenset({"matching", "candidates"})


@dataclass(frozen=True, slots=True, order=True)
class Acl:
    """One right that is granted: `principal` may do `operation` on the resource.

    Attributes:
        principal: `User:` and a placeholder.
        resource: TOPIC, GROUP or TRANSACTIONAL_ID.
        name: name of the resource, or how it begins.
        pattern: LITERAL or PREFIXED.
        operation: Kafka's name of the operation.
    """

    principal: str
    resource: str
    name: str
    pattern: str
    operation: str

    @property
    def command(self) -> str:
        """The same as arguments of Kafka's own `kafka-acls`."""
        option = {"TOPIC": "--topic", "GROUP": "--group", "TRANSACTIONAL_ID": "--transactional-id"}[self.resource]
        operation = "".join(part.capitalize() for part in self.operation.split("_"))
        return (
            f"--add --allow-principal {self.principal} --operation {operation} {option} {self.name} "
            f"--resource-pattern-type {self.pattern.lower()}"
        )


def acls(topics: Iterable[Topic] = TOPICS.values()) -> list[Acl]:
    """All rights that the table asks for, sorted, each once."""
    topics = list(topics)
    granted = {acl for topic in topics for acl in _of_topic(topic)}
    # `resesignal reconcile` and `dead-letters redrive` ask how far the groups have come.
    watched = {
        Acl("User:operator", "GROUP", service, "LITERAL", "DESCRIBE")
        for topic in topics
        if "operator" in topic.readers
        for service in SERVICES.intersection(topic.readers)
    }
    used = {who for topic in topics for who in (*topic.writers, *topic.readers)} & SERVICES
    return sorted(granted | watched | {acl for service in used for acl in _of_service(service)})


def principals(topic: Topic, who: str) -> list[str]:
    """Placeholders for a writer or reader of a topic: each authority that may publish, a service, or the operator."""
    if who != "agency":
        return [f"User:{who}"]
    return [f"User:{name.lower()}" for name in sorted(topic.authorities or {topic.owner})]


def _of_topic(topic: Topic) -> Iterator[Acl]:
    for who in topic.writers:
        for principal in principals(topic, who):
            for operation in ("DESCRIBE", "WRITE"):
                yield Acl(principal, "TOPIC", topic.name, "LITERAL", operation)
    for who in topic.readers:
        for principal in principals(topic, who):
            for operation in ("DESCRIBE", "READ"):
                yield Acl(principal, "TOPIC", topic.name, "LITERAL", operation)
    # A service compares the settings of each topic it uses before it starts.
    for service in SERVICES.intersection((*topic.writers, *topic.readers)):
        yield Acl(f"User:{service}", "TOPIC", topic.name, "LITERAL", "DESCRIBE_CONFIGS")


def _of_service(service: str) -> Iterator[Acl]:
    principal = f"User:{service}"
    yield Acl(principal, "GROUP", service, "LITERAL", "READ")
    if service in _TRANSACTIONAL:
        for operation in ("DESCRIBE", "WRITE"):
            # consumers/kafka.py: the transactional id is the service's name and the instance's.
            yield Acl(principal, "TRANSACTIONAL_ID", f"{service}-", "PREFIXED", operation)
