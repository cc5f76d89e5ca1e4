"""The local stack as a whole, with real servers: started, killed, restarted, stopped."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from deploy.stack import (
    KafkaServer,
    LocalStack,
    PostgresServer,
    PrometheusServer,
    ServiceSpec,
    StackError,
    State,
    find_prometheus,
)
from deploy.stack.ports import LOOPBACK, choose_port
from deploy.stack.server import bring_up
from tests.servers import absence_is_reported, libpq_url, shared_cache, temporary_state

QUICK = 15.0  # seconds; seen: 1-2. Not a benchmark, but fetching or formatting again would show.


def produce(bootstrap: str, topic: str, value: bytes) -> None:
    """One record, acknowledged by the broker."""
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    errors: list[object] = []
    producer.produce(topic, value, on_delivery=lambda error, _message: errors.append(error))
    assert producer.flush(20) == 0
    assert errors == [None]


def consume(bootstrap: str, topic: str, count: int) -> list[bytes | None]:
    """The first `count` values of a topic, read by a group."""
    settings = {"bootstrap.servers": bootstrap, "group.id": f"read-{topic}", "auto.offset.reset": "earliest"}
    consumer = Consumer(settings | {"enable.auto.commit": False})
    try:
        consumer.subscribe([topic])
        return [message.value() for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


def create_topic(bootstrap: str, topic: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})  # kept: its futures die with it
    admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(20)


def execute(url: str, statement: str) -> None:
    with psycopg.connect(libpq_url(url)) as connection:
        connection.execute(statement.encode())


def ask(url: str, query: str) -> object:
    with psycopg.connect(libpq_url(url)) as connection:
        row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]


def eventually(condition: Callable[[], bool], timeout: float = 10.0) -> bool:
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def processes_of(state: Path) -> list[str]:
    """Every process that has the state folder on its command line or stands in it."""
    found = []
    for process in psutil.process_iter():
        try:
            words = " ".join(process.cmdline())
            if process.status() != psutil.STATUS_ZOMBIE and (str(state) in words or str(state) in process.cwd()):
                found.append(f"{process.pid} {words}")
        except (psutil.Error, OSError):
            continue
    return found


@pytest.fixture
def state() -> Iterator[Path]:
    with temporary_state() as folder:
        yield folder


@pytest.fixture
def stack(state: Path) -> Iterator[LocalStack]:
    """A stack in an empty state folder, not yet up."""
    with absence_is_reported():
        stack = LocalStack(state, shared_cache(), die_with_parent=True)
        try:
            yield stack
        finally:
            stack.down()
            stack.postgres.discard()


def test_a_cold_start_serves_kafka_and_postgres(stack: LocalStack) -> None:
    stack.up()
    create_topic(stack.kafka.bootstrap, "cold")
    produce(stack.kafka.bootstrap, "cold", b"hej")
    assert consume(stack.kafka.bootstrap, "cold", 1) == [b"hej"]
    assert str(ask(stack.postgres.url, "SHOW server_version")).startswith("18.")
    assert ask(stack.postgres.url, "SELECT current_database()") == "resesignal"
    assert [(line.name, line.state) for line in stack.status()] == [
        ("kafka", State.RUNNING),
        ("postgres", State.RUNNING),
    ]


def test_a_topic_that_nobody_made_does_not_appear(kafka_server: KafkaServer) -> None:
    producer = Producer({"bootstrap.servers": kafka_server.bootstrap, "message.timeout.ms": 2000, "log_level": 0})
    errors: list[object] = []
    producer.produce("misspelt", b"", on_delivery=lambda error, _message: errors.append(error))
    producer.flush(10)
    assert [error is None for error in errors] == [False]
    assert "misspelt" not in AdminClient({"bootstrap.servers": kafka_server.bootstrap}).list_topics(timeout=10).topics


def test_postgres_refuses_a_wrong_password_and_hides_the_right_one(stack: LocalStack, state: Path) -> None:
    stack.up()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://resesignal:wrong@{stack.postgres.address}/resesignal")
    assert (state / "postgres" / "password").stat().st_mode & 0o777 == 0o600
    assert "@" not in stack.postgres.address


def test_ports_that_are_taken_are_left_to_their_owners(stack: LocalStack) -> None:
    with ExitStack() as others:
        for port in (9092, 9093, 5432):
            try:
                others.enter_context(closing(socket.create_server((LOOPBACK, port))))
            except OSError:
                continue  # somebody else has it, which serves as well
        stack.up()
        for address in (stack.kafka.address, stack.postgres.address):
            assert int(address.rpartition(":")[2]) not in {9092, 9093, 5432}
        create_topic(stack.kafka.bootstrap, "elsewhere")
        assert ask(stack.postgres.url, "SELECT 1") == 1


def test_a_port_lost_while_starting_is_replaced(state: Path) -> None:
    """Between the choice of a port and the server's own bind, somebody else took it."""
    server = PostgresServer(state, shared_cache(), preferred_port=None, die_with_parent=True)
    chosen: list[int] = []
    real = choose_port

    def lose_the_first(preferred: int | None, *, patience_s: float = 0.0) -> int:
        chosen.append(real(None))
        if len(chosen) == 1:
            thieves.enter_context(closing(socket.create_server((LOOPBACK, chosen[0]))))
        return chosen[-1]

    with ExitStack() as thieves, pytest.MonkeyPatch.context() as patch, absence_is_reported():
        patch.setattr("deploy.stack.postgres.choose_port", lose_the_first)
        try:
            bring_up(server)
            assert len(chosen) == 2
            assert ask(server.url, "SELECT 1") == 1
        finally:
            server.discard()


def test_the_second_start_keeps_data_and_addresses_and_is_quick(stack: LocalStack) -> None:
    stack.up()
    addresses = (stack.kafka.bootstrap, stack.postgres.url)
    create_topic(stack.kafka.bootstrap, "kept")
    produce(stack.kafka.bootstrap, "kept", b"kvar")
    execute(stack.postgres.url, "CREATE TABLE kept AS SELECT 7 AS n")
    stack.down()
    assert [line.state for line in stack.status()] == [State.STOPPED, State.STOPPED]
    started = time.monotonic()
    stack.up()
    assert time.monotonic() - started < QUICK
    assert (stack.kafka.bootstrap, stack.postgres.url) == addresses
    assert consume(stack.kafka.bootstrap, "kept", 1) == [b"kvar"]
    assert ask(stack.postgres.url, "SELECT n FROM kept") == 7


def test_kafka_comes_back_after_sigkill_with_what_it_acknowledged(kafka_server: KafkaServer) -> None:
    create_topic(kafka_server.bootstrap, "survives")
    for number in range(3):
        produce(kafka_server.bootstrap, "survives", b"%d" % number)
    kafka_server.kill()
    assert not kafka_server.process.alive
    bring_up(kafka_server)
    produce(kafka_server.bootstrap, "survives", b"3")
    assert consume(kafka_server.bootstrap, "survives", 4) == [b"0", b"1", b"2", b"3"]


def test_a_killed_kafka_has_been_declared_away_when_it_comes_back(state: Path) -> None:
    """Else transactions may stay open for ever: a broker that believes to lead, is told otherwise, and is let in again
    would take up its partitions twice.
    """
    told = "-Dorg.slf4j.simpleLogger.log.state.change.logger=info"
    server = KafkaServer(state, shared_cache(), preferred_port=None, die_with_parent=True, jvm_flags=[told])
    try:
        with absence_is_reported():
            bring_up(server)
        create_topic(server.bootstrap, "kept")
        address = server.bootstrap
        for _ in range(2):
            server.kill()
            before = server.process.log_file.stat().st_size  # the killed one may have told of a new topic till its end
            bring_up(server)
            assert server.bootstrap == address
            produce(server.bootstrap, "kept", b"x")
            log = server.process.log_file.read_bytes()[before:]
            assert log.count(b" to local leaders") == 1

        by_controller = state / "logs" / "kafka-controller.log"
        assert by_controller.read_bytes().count(b"Fencing broker 1 ") == 2
        server.stop()
        bring_up(server)
        assert by_controller.read_bytes().count(b"Fencing broker 1 ") == 2
        assert consume(server.bootstrap, "kept", 2) == [b"x", b"x"]
    finally:
        server.stop()


def test_postgres_comes_back_after_sigkill_with_what_was_committed(killable_postgres: PostgresServer) -> None:
    server = killable_postgres
    execute(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    with closing(psycopg.connect(libpq_url(server.url))) as connection:
        connection.execute("UPDATE kept SET n = 8")  # never committed
        server.kill()
    assert (server.data / "postmaster.pid").exists()
    bring_up(server)
    assert ask(server.url, "SELECT n FROM kept") == 7


def test_a_server_that_was_killed_a_moment_ago_is_started_anew(killable_postgres: PostgresServer) -> None:
    """Its process is still there when it is asked for, and gone when it should answer."""
    server = killable_postgres
    killed = server.process.pid
    assert killed is not None
    for process in [psutil.Process(killed), *psutil.Process(killed).children()]:
        with suppress(psutil.NoSuchProcess):  # they go by themselves when the first is gone
            process.kill()
    bring_up(server)
    assert server.process.pid not in (None, killed)
    assert ask(server.url, "SELECT 1") == 1


def test_postgres_starts_where_the_pid_it_left_behind_is_a_strangers(killable_postgres: PostgresServer) -> None:
    """As after a reboot or in a new container. PostgreSQL by itself would say that it runs already."""
    server = killable_postgres
    server.kill()
    file = server.data / "postmaster.pid"
    lines = file.read_text().splitlines()
    file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    bring_up(server)
    assert ask(server.url, "SELECT 1") == 1


def test_a_postgres_that_is_not_ours_is_left_alone(killable_postgres: PostgresServer, state: Path) -> None:
    """Its pid file was lost: a second server on the same data would ruin them."""
    server = killable_postgres
    pid = server.process.pid
    assert pid is not None
    (server.data.parents[1] / "run" / "postgres.json").rename(state / "hidden")
    try:
        with pytest.raises(StackError) as caught:
            server.start()
        assert caught.value.code == "postgres-elsewhere"
        assert psutil.pid_exists(pid)
    finally:
        (state / "hidden").rename(server.data.parents[1] / "run" / "postgres.json")


def test_a_frozen_kafka_answers_again_when_resumed(kafka_server: KafkaServer) -> None:
    create_topic(kafka_server.bootstrap, "frozen")
    kafka_server.pause()
    thaw = threading.Timer(1.0, kafka_server.resume)
    thaw.start()
    started = time.monotonic()
    produce(kafka_server.bootstrap, "frozen", b"x")
    assert time.monotonic() - started > 0.8
    thaw.join()


def test_down_from_another_process_leaves_none(stack: LocalStack, state: Path) -> None:
    stack.up()
    assert len(processes_of(state)) >= 2
    code = "import sys; from pathlib import Path; from deploy.stack import LocalStack\n"
    code += "LocalStack(Path(sys.argv[1]), Path(sys.argv[2])).down()"
    subprocess.run([sys.executable, "-c", code, state, shared_cache()], check=True, timeout=60)
    assert processes_of(state) == []
    assert [line.state for line in stack.status()] == [State.STOPPED, State.STOPPED]
    stack.down()  # harmless


@pytest.mark.parametrize("tied", [True, False])
def test_sigkill_of_the_parent_takes_a_tied_stack_with_it_and_leaves_a_detached_one(
    stack: LocalStack, state: Path, tied: bool
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from deploy.stack import LocalStack\n"
        "stack = LocalStack(Path(sys.argv[1]), Path(sys.argv[2]), die_with_parent=sys.argv[3] == 'True'); stack.up()\n"
        "print('up', flush=True); time.sleep(120)"
    )
    argv = [sys.executable, "-c", code, str(state), str(shared_cache()), str(tied)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        assert {line.state for line in stack.status()} == {State.RUNNING}
        parent.send_signal(signal.SIGKILL)
    if tied:
        # Asked for itself: a killed process that still gives its memory back has no command line any more, but lives.
        assert eventually(lambda: {line.state for line in stack.status()} == {State.DIED}), stack.status()
        assert processes_of(state) == []
        stack.up()
        assert {line.state for line in stack.status()} == {State.RUNNING}
    else:
        time.sleep(0.5)
        assert {line.state for line in stack.status()} == {State.RUNNING}
        stack.down()
        assert processes_of(state) == []


def test_two_ups_at_once_make_one_stack(stack: LocalStack, state: Path) -> None:
    other = LocalStack(state, shared_cache(), die_with_parent=True)
    errors: list[BaseException] = []

    def up(which: LocalStack) -> None:
        try:
            which.up()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=up, args=[which]) for which in (stack, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len([line for line in processes_of(state) if "kafka.Kafka" in line]) == 1
    assert stack.kafka.bootstrap == other.kafka.bootstrap


def test_a_stack_that_cannot_start_whole_is_taken_down_again(stack: LocalStack, state: Path) -> None:
    stack.up()
    stack.down()
    (state / "kafka" / "data" / "meta.properties").write_text("cluster.id=x\nnode.id=77\nversion=1\n")
    with pytest.raises(StackError, match="kafka stopped while starting") as caught:
        stack.up()
    assert caught.value.code == "server-died"
    assert "77" in str(caught.value)  # the end of the log tells why
    assert processes_of(state) == []


SERVER = "import http.server as h, sys; h.test(h.SimpleHTTPRequestHandler, port=int(sys.argv[1]), bind=sys.argv[2])"


def service(name: str, code: str, timeout: float = 10.0) -> ServiceSpec:
    port = choose_port(None)
    argv = [sys.executable, "-c", code, str(port), LOOPBACK]
    return ServiceSpec(name, argv, {"GREETING": "hej"}, f"http://{LOOPBACK}:{port}/", timeout)


def test_a_service_is_started_when_it_is_healthy_and_shown_and_stopped(state: Path) -> None:
    stack = LocalStack(state, shared_cache(), die_with_parent=True)
    spec = service("web", f"import os; print(os.environ['GREETING'], flush=True); {SERVER}")
    try:
        stack.start_service(spec)
        (line,) = stack.status()
        assert (line.name, line.state, line.address) == ("web", State.RUNNING, spec.health_url)
        assert line.pid is not None
        assert line.since is not None
        assert line.resident > 1_000_000
        assert "hej" in stack.log_file("web").read_text()
        stack.start_service(spec)  # harmless
        assert stack.status()[0].pid == line.pid
        stack.process("web").pause()
        assert eventually(lambda: stack.status()[0].state is State.PAUSED)
        stack.stop_service("web")
        assert stack.status()[0].state is State.STOPPED
        assert not psutil.pid_exists(line.pid)
    finally:
        stack.down()


def test_a_service_that_dies_or_never_answers_is_an_error_and_leaves_nothing(state: Path) -> None:
    stack = LocalStack(state, shared_cache(), die_with_parent=True)
    with pytest.raises(StackError, match="no such setting") as died:
        stack.start_service(service("broken", "raise SystemExit('no such setting')"))
    assert died.value.code == "server-died"
    with pytest.raises(StackError, match="did not answer") as silent:
        stack.start_service(service("mute", "import time; time.sleep(60)", timeout=0.5))
    assert silent.value.code == "server-not-ready"
    assert {line.state for line in stack.status()} == {State.STOPPED}


def test_prometheus_answers_where_the_system_has_it(state: Path) -> None:
    if find_prometheus() is None:
        assert os.environ.get("CI") != "true", "CI installs the system package `prometheus`"
        pytest.skip("no prometheus program on this machine")
    config = state / "prometheus.yml"
    config.write_text("global:\n  scrape_interval: 1s\n")
    server = PrometheusServer(state, config, preferred_port=None, die_with_parent=True)
    try:
        bring_up(server, timeout=30)
        assert server.url.startswith(f"http://{LOOPBACK}:")
    finally:
        server.stop()
