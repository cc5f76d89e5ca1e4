"""How long `up` takes, the first time and again. The servers are downloaded before."""

from __future__ import annotations

import time
from collections import defaultdict

from deploy.local import LocalResesignal
from tests.benchmarks.figures import Figure, Section
from tests.servers import shared_cache, temporary_state


def measure(runs: int) -> Section:
    """Start the whole stack in a new folder, stop it, start it again, and once more while it runs."""
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(runs):
        with temporary_state() as state:
            local = LocalResesignal(state, shared_cache(), die_with_parent=True)
            try:
                for name in ("first", "second", "running"):
                    started = time.monotonic()
                    local.up()
                    seconds[name].append(time.monotonic() - started)
                    if name == "first":
                        local.down()
            finally:
                local.down()
                local.stack.postgres.discard()
    return Section(
        "start",
        "Starting the stack",
        "`up` until Kafka, PostgreSQL, Prometheus where there is one, the three services and the API are all ready, "
        "with an empty registry; the downloads are in the cache.",
        (
            Figure("first, in an empty folder", "s", tuple(seconds["first"])),
            Figure("again, after `down`", "s", tuple(seconds["second"])),
            Figure("again, while it runs", "s", tuple(seconds["running"])),
        ),
    )
