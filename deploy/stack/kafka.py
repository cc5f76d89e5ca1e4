"""Apache Kafka on this machine: one node, broker and controller in one (KRaft), on the loopback address only."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from deploy.stack.artifacts import Report, class_path, ensure_kafka, silent
from deploy.stack.errors import StackError
from deploy.stack.files import read_json, write_atomically
from deploy.stack.java import JVM_FLAGS, aot_flags, java_binary, java_environment
from deploy.stack.ports import KNOWN_PORT_PATIENCE_S, LOOPBACK, choose_port, is_listening
from deploy.stack.process import ChildProcess
from deploy.stack.server import wait_until

_BROKER = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # One node: Kafka's own topics cannot have three copies, and need not be spread over fifty partitions.
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "4",
    # Topics come from the table of topics; a misspelt name must fail.
    "auto.create.topics.enable": "false",
    # A group is complete when its first member joins, and a dead member may be noticed within a second or so.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "300",
    # There is no other broker to hand a frozen one's partitions to, and declaring it away does harm, see
    # `_take_leave_of_the_killed`.
    "broker.session.timeout.ms": "30000",
    # How often transactions of dead producers are looked for; the default of 10 s delays every read_committed reader.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "5000",
}
# A controller alone, on the same data: see `_take_leave_of_the_killed`.
_CONTROLLER = {
    "process.roles": "controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "broker.session.timeout.ms": "500",
    "broker.heartbeat.interval.ms": "250",
    "controller.quorum.append.linger.ms": "0",
}
# What the controller of this very version says of it: that it declares, and in which task, and that what the task wrote
# is committed. Ended in between, it had declared nothing (seen once).
_DECLARING_IS_TOLD_BY = (
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.ReplicationControlManager=info",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.QuorumController=debug",
)
_DECLARED = rb"Fencing broker 1 .*?Read-write operation (maybeFenceStaleBroker\(\d+\)) .*?Processed \1 "
_DECLARING_S = 10.0


class KafkaServer:
    """A single-node Kafka with its data under `state`/kafka and its jars in `cache`.

    Data, cluster id and ports are kept from one start to the next. `preferred_port` None takes any free port, which is
    what tests want that run beside a developer's own stack.
    """

    name = "kafka"

    def __init__(
        self,
        state: Path,
        cache: Path,
        *,
        preferred_port: int | None = 9092,
        die_with_parent: bool = False,
        jvm_flags: Sequence[str] = (),
    ) -> None:
        state = state.resolve()
        self._cache = cache.resolve()
        self._folder = state / "kafka"
        self._facts_file = self._folder / "cluster.json"
        self._preferred_port = preferred_port
        self._jvm_flags = tuple(jvm_flags)
        self.process = ChildProcess(self.name, state, die_with_parent=die_with_parent)
        # Never outlives who started it: it would pass for the broker.
        self._controller = ChildProcess(f"{self.name}-controller", state, die_with_parent=True)

    @property
    def bootstrap(self) -> str:
        """host:port for clients. Raises StackError `never-started` before the first start."""
        port = read_json(self._facts_file).get("port")
        if port is None:
            raise StackError("never-started", "Kafka has never been started here: start the stack first.")
        return f"{LOOPBACK}:{port}"

    @property
    def address(self) -> str:
        """The same as `bootstrap`."""
        return self.bootstrap

    def start(self, report: Report = silent) -> None:
        """Start the broker and return; its jars are fetched and its storage formatted where that is yet to do.

        Returns at once, but for some seconds after the broker was killed. Raises StackError: those of `ensure_kafka`,
        `format-failed`, `cannot-start`.
        """
        if self.process.alive:
            return
        jars = class_path(ensure_kafka(self._cache, report))
        self._configure()
        if self._was_killed:
            self._take_leave_of_the_killed(jars)
        self._run(self.process, jars, self._properties, *self._jvm_flags)

    def _run(self, process: ChildProcess, jars: str, properties: Path, *jvm_flags: str) -> None:
        process.start(self._java(jars, *jvm_flags, "kafka.Kafka", properties), java_environment(), self._folder)

    @property
    def _was_killed(self) -> bool:
        """Whether a broker has run on the data and did not end in order."""
        return (self._data / "__cluster_metadata-0").exists() and not (self._data / ".kafka_cleanshutdown").exists()

    def _take_leave_of_the_killed(self, jars: str) -> None:
        """Have the controller declare the killed broker away before it comes back.

        Broker and controller come back together here. The broker then begins with what the data say, that it leads all
        partitions; after the session of the killed one the controller declares that it leads none; then it is let in
        again. A transaction whose end was decided when the broker was killed has its markers sent all that time. If the
        sender looks just when there is no leader, it takes the partitions for deleted, and the transaction is ended
        without markers: nobody who reads what is committed ever comes past it (seen in 4.3.1, in one of three kills
        under load). In a cluster, where the controllers live on, a broker comes back to a controller that knows that it
        was away.
        """
        self._run(self._controller, jars, self._controller_properties, *_DECLARING_IS_TOLD_BY)
        try:
            deadline = time.monotonic() + _DECLARING_S
            while self._controller.alive and time.monotonic() < deadline and not self._controller.logged(_DECLARED):
                time.sleep(0.03)
        finally:
            # In order, so that what was declared is on the disk. One that was not heard of had nothing to declare,
            # because the broker was killed while it was away already, or it failed as the broker will, which tells.
            self._controller.stop()

    def wait_ready(self, timeout: float = 60.0) -> None:
        """Return when this very cluster answers a metadata request. Raises StackError as `wait_until`."""
        wait_until(self._answers, self.process, timeout)

    def stop(self, timeout: float = 20.0) -> None:
        """Stop the broker in order, by force after `timeout` seconds."""
        self.process.stop(timeout)

    def kill(self) -> None:
        """SIGKILL the broker."""
        self.process.kill()

    def pause(self) -> None:
        """Freeze the broker: its port is open and nothing answers."""
        self.process.pause()

    def resume(self) -> None:
        """Let a frozen broker go on."""
        self.process.resume()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    @property
    def _controller_properties(self) -> Path:
        return self._folder / "controller.properties"

    def _configure(self) -> None:
        """Choose ports, write the settings, format the storage if it never was."""
        facts = read_json(self._facts_file)
        patience_s = KNOWN_PORT_PATIENCE_S if "port" in facts else 0.0
        port = choose_port(_port(facts, "port", self._preferred_port), patience_s=patience_s)
        beside = None if self._preferred_port is None else self._preferred_port + 1
        controller = choose_port(_port(facts, "controller_port", beside), avoid={port}, patience_s=patience_s)
        cluster = str(facts.get("cluster") or _new_cluster_id())
        # Native compressors are unpacked here on every start; a killed broker leaves them behind.
        shutil.rmtree(self._folder / "tmp", ignore_errors=True)
        (self._folder / "tmp").mkdir(parents=True)
        among = {"controller.quorum.voters": f"1@{LOOPBACK}:{controller}", "log.dirs": str(self._data)}
        controller_listener = f"CONTROLLER://{LOOPBACK}:{controller}"
        own = f"PLAINTEXT://{LOOPBACK}:{port}"
        _write(
            self._properties,
            _BROKER | among | {"listeners": f"{own},{controller_listener}", "advertised.listeners": own},
        )
        _write(self._controller_properties, _CONTROLLER | among | {"listeners": controller_listener})
        if "cluster" not in facts:
            # Without a cluster in our facts, no broker has run on what an interrupted formatting may have left.
            shutil.rmtree(self._data, ignore_errors=True)
            self._format(cluster)
        write_atomically(
            self._facts_file, json.dumps({"cluster": cluster, "port": port, "controller_port": controller}, indent=1)
        )

    def _format(self, cluster: str) -> None:
        jars = class_path(ensure_kafka(self._cache))
        tool = self._java(jars, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", self._properties)
        done = subprocess.run(  # noqa: S603
            tool, env=java_environment(), cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise StackError("format-failed", f"Kafka's storage could not be prepared:\n{done.stdout}{done.stderr}")

    def _java(self, jars: str, *words: str | Path) -> list[str]:
        return [
            str(java_binary()),
            *JVM_FLAGS,
            *aot_flags(self._cache, jars),
            f"-Djava.io.tmpdir={self._folder / 'tmp'}",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
            "-cp",
            jars,
            *(str(word) for word in words),
        ]

    def _answers(self) -> bool:
        facts = read_json(self._facts_file)
        # Asked first because librdkafka would log each refused connection and then wait longer and longer.
        if not is_listening(int(str(facts["port"]))):
            return False
        # log_level 0: a broker that closes a first connection while starting is no news.
        admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0, "socket.timeout.ms": 2000})
        try:
            metadata = admin.list_topics(timeout=2)
        except KafkaException:
            return False
        return bool(metadata.brokers) and metadata.cluster_id == facts["cluster"]


def _write(file: Path, settings: Mapping[str, str]) -> None:
    write_atomically(file, "".join(f"{key}={value}\n" for key, value in settings.items()))


def _port(facts: dict[str, object], key: str, otherwise: int | None) -> int | None:
    port = facts.get(key)
    return port if isinstance(port, int) else otherwise


def _new_cluster_id() -> str:
    """16 random bytes in URL-safe base64, as Kafka makes them; a leading hyphen would look like an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text
