"""The as-of join on Quix Streams, exactly once: runs in an environment of its own, so nothing of the project is here.

`check VECTORS` compares document keys; `run VARIANT BOOTSTRAP APPLICATION STATE SCHEMAS PEER_SCHEMAS REGISTRY OUT
INPUT...` runs until SIGTERM and says READY once it reads. Variants: asof (`join_asof`, events keyed by document) and
lookup (`join_lookup` on a dict of the newest rows, events as they are).
"""

from __future__ import annotations

import json
import sys
from bisect import bisect
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer
from fastavro.schema import fingerprint, to_parsing_canonical_form

_HEADER = 10  # of the single-object encoding
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_SAME = {"D": "DEU", "XKX": "RKS"}
_UNREADABLE = (EOFError, IndexError, UnicodeDecodeError, ValueError, OverflowError, TypeError)


def document_key(issuing_state: str, number: str) -> str:
    """As `document_key` in matcher/registry.py."""
    if not number.isalnum():
        number = "".join(c for c in number if c.isalnum())
    return f"{_SAME.get(issuing_state, issuing_state)}:{number.upper()}"


def check(vectors: Path) -> int:
    """Compare a file of lines `state TAB number TAB key`; the number of lines. Raises ValueError."""
    lines = vectors.read_text("utf-8").splitlines()
    for number, line in enumerate(lines, start=1):
        state, document, key = line.split("\t")
        if document_key(state, document) != key:
            raise ValueError(f"line {number} gives {document_key(state, document)}")
    return len(lines)


def _last_sunday(year: int, month: int) -> int:
    """01:00 UTC on the last Sunday of a month of 31 days, in milliseconds since 1970."""
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return int((last - timedelta(days=last.isoweekday() % 7)).timestamp()) * 1000


# When summer time begins, ends, begins, ...
_CHANGES = [_last_sunday(year, month) for year in range(1996, 2100) for month in (3, 10)]


def swedish_day(at: int) -> int:
    """The Swedish day of a moment of these years, in days and milliseconds since 1970, as in schemas/swedish_time.py.

    The database of time zones is not asked: the machine may have none.
    """
    return (at + (2 if bisect(_CHANGES, at) % 2 else 1) * _HOUR_MS) // _DAY_MS


class Schemas:
    """Schemas by the header that stands before a record; logical types are left out, as plain values decode faster."""

    def __init__(self, *files: Path) -> None:
        self._readers: dict[bytes, Any] = {}
        for file in files:
            definition = json.loads(file.read_text("utf-8"))
            mark = bytes.fromhex(fingerprint(to_parsing_canonical_form(definition), "CRC-64-AVRO"))
            self._readers[b"\xc3\x01" + mark] = parse_schema(_plain(definition))

    def decode(self, data: bytes | None) -> Any:
        """The record, None where it cannot be read."""
        if not data or (reader := self._readers.get(data[:_HEADER])) is None:
            return None
        stream = BytesIO(data)
        stream.seek(_HEADER)
        try:
            values = schemaless_reader(stream, reader, None)
        except _UNREADABLE:
            return None
        return values if stream.tell() == len(data) else None

    def encode(self, values: Any) -> bytes:
        """A record of the first schema."""
        header, writer = next(iter(self._readers.items()))
        out = BytesIO()
        out.write(header)
        schemaless_writer(out, writer, values)
        return out.getvalue()


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _plain(value) for key, value in node.items() if key != "logicalType"}
    return [_plain(item) for item in node] if isinstance(node, list) else node


def match(event: Any, row: Any) -> Any:
    """The match of an event with the row of its document, None where no status held or no country fits."""
    if event is None or row is None or event["country"] is None or event["kind"] == "WITHDRAWN":
        return None
    day = swedish_day(event["occurred_at"])
    if row["naturalised_on"] is not None and row["naturalised_on"] <= day:
        return None
    for status in row["statuses"]:
        held = status["valid_from"] <= day and (status["valid_to"] is None or day < status["valid_to"])
        if held and event["country"] in status["countries"]:
            return {
                "event_id": event["event_id"],
                "person_id": row["person_id"],
                "occurred_at": event["occurred_at"],
                "country": event["country"],
                "status_kind": status["kind"],
                "valid_from": status["valid_from"],
                "valid_to": status["valid_to"],
            }
    return None


def run(words: list[str]) -> None:
    """Join until SIGTERM."""
    from confluent_kafka import Consumer, TopicPartition
    from quixstreams import Application  # type: ignore[import-not-found]
    from quixstreams.dataframe.joins.lookups import BaseLookup  # type: ignore[import-not-found]
    from quixstreams.models.serializers import Deserializer, Serializer  # type: ignore[import-not-found]

    variant, bootstrap, group, state, schemas, own, registry, out, *inputs = words
    status = Schemas(Path(own) / "status.avsc")
    matches = Schemas(Path(own) / "match.avsc")
    events = Schemas(Path(schemas) / "border-crossing.avsc", Path(schemas) / "mission-observation.avsc")

    class Decode(Deserializer):  # type: ignore[misc]
        def __init__(self, known: Schemas) -> None:
            super().__init__()
            self._decode = known.decode

        def __call__(self, value: bytes, ctx: Any) -> Any:
            return self._decode(value)

    class Encode(Serializer):  # type: ignore[misc]
        def __call__(self, value: Any, ctx: Any) -> bytes:
            return matches.encode(value)

    class Rows(BaseLookup):  # type: ignore[misc]
        """The newest rows in a dict, read from the topic before the start; a later change is not seen."""

        def __init__(self) -> None:
            self._rows: dict[str, Any] = {}
            consumer = Consumer(
                {
                    "bootstrap.servers": bootstrap,
                    "group.id": f"{group}-rows",
                    "enable.auto.commit": False,
                    "enable.partition.eof": True,
                    "fetch.queue.backoff.ms": 10,
                }
            )
            partitions = consumer.list_topics(registry, timeout=10).topics[registry].partitions
            consumer.assign([TopicPartition(registry, number, 0) for number in partitions])
            left = len(partitions)
            while left:
                for message in consumer.consume(1000, 1.0):
                    if message.error():
                        left -= 1
                    else:
                        self._rows[(message.key() or b"").decode()] = status.decode(message.value())
            consumer.close()

        def join(self, fields: Any, on: Any, value: Any, key: Any, timestamp: int, headers: Any) -> None:
            get = self._rows.get
            value["rows"] = [
                row
                for document in value["traveller"]["documents"]
                if (row := get(document_key(document["issuing_state"], document["number"]))) is not None
            ]

    application = Application(
        broker_address=bootstrap,
        consumer_group=group,
        auto_offset_reset="earliest",
        commit_interval=0.1,
        # Its default of a second is what a match would wait for.
        consumer_poll_timeout=0.05,
        processing_guarantee="exactly-once",
        state_dir=state,
        loglevel="ERROR",
        consumer_extra_config={"fetch.queue.backoff.ms": 10},
        producer_extra_config={"partitioner": "murmur2_random", "linger.ms": 5},
    )
    target = application.topic(out, value_serializer=Encode(), key_serializer="bytes")
    sources = [application.topic(name, value_deserializer=Decode(events), key_deserializer="bytes") for name in inputs]
    if variant == "asof":
        rows = application.topic(registry, value_deserializer=Decode(status), key_deserializer="bytes")
        (source,) = sources
        joined = application.dataframe(source).join_asof(
            application.dataframe(rows), how="inner", on_merge=match, grace_ms=timedelta(days=36_500)
        )
        joined.filter(lambda found: found is not None).to_topic(target)
    else:
        table = Rows()
        for source in sources:
            frame = application.dataframe(source)
            frame = frame.filter(lambda event: event is not None).join_lookup(table, {})
            frame = frame.apply(lambda event: [match(event, row) for row in event["rows"]], expand=True)
            frame.filter(lambda found: found is not None).to_topic(target)
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    application.run()


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.stdout.write(f"{check(Path(sys.argv[2]))} document keys agree\n")
    else:
        run(sys.argv[2:])
