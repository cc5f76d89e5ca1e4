"""The publisher on a real Kafka: brokers and publishers are killed, and everything that was accepted arrives."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.stack import KafkaServer
from deploy.stack.server import bring_up
from producers.kafka_config import producer_config
from producers.preparing import Preparer
from producers.publisher import Publisher
from producers.spool import Record, Spool
from producers.transport import KafkaRefusal, Transport
from schemas.codec import Codec
from schemas.topics import BORDER_CROSSINGS, PROTECTION_STATUSES, Topic
from tests.events import crossing, crossing_lines, identity, person


def create(bootstrap: str, *topics: Topic) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    new = [
        NewTopic(topic.name, num_partitions=topic.partitions, replication_factor=1, config=topic.config)
        for topic in topics
    ]
    for done in admin.create_topics(new).values():
        done.result(30)


def java_partition(key: bytes, partitions: int) -> int:
    """Where Kafka's Java clients put a key: murmur2 as in org.apache.kafka.common.utils.Utils, without the sign bit."""
    mask, m = 0xFFFFFFFF, 0x5BD1E995
    h = (0x9747B28C ^ len(key)) & mask
    whole = len(key) // 4 * 4
    for place in range(0, whole, 4):
        k = int.from_bytes(key[place : place + 4], "little") * m & mask
        h = (h * m & mask) ^ ((k ^ k >> 24) * m & mask)
    if rest := key[whole:]:
        h = (h ^ int.from_bytes(rest, "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return ((h ^ h >> 15) & 0x7FFFFFFF) % partitions


def content(bootstrap: str, topic: str) -> list[tuple[bytes, bytes | None]]:
    """All records of a topic, each partition in its order."""
    return [(key, value) for key, value, _ in placed_content(bootstrap, topic)]


def placed_content(bootstrap: str, topic: str) -> list[tuple[bytes, bytes | None, int]]:
    """All records of a topic with the partitions that they are on."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test", "enable.partition.eof": True})
    partitions = set(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    found: list[tuple[bytes, bytes | None, int]] = []
    while partitions:
        for message in consumer.consume(5_000, timeout=0.3):
            error = message.error()
            if error is None:
                found.append((message.key() or b"", message.value(), message.partition() or 0))
            elif error.code() == KafkaError._PARTITION_EOF:
                partitions.discard(message.partition() or 0)
    consumer.close()
    return found


def publisher(bootstrap: str, folder: Path, topic: Topic) -> Publisher:
    return Publisher(topic, Spool(folder), Transport(producer_config(bootstrap, {}, max_bytes=topic.max_bytes)))


def resesignal(*words: str, bootstrap: str, **more: Any) -> subprocess.Popen[bytes]:
    """The command in a process of its own."""
    command = [sys.executable, "-c", "from deploy.commands.publish import app; app()", *words]
    return subprocess.Popen(
        command,
        env={**os.environ, "RESESIGNAL_KAFKA_BOOTSTRAP": bootstrap},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def summary(process: subprocess.Popen[bytes], status: int) -> dict[str, Any]:
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, err.decode()
    last: dict[str, Any] = json.loads(out.splitlines()[-1])
    assert (last["type"], last["exit_status"]) == ("summary", status)
    return last


def wait_for(words: bytes, process: subprocess.Popen[bytes]) -> None:
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return
    raise AssertionError(f"{words!r} was not said")


def keys(numbers: range) -> set[bytes]:
    return {identity(number).encode() for number in numbers}


def test_events_arrive_on_the_partition_that_java_clients_choose_and_read_back(
    kafka_bootstrap: str, tmp_path: Path
) -> None:
    topic = replace(BORDER_CROSSINGS, name="publisher-arrive")
    create(kafka_bootstrap, topic)
    preparer = Preparer(topic)
    with publisher(kafka_bootstrap, tmp_path, topic) as publishing:
        publishing.accept_prepared([preparer.from_json(json.dumps(crossing(number)).encode()) for number in range(500)])
        assert publishing.drain(20) == 0
        assert publishing.delivered == 500
    found = placed_content(kafka_bootstrap, topic.name)
    assert Counter(key for key, _, _ in found) == Counter(keys(range(500)))
    decode = Codec(topic.record, raw=True).decode
    assert all(decode(value)["event_id"].encode() == key for key, value, _ in found)
    assert all(partition == java_partition(key, topic.partitions) for key, _, partition in found)


def test_the_largest_record_that_is_prepared_is_taken_by_the_broker(kafka_bootstrap: str, tmp_path: Path) -> None:
    topic = replace(BORDER_CROSSINGS, name="publisher-largest", partitions=1)
    create(kafka_bootstrap, topic)
    overhead = 100
    key = b"k" * 36
    # Random bytes, so that compression does not help; many of them, so that batches are filled.
    values = [random.Random(number).randbytes(topic.max_bytes - overhead - len(key)) for number in range(20)]
    values += [random.Random(number).randbytes(700) for number in range(2_000)]
    with publisher(kafka_bootstrap, tmp_path, topic) as publishing:
        publishing.accept_prepared([Record(key, value) for value in values])
        assert publishing.drain(20) == 0
    assert [value for _, value in content(kafka_bootstrap, topic.name)] == values


def test_a_topic_that_is_missing_is_told_and_the_events_stay(kafka_bootstrap: str, tmp_path: Path) -> None:
    topic = replace(BORDER_CROSSINGS, name="publisher-missing")
    config = {
        **producer_config(kafka_bootstrap, {}, max_bytes=topic.max_bytes),
        "topic.metadata.propagation.max.ms": 500,
    }
    with Publisher(topic, Spool(tmp_path), Transport(config)) as publishing:
        publishing.accept_prepared([Record(b"key", b"value")])
        with pytest.raises(KafkaRefusal) as caught:
            publishing.drain(20)
        assert caught.value.code in ("_UNKNOWN_TOPIC", "UNKNOWN_TOPIC_OR_PART")
        assert publishing.waiting == 1


def test_records_of_one_key_arrive_in_order_when_the_broker_is_killed_in_the_middle(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    topic = replace(PROTECTION_STATUSES, name="publisher-order")
    create(kafka_server.bootstrap, topic)
    total = 30_000
    with publisher(kafka_server.bootstrap, tmp_path, topic) as publishing:
        for start in range(0, total, 1_000):
            publishing.accept_prepared(
                [Record(b"key-%d" % (number % 7), b"%d" % number) for number in range(start, start + 1_000)]
            )
            publishing.pump()
            if start == 10_000:
                kafka_server.kill()
            if start == 20_000:
                bring_up(kafka_server)
        assert publishing.drain(30) == 0
    found = content(kafka_server.bootstrap, topic.name)
    assert {value for _, value in found} == {b"%d" % number for number in range(total)}
    for key in {key for key, _ in found}:
        numbers = [int(value or b"") for each, value in found if each == key]
        assert numbers == sorted(numbers), "the order of acceptance"
    assert len(found) == total, "nothing doubled: the producer is idempotent"


def test_a_frozen_broker_is_waited_for(kafka_server: KafkaServer, tmp_path: Path) -> None:
    topic = replace(BORDER_CROSSINGS, name="publisher-frozen")
    create(kafka_server.bootstrap, topic)
    with publisher(kafka_server.bootstrap, tmp_path, topic) as publishing:
        publishing.accept_prepared([Record(b"%d" % number, b"value") for number in range(1_000)])
        kafka_server.pause()
        assert publishing.drain(1) == 1_000
        publishing.accept_prepared([Record(b"%d" % number, b"value") for number in range(1_000, 2_000)])
        kafka_server.resume()
        assert publishing.drain(30) == 0
    assert {key for key, _ in content(kafka_server.bootstrap, topic.name)} == {b"%d" % n for n in range(2_000)}


def test_a_publisher_that_is_killed_again_and_again_delivers_everything_it_accepted(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    bootstrap = kafka_server.bootstrap
    create(bootstrap, BORDER_CROSSINGS)
    total = 20_000
    file = tmp_path / "crossings.jsonl"
    file.write_bytes(crossing_lines(range(total)))
    spool = ("--spool", str(tmp_path / "spool"))
    chance = random.Random(7)
    for _ in range(4):
        process = resesignal("border-crossings", str(file), *spool, bootstrap=bootstrap)
        time.sleep(chance.uniform(0.8, 2.2))
        process.kill()
        process.communicate()
    done = summary(resesignal("border-crossings", str(file), *spool, "--json", bootstrap=bootstrap), 0)
    assert (done["accepted"], done["refused"], done["waiting"]) == (total, 0, 0)
    found = [key for key, _ in content(bootstrap, BORDER_CROSSINGS.name)]
    assert set(found) == keys(range(total))
    assert len(found) > total, "it was killed early enough to have sent something twice"


def test_lines_taken_from_a_pipe_before_the_kill_arrive_although_nobody_says_them_again(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    bootstrap = kafka_server.bootstrap
    create(bootstrap, BORDER_CROSSINGS)
    kafka_server.pause()
    spool = ("--spool", str(tmp_path / "spool"))
    process = resesignal("border-crossings", "-", *spool, bootstrap=bootstrap, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(crossing_lines(range(300)) + b"not json\n")
    process.stdin.flush()
    # Accepted and refused lines of one piece are told together, the refused ones first.
    wait_for(b"line 301: json-invalid", process)
    time.sleep(0.5)
    process.kill()
    process.communicate()
    kafka_server.resume()
    done = summary(resesignal("spooled", *spool, "--json", bootstrap=bootstrap), 0)
    assert (done["lines"], done["delivered"], done["waiting"]) == (0, 300, 0)
    assert {key for key, _ in content(bootstrap, BORDER_CROSSINGS.name)} == keys(range(300))


def test_the_command_tells_by_its_status_what_became_of_the_lines(kafka_server: KafkaServer, tmp_path: Path) -> None:
    bootstrap = kafka_server.bootstrap
    create(bootstrap, BORDER_CROSSINGS)
    file = tmp_path / "crossings.jsonl"
    rejects = tmp_path / "rejects.jsonl"
    file.write_bytes(crossing_lines(range(100)) + b'{"event_id": 1}\n' + crossing_lines(range(100, 150)))
    words = ["border-crossings", str(file), "--spool", str(tmp_path / "spool"), "--rejects", str(rejects), "--json"]

    done = summary(resesignal(*words, bootstrap=bootstrap), 1)
    assert (done["lines"], done["accepted"], done["refused"], done["delivered"]) == (151, 150, 1, 150)
    assert [json.loads(line)["line"] for line in rejects.read_text().splitlines()] == [101]

    kafka_server.kill()
    done = summary(resesignal(*words, "--wait", "1", bootstrap=bootstrap), 3)
    assert (done["accepted"], done["delivered"], done["waiting"]) == (150, 0, 150)

    bring_up(kafka_server)
    done = summary(resesignal("spooled", *words[2:4], "--json", bootstrap=kafka_server.bootstrap), 0)
    assert (done["delivered"], done["waiting"]) == (150, 0)
    assert {key for key, _ in content(kafka_server.bootstrap, BORDER_CROSSINGS.name)} == keys(range(150))


def rows(file: Path, people: Sequence[dict[str, Any]]) -> str:
    file.write_text("".join(json.dumps(values) + "\n" for values in people), "utf-8")
    return str(file)


def test_a_full_load_sends_only_what_differs_and_removes_only_whom_it_may(
    kafka_server: KafkaServer, tmp_path: Path
) -> None:
    bootstrap = kafka_server.bootstrap
    create(bootstrap, PROTECTION_STATUSES)
    words = ["protection-statuses", "--spool", str(tmp_path / "spool"), "--json"]
    load = rows(tmp_path / "first.jsonl", [person(number) for number in range(50)])
    done = summary(resesignal(*words, load, "--full", bootstrap=bootstrap), 0)
    assert (done["accepted"], done["unchanged"], done["delivered"]) == (50, 0, 50)

    ended = person(3)
    ended["recorded_at"] = "2027-01-01T00:00:00Z"
    ended["statuses"] = [{**given, "valid_to": "2024-06-01", "end_reason": "REVOKED"} for given in ended["statuses"]]
    stale = {**person(5), "recorded_at": "2000-01-01T00:00:00Z"}
    second = [person(number) for number in range(40) if number not in (3, 5)] + [ended, stale, person(60)]
    load = rows(tmp_path / "second.jsonl", second)
    done = summary(resesignal(*words, load, "--full", bootstrap=bootstrap), 0)
    assert (done["accepted"], done["unchanged"], done["stale"], done["absent"]) == (2, 38, 1, 10)

    gone = tmp_path / "gone.txt"
    gone.write_text(f"{identity(3)}\n{identity(4)}\n{identity(999)}\n")
    deletion = ("--delete", str(gone), "--events-held-since", "2024-06-01")
    done = summary(resesignal(*words, *deletion, bootstrap=bootstrap), 1)
    assert done["removals"] == {"removed": 1, "status-too-recent": 1, "not-held": 1}
    found = content(bootstrap, PROTECTION_STATUSES.name)
    assert found.count((identity(3).encode(), None)) == 1
    assert {key for key, value in found if value is None} == {identity(3).encode()}
