"""What an operator and an orchestrator ask of a service: metrics, health, and lag as the broker sees it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from consumers.kafka import Clients, OnError, Partition
from consumers.metrics import Metrics
from consumers.restore import Interrupted, Stopping, committed_offsets, end_offsets, passes
from consumers.telemetry import Log
from schemas.topics import TOPICS

_LAG_EVERY_S = 5.0
_ANSWER_S = 5.0


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def serve(host: str, port: int, metrics: Metrics, ready: Callable[[], bool]) -> Iterator[int]:
    """Serve metrics and health while the context lasts; gives the port (another than `port` where that is 0).

    Live means that the process answers; ready, that the service does its work or waits only for a server of others.
    """

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._send(200, generate_latest(metrics.registry), CONTENT_TYPE_LATEST)
            elif self.path == "/health/live":
                self._send(200, b"live\n", "text/plain")
            elif self.path == "/health/ready":
                good = ready()
                self._send(200 if good else 503, b"ready\n" if good else b"starting\n", "text/plain")
            else:
                self._send(404, b"/metrics, /health/live, /health/ready\n", "text/plain")

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Nothing: a probe every second is no news."""

    server = _Server((host, port), Answer)
    thread = threading.Thread(target=server.serve_forever, name="observe", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def watch_lag(
    clients: Clients,
    topics: Sequence[str],
    metrics: Metrics,
    log: Log,
    on_error: OnError,
    tell: Callable[[Mapping[Partition, int]], None],
    look: Callable[[Stopping], None] | None = None,
) -> Iterator[None]:
    """Measure the group's lag every few seconds while the context lasts, by asking the broker for ends and commits.

    `tell` is handed each measurement, {} where there was no answer, in the thread that took it; `look` is called in it,
    for what else is to be asked of the broker.
    """
    stop = threading.Event()
    asker, admin = clients.asker(on_error), clients.admin(on_error)

    def watch() -> None:
        said = False
        while not stop.wait(_LAG_EVERY_S):
            try:
                measured = lag(asker, admin, topics, stop.is_set)
                for partition, records in measured.items():
                    metrics.lag.labels(partition.topic, str(partition.number)).set(records)
                tell(measured)
                if look is not None:
                    look(stop.is_set)
                said = False
            except Interrupted:
                return
            except KafkaException as error:
                tell({})
                if not said:
                    log.info("lag-unknown", error=error.args[0].name())
                    said = True
            except Exception as error:  # noqa: BLE001, RUF100 - a fault in watching must not end the watching
                log.warning("lag-unknown", error=type(error).__name__)

    thread = threading.Thread(target=watch, name="lag", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        # A moment only: where Kafka is away the thread waits for its answer, and the end of the process ends it.
        thread.join(timeout=1.0)


def lag(
    asker: Consumer, admin: AdminClient, topics: Sequence[str], stopping: Callable[[], bool]
) -> dict[Partition, int]:
    """Records of each partition that the group of `asker` has not committed, at least 0. Raises KafkaException."""
    partitions = [Partition(topic, n) for topic in topics for n in range(TOPICS[topic].partitions)]
    places = [TopicPartition(p.topic, p.number) for p in partitions]
    deadline = time.monotonic() + _ANSWER_S
    while True:
        try:
            answer = committed_offsets(asker, places, _ANSWER_S)
            break
        except KafkaException as error:
            # The client passes on that the group's coordinator has moved (NOT_COORDINATOR), and then looks for it.
            if not passes(error.args[0]) or time.monotonic() > deadline or stopping():
                raise
        time.sleep(0.1)
    committed = {Partition(tp.topic, tp.partition): max(tp.offset, 0) for tp in answer}
    ends = end_offsets(admin, partitions, stopping)
    return {p: max(0, ends[p] - committed.get(p, 0)) for p in partitions}
