"""Bad input and bad days: what must happen, seen on real processes and real servers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from deploy.local import LocalResesignal
from deploy.stack import ChildProcess
from deploy.stack.server import bring_up
from tests.acceptance.stack import (
    SERVICES,
    TIMEOUT_MS,
    Load,
    as_json,
    each_said,
    eventually,
    http_status,
    leaks,
    load_registry,
    metric,
    reachable,
    resesignal,
    said,
    small_world,
    stack_of_one,
    what_is_wrong,
)

STOPS_WITHIN_S = 5.0
ALL_AWAY = dict.fromkeys(SERVICES, 0.0)
ALL_THERE = dict.fromkeys(SERVICES, 1.0)
ONCE_EACH = dict.fromkeys(SERVICES, 1)
LONGER_THAN_ANY_TIMEOUT_S = 2.5 * TIMEOUT_MS / 1000


def test_services_started_before_kafka_wait_and_work_when_it_comes() -> None:
    world = small_world(21)
    with stack_of_one() as local:
        local.servers_up()
        local.stack.kafka.stop()
        specs = local.specs()
        processes = [ChildProcess(spec.name, local.state, die_with_parent=True) for spec in specs]
        try:
            for spec, process in zip(specs, processes, strict=True):
                process.start(spec.argv, {**_inherited(), **spec.env}, Path.cwd())
            addresses = local.addresses()
            eventually(lambda: all(http_status(f"{addresses.observe[name]}/health/live") == 200 for name in SERVICES))
            eventually(lambda: each_said(local, "kafka-unreachable") == ONCE_EACH)
            assert reachable(addresses, "kafka") == ALL_AWAY
            time.sleep(3)  # so that waiting is seen to be quiet
            assert all(http_status(f"{addresses.observe[name]}/health/ready") == 503 for name in SERVICES)
            assert all(process.alive for process in processes)

            bring_up(local.stack.kafka)
            eventually(lambda: all(http_status(spec.health_url) == 200 for spec in specs))
            eventually(lambda: reachable(addresses, "kafka") == ALL_THERE)
            load_registry(world, addresses)
            load = Load(world, addresses.kafka, 1)
            load.start()
            load.finish()
            assert what_is_wrong(world, addresses) == []
            assert each_said(local, "kafka-unreachable") == ONCE_EACH
            assert each_said(local, "kafka-reachable-again") == ONCE_EACH
        finally:
            with ThreadPoolExecutor() as pool:
                list(pool.map(ChildProcess.stop, processes))


@pytest.mark.parametrize("harm", ["killed", "frozen"])
def test_kafka_away_in_the_middle(harm: str) -> None:
    world = small_world(22)
    with stack_of_one() as local:
        addresses = local.up()
        kafka = local.stack.kafka
        load_registry(world, addresses)
        load = Load(world, addresses.kafka, 8)
        load.start()
        load.at(0.2)
        if harm == "killed":
            kafka.kill()
            eventually(lambda: reachable(addresses, "kafka") == ALL_AWAY)
            bring_up(kafka)
        else:
            kafka.pause()
            eventually(lambda: reachable(addresses, "kafka") == ALL_AWAY)
            time.sleep(LONGER_THAN_ANY_TIMEOUT_S)
            kafka.resume()
        eventually(lambda: reachable(addresses, "kafka") == ALL_THERE)
        load.finish()
        assert what_is_wrong(world, addresses) == []
        assert each_said(local, "kafka-unreachable") == ONCE_EACH
        assert each_said(local, "kafka-reachable-again") == ONCE_EACH
        assert leaks(local.state, world) == {}
        _reconciles(local)


def test_postgres_killed_and_then_frozen_in_the_middle() -> None:
    world = small_world(23)
    with stack_of_one() as local:
        addresses = local.up()
        postgres = local.stack.postgres
        sink = addresses.observe["case-queue"]
        load_registry(world, addresses)
        load = Load(world, addresses.kafka, 10)
        load.start()

        load.at(0.1)
        rebalances = metric(sink, "resesignal_rebalances_total")
        assert rebalances >= 1
        postgres.kill()
        _seen_to_be_away(local)
        bring_up(postgres)
        _seen_to_be_back(local)

        load.at(0.4)
        postgres.pause()
        _seen_to_be_away(local)
        time.sleep(LONGER_THAN_ANY_TIMEOUT_S)
        postgres.resume()
        _seen_to_be_back(local)

        load.finish()
        assert what_is_wrong(world, addresses) == []
        assert metric(sink, "resesignal_rebalances_total") == rebalances
        assert metric(sink, "resesignal_assigned_partitions") > 0
        assert said(local, "case-queue", "database-unreachable") == 2
        assert said(local, "case-queue", "database-reachable-again") == 2
        assert leaks(local.state, world) == {}
        _reconciles(local)


def test_every_service_stops_at_once_when_asked_to_and_goes_on_exactly_where_it_was() -> None:
    world = small_world(24)
    with stack_of_one() as local:
        addresses = local.up()
        load_registry(world, addresses)
        load = Load(world, addresses.kafka, 8)
        load.start()
        for share in (0.1, 0.5):
            load.at(share)
            taken = _in_parallel([lambda name=name: _stop(local, name) for name in (*SERVICES, "api")])  # type: ignore[misc]
            assert max(taken.values()) < STOPS_WITHIN_S, taken
            for spec in local.specs():
                local.stack.start_service(spec)
        load.finish()
        assert what_is_wrong(world, addresses) == []
        assert each_said(local, "stopped") == dict.fromkeys(SERVICES, 2)
        assert leaks(local.state, world) == {}
        _reconciles(local)


# --- how it is done


def _inherited() -> dict[str, str]:
    return dict(os.environ)


def _stop(local: LocalResesignal, name: str) -> tuple[str, float]:
    started = time.monotonic()
    local.stack.process(name).stop(timeout=30)
    return name, time.monotonic() - started


def _in_parallel(steps: list[Callable[[], tuple[str, float]]]) -> dict[str, float]:
    with ThreadPoolExecutor(len(steps)) as pool:
        return dict(future.result() for future in [pool.submit(step) for step in steps])


def _seen_to_be_away(local: LocalResesignal) -> None:
    addresses = local.addresses()
    answer = httpx.get(f"{addresses.queue}api/v1/candidates", timeout=30)
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "queue-unavailable"
    assert httpx.get(addresses.queue, timeout=30).status_code == 503
    eventually(lambda: reachable(addresses, "database") == {"case-queue": 0.0})


def _seen_to_be_back(local: LocalResesignal) -> None:
    addresses = local.addresses()
    eventually(lambda: reachable(addresses, "database") == {"case-queue": 1.0})
    eventually(lambda: http_status(f"{addresses.queue}api/v1/candidates") == 200)


def _reconciles(local: LocalResesignal) -> None:
    assert as_json(resesignal(local.state, "--local", str(local.state), "reconcile", "--wait", "30", "--json"))
