"""Seeded traffic with known truth, for the demo, acceptance tests and benchmarks. Everybody in it is invented.

`build(Scenario(seed=1))` gives a `World`: `registry()`, `events()` in order of publication, `live_events(now_ms)` and
`truth`, which follows from how the traffic was made and never from matching it.
"""

from producers.simulator.plan import BULK, CATEGORIES
from producers.simulator.scenario import Scenario, SimulatedRecord, Truth
from producers.simulator.world import LIVE_RELEVANT, World, build

__all__ = ["BULK", "CATEGORIES", "LIVE_RELEVANT", "Scenario", "SimulatedRecord", "Truth", "World", "build"]
