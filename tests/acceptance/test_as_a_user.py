"""The command line as its users meet it: a stack that runs for longer, the demo, the queue's pages, refused starts."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import psycopg
import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from deploy.local import Addresses, LocalResesignal
from deploy.stack import KafkaServer
from deploy.traffic import differences, publish_events, read_found
from matcher.rule_book import DEFAULT_RULES
from producers.simulator import World
from schemas.topics import TOPICS
from tests.acceptance.stack import (
    as_json,
    command_environment,
    eventually,
    leaks,
    load_registry,
    personal_data,
    processes_of,
    quiet,
    resesignal,
    small_world,
    what_is_wrong,
    words_of,
)
from tests.servers import absence_is_reported, libpq_url, shared_cache, temporary_state

NOBODY = "127.0.0.1:9"  # the port of `discard`, on which nothing listens
SECRET = "hunter2"
QUICK_S = 40.0


class Calm:
    """A stack that `resesignal up` has started, with a world that has gone all the way."""

    def __init__(self, state: Path, world: World) -> None:
        self.state, self.world = state, world
        self.local = LocalResesignal(state / "stack", shared_cache())

    @property
    def addresses(self) -> Addresses:
        """Where things are now."""
        return self.local.addresses()


@pytest.fixture(scope="module")
def calm() -> Iterator[Calm]:
    with temporary_state() as state, absence_is_reported():
        calm = Calm(state, small_world(31))
        try:
            told = as_json(resesignal(state, "up", "--json"))
            assert told["queue"] == calm.addresses.queue
            load_registry(calm.world, calm.addresses)
            total = calm.world.scenario.crossings + calm.world.scenario.observations
            publish_events(calm.world.events(), total, calm.addresses.kafka, quiet)
            assert what_is_wrong(calm.world, calm.addresses) == []
            yield calm
        finally:
            resesignal(state, "down")
            calm.local.stack.postgres.discard()


# --- the stack


def test_dead_letters_are_told_by_reason(calm: Calm) -> None:
    told = as_json(resesignal(calm.state, "--local", str(calm.local.state), "dead-letters", "list", "--json"))
    expected: dict[str, int] = {}
    for reasons in calm.world.truth.dead_letters.values():
        for reason, count in reasons.items():
            expected[reason] = expected.get(reason, 0) + count
    assert {"schema-unknown", "disclosure-missing"} & expected.keys()
    assert told["by_reason"] == expected
    assert len(told["letters"]) == sum(expected.values())


def test_the_books_balance(calm: Calm) -> None:
    done = resesignal(calm.state, "--local", str(calm.local.state), "reconcile", "--json")
    assert done.returncode == 0, done.stdout


def test_a_row_that_is_lost_is_found(calm: Calm) -> None:
    """The comparison that all of these tests rest on can fail."""
    found = read_found(calm.addresses.kafka, calm.addresses.database)
    with psycopg.connect(libpq_url(calm.addresses.database)) as connection:
        connection.execute(
            "UPDATE candidate SET state = 'RETRACTED' WHERE candidate_id = (SELECT min(candidate_id::text)::uuid "
            "FROM candidate WHERE state = 'OPEN')"
        )
        connection.commit()
        try:
            harmed = read_found(calm.addresses.kafka, calm.addresses.database)
            assert differences(harmed, calm.world.truth) == ["1 candidates are missing"]
        finally:
            missing = next(iter(found.candidates.keys() - harmed.candidates.keys()))
            connection.execute("UPDATE candidate SET state = 'OPEN' WHERE person_id = %s", [missing])
            connection.commit()
    assert differences(read_found(calm.addresses.kafka, calm.addresses.database), calm.world.truth) == []


def test_no_log_holds_anything_of_a_person(calm: Calm) -> None:
    # What is looked for can be found: the queue does show it.
    listed = httpx.get(f"{calm.addresses.queue}api/v1/candidates?state=OPEN", timeout=30).json()["items"]
    details = [httpx.get(f"{calm.addresses.queue}api/v1/candidates/{row['candidate_id']}").text for row in listed[:10]]
    assert len(personal_data(calm.world) & words_of(" ".join(details))) > 20
    assert leaks(calm.local.state, calm.world) == {}


def test_the_pages_show_what_is_in_the_queue(calm: Calm) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("CI must have Debian's chromium")
        pytest.skip("there is no chromium; install the system's package `chromium`")
    from playwright.sync_api import expect, sync_playwright

    truth = calm.world.truth
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        try:
            page = browser.new_page()
            complaints: list[str] = []
            page.on("console", lambda message: complaints.append(message.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(calm.addresses.queue)
            assert page.title().startswith("Kandidater")
            assert page.get_by_role("status").inner_text().startswith(f"{len(truth.candidates)} personer i urvalet")
            first = page.locator("table.list tbody tr").first.get_by_role("link").first
            reference = first.inner_text()
            first.click()
            assert page.get_by_role("heading", level=1).inner_text() == f"Underlag {reference}"
            assert page.get_by_role("heading", name="Till personens fördel").is_visible()
            page.goto(f"{calm.addresses.queue}identitetsprovningar")
            assert page.get_by_role("status").inner_text().startswith(f"{len(truth.reviews)} möjliga träffar")
            page.locator("table.list tbody tr").first.get_by_role("link").first.click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()  # waits for the page, as a person does
            assert page.url.startswith(f"{calm.addresses.queue}identitetsprovningar/")
            assert complaints == []
        finally:
            browser.close()


def test_status_and_logs_tell_of_every_process(calm: Calm) -> None:
    rows = {row["name"]: row for row in as_json(resesignal(calm.state, "status", "--json"))}
    assert {"kafka", "postgres", "matching", "candidates", "case-queue", "api"} <= rows.keys()
    assert {row["state"] for row in rows.values()} == {"running"}
    assert all(row["pid"] and row["resident_bytes"] > 0 for row in rows.values())
    told = resesignal(calm.state, "logs", "matching")
    assert told.returncode == 0
    assert "registry-loaded" in told.stdout
    unknown = resesignal(calm.state, "logs", "nobody")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (2, 1)


def test_up_again_after_down_is_quick_keeps_all_data_and_takes_other_ports_where_the_usual_are_taken(
    calm: Calm,
) -> None:
    before = as_json(resesignal(calm.state, "up", "--json"))
    pids = {row["name"]: row["pid"] for row in as_json(resesignal(calm.state, "status", "--json"))}
    assert before == as_json(resesignal(calm.state, "up", "--json"))
    changed = as_json(resesignal(calm.state, "up", "--json", RESESIGNAL_SESSION_TIMEOUT_MS="9000"))
    assert changed["other_settings"] == {
        name: ["RESESIGNAL_SESSION_TIMEOUT_MS"] for name in ("matching", "candidates", "case-queue")
    }
    assert pids == {row["name"]: row["pid"] for row in as_json(resesignal(calm.state, "status", "--json"))}

    assert resesignal(calm.state, "down").returncode == 0
    assert processes_of(calm.state) == []
    assert {row["state"] for row in as_json(resesignal(calm.state, "status", "--json"))} == {"stopped"}

    with ExitStack() as others:
        taken = [_port(address) for name, address in before.items() if address and name != "prometheus"]
        for port in taken:
            others.enter_context(closing(socket.create_server(("127.0.0.1", port))))
        started = time.monotonic()
        after = as_json(resesignal(calm.state, "up", "--json"))
        assert time.monotonic() - started < QUICK_S
    assert not {_port(address) for address in after.values() if address} & set(taken)
    assert what_is_wrong(calm.world, calm.addresses) == []
    # Who was taken back again stays in the list as retracted, unless the matcher read both records in one batch.
    listed = httpx.get(f"{after['queue']}api/v1/candidates?state=OPEN", timeout=30).json()
    assert listed["total"] == len(calm.world.truth.candidates)


def _port(address: str) -> int:
    return int(address.removeprefix("http://").split("/")[0].rpartition(":")[2])


# --- the demo


def test_the_demo_ends_with_its_verdict_and_leaves_no_process() -> None:
    with temporary_state() as state:
        words = ("demo", "--once", "--people", "2000", "--crossings", "5000", "--observations", "300", "--json")
        told = as_json(resesignal(state, *words, timeout=240))
        assert told["differences"] == []
        assert told["candidates"]["found"] == told["candidates"]["true"] > 0
        assert processes_of(state) == []
        LocalResesignal(state / "demo", shared_cache()).stack.postgres.discard()


@pytest.mark.parametrize("moment", ["kafka", "api"])
def test_ctrl_c_in_the_middle_of_the_demo_leaves_no_process(moment: str) -> None:
    # Where the tests run in the background of a shell, SIGINT is ignored, and children would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with temporary_state() as state:
        started = subprocess.Popen(
            [sys.executable, "-m", "deploy", "demo"],
            env=command_environment(state),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        with started:
            eventually(lambda: (state / "demo" / "run" / f"{moment}.json").exists(), 120)
            started.send_signal(signal.SIGINT)
            said, _ = started.communicate(timeout=60)
        assert started.returncode == 130, said.decode()
        assert b"Traceback" not in said
        assert processes_of(state) == []
        LocalResesignal(state / "demo", shared_cache()).stack.postgres.discard()


# --- refused starts

# What is run, what is set wrong, and what the sentence must name.
WRONG = {
    "bootstrap": ("matching", {"RESESIGNAL_KAFKA_BOOTSTRAP": SECRET}, "RESESIGNAL_KAFKA_BOOTSTRAP"),
    "no database": ("case-queue", {}, "RESESIGNAL_DATABASE_URL"),
    "no database for the api": ("api", {}, "RESESIGNAL_DATABASE_URL"),
    "database": ("case-queue", {"RESESIGNAL_DATABASE_URL": SECRET}, "RESESIGNAL_DATABASE_URL"),
    "database port": ("api", {"RESESIGNAL_DATABASE_URL": f"postgresql://a:{SECRET}@h:{SECRET}/d"}, "DATABASE_URL"),
    "another database": ("api", {"RESESIGNAL_DATABASE_URL": f"mysql://a:{SECRET}@h/d"}, "RESESIGNAL_DATABASE_URL"),
    "api for everyone": (
        "api",
        {"RESESIGNAL_API_HOST": "192.0.2.7", "RESESIGNAL_DATABASE_URL": f"postgresql://a:{SECRET}@h/d"},
        "127.0.0.1",
    ),
    "rules file": ("matching", {"RESESIGNAL_RULES_FILE": f"/{SECRET}"}, "RESESIGNAL_RULES_FILE"),
    "port": ("candidates", {"RESESIGNAL_OBSERVE_PORT": SECRET}, "RESESIGNAL_OBSERVE_PORT"),
    "taken port": ("candidates", {"RESESIGNAL_OBSERVE_PORT": "taken"}, "RESESIGNAL_OBSERVE_PORT"),
    "taken port of the api": (
        "api",
        {"RESESIGNAL_API_PORT": "taken", "RESESIGNAL_DATABASE_URL": f"postgresql://a:{SECRET}@h/d"},
        "RESESIGNAL_API_PORT",
    ),
    "host": ("candidates", {"RESESIGNAL_OBSERVE_HOST": f"{SECRET}.invalid"}, "RESESIGNAL_OBSERVE_HOST"),
    "log format": ("candidates", {"RESESIGNAL_LOG_FORMAT": SECRET}, "RESESIGNAL_LOG_FORMAT"),
    "client file": ("candidates", {"RESESIGNAL_KAFKA_CLIENT_CONFIG": f"/{SECRET}"}, "RESESIGNAL_KAFKA_CLIENT_CONFIG"),
    "client property": ("candidates", {"RESESIGNAL_KAFKA_CLIENT_CONFIG": "file"}, "sasl.passwort"),
    "registry": ("candidates", {"RESESIGNAL_SCHEMA_REGISTRY_URL": SECRET}, "RESESIGNAL_SCHEMA_REGISTRY_URL"),
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, tuple[int, str]]]:
    """Status and words of each of the starts above; some at a time, because most of it is Python's own start."""
    folder = tmp_path_factory.mktemp("refused")
    properties = folder / "client.properties"
    properties.write_text(f"sasl.passwort={SECRET}\n")
    with closing(socket.create_server(("127.0.0.1", 0))) as occupied:
        stand_in = {"taken": str(occupied.getsockname()[1]), "file": str(properties)}
        starts = {
            name: _start(folder, service, {key: stand_in.get(value, value) for key, value in settings.items()})
            for name, (service, settings, _) in WRONG.items()
        }
        yield {name: _end(process) for name, process in starts.items()}


def _start(state: Path, service: str, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "deploy", "run", service],
        env=command_environment(state, **{"RESESIGNAL_KAFKA_BOOTSTRAP": NOBODY, **settings}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _end(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    with process:
        try:
            said, _ = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    return process.returncode, said.decode()


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_setting_stops_the_start_with_a_sentence_that_names_it(
    name: str, refused: Mapping[str, tuple[int, str]]
) -> None:
    status, said = refused[name]
    assert status == 2, said
    assert WRONG[name][2] in said
    assert SECRET not in said
    assert "Traceback" not in said
    assert "stopped-by-error" not in said
    assert len(said) < 400


def test_an_unknown_field_in_the_rules_stops_the_start_naming_file_and_line(tmp_path: Path) -> None:
    lines = (DEFAULT_RULES / "2026-1.toml").read_text("utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("[[rule]]"))
    lines.insert(place + 1, 'evidenec = ["TRAVELLED_TO"]')
    rules = tmp_path / "misspelt.toml"
    rules.write_text("\n".join(lines), "utf-8")
    status, said = _end(_start(tmp_path, "matching", {"RESESIGNAL_RULES_FILE": str(rules)}))
    assert status == 2, said
    assert f"misspelt.toml, line {place + 2}: rule.0.evidenec" in said
    assert "Traceback" not in said


def test_a_topic_with_the_wrong_number_of_partitions_stops_the_start(kafka_server: KafkaServer, tmp_path: Path) -> None:
    admin = AdminClient({"bootstrap.servers": kafka_server.bootstrap})
    new = [
        NewTopic(topic.name, 5 if topic.name == "status-matches" else topic.partitions, 1, config=topic.config)
        for topic in TOPICS.values()
    ]
    for future in admin.create_topics(new).values():
        future.result(20)
    starts = [
        _start(tmp_path, service, {"RESESIGNAL_KAFKA_BOOTSTRAP": kafka_server.bootstrap})
        for service in ("matching", "candidates")
    ]
    for start in starts:
        status, said = _end(start)
        assert status == 2, said
        assert "Topic status-matches: has 5 partitions and must have 6" in " ".join(said.split())
        assert "Traceback" not in said
