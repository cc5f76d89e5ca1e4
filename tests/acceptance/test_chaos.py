"""Property 2, exactly one effect: processes die and freeze under load, and the queue still holds just what is true."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from deploy.traffic import (
    differences,
    publish_events,
    publish_registry,
    read_found,
    wait_for_registry,
    wait_until_handled,
)
from producers.simulator import Scenario, SimulatedRecord, build
from tests.acceptance.chaos import Chaos, two_of_each
from tests.servers import shared_cache

LOAD_S = 30.0
TIMEOUT_S = 120.0


def _nothing(_done: int, _total: int) -> None:
    """No progress is shown in tests."""


def _paced(records: Iterable[SimulatedRecord], count: int, seconds: float) -> Iterator[SimulatedRecord]:
    """The records, spread over `seconds`."""
    started = time.monotonic()
    for number, record in enumerate(records):
        yield record
        ahead = started + seconds * number / count - time.monotonic()
        if ahead > 0.05:
            time.sleep(ahead)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_the_queue_holds_what_is_true_though_instances_are_killed_and_frozen_under_load(
    seed: int, tmp_path: Path
) -> None:
    scenario = Scenario(seed=seed, people=1_000, crossings=12_000, observations=1_500)
    total = scenario.crossings + scenario.observations
    world = build(scenario)
    with two_of_each(tmp_path, shared_cache()) as local:
        addresses = local.addresses()
        publish_registry(world.registry(), scenario.people, addresses.kafka, _nothing)
        wait_for_registry(addresses, scenario.people, TIMEOUT_S, _nothing)

        published: list[int] = []
        load = _paced(world.events(), total, LOAD_S)
        publisher = threading.Thread(
            target=lambda: published.append(publish_events(load, total, addresses.kafka, _nothing))
        )
        chaos = Chaos(local, seed)
        publisher.start()
        chaos.start()
        publisher.join()
        chaos.stop()
        assert published == [total]
        wait_until_handled(addresses.kafka, TIMEOUT_S, _nothing, total=total)
        found = read_found(addresses.kafka, addresses.database)

    print(f"seed {seed}: {dict(chaos.done)}")  # noqa: T201 - shown by -s and where the test fails
    # Otherwise the test has proven nothing.
    assert chaos.done["kill"] >= 3
    assert chaos.done["freeze-for-long"] >= 1
    assert differences(found, world.truth) == []
