"""Make Kafka start in half the time, at the price of some ten seconds once."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from deploy.stack.artifacts import Report, class_path, ensure_kafka, silent
from deploy.stack.files import locked
from deploy.stack.java import aot_cache_file
from deploy.stack.kafka import KafkaServer


def ensure_kafka_aot(cache: Path, report: Report = silent) -> Path:
    """The ahead-of-time cache for Kafka, made by running a broker for a moment; instant where it is there.

    Worth its time where Kafka is started again and again, as in tests; a server that finds none starts without. Raises
    StackError as starting Kafka does.
    """
    file = aot_cache_file(cache, class_path(ensure_kafka(cache, report)))
    if file.exists():
        return file
    with locked(cache / "kafka-aot.lockfile", timeout=300, waiting_for="preparing a quicker start of Kafka"):
        if not file.exists():
            _train(cache, file, report)
    return file


def _train(cache: Path, file: Path, report: Report) -> None:
    what = "Apache Kafka: preparing a quicker start"
    report(what, 0, 2)
    for old in cache.glob("kafka-*.aot"):
        old.unlink()  # made for another Java or other jars, and 64 MB
    folder = Path(tempfile.mkdtemp(dir=cache, prefix=".warmup-"))
    made = folder / "kafka.aot"
    try:
        server = KafkaServer(
            folder, cache, preferred_port=None, die_with_parent=True, jvm_flags=[f"-XX:AOTCacheOutput={made}"]
        )
        try:
            server.start()
            server.wait_ready()
            report(what, 1, 2)
        finally:
            server.stop(timeout=120)  # Java writes the cache when it ends
        if made.exists():
            os.replace(made, file)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(what, 2, 2)
