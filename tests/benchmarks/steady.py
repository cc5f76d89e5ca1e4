"""Steady traffic at a rate, and how long `matching` takes to decide on what came of it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from itertools import islice

import httpx

from producers.simulator import LIVE_RELEVANT
from tests.benchmarks.ground import Ground
from tests.benchmarks.workload import Workload, sending

_GROUP = 10


def publish_steadily(kafka: str, load: Workload) -> tuple[dict[str, float], float]:
    """Publish at the rate; when each relevant event that counts was sent, and how far it fell behind at most, in s."""
    size = load.size
    sent: dict[str, float] = {}
    late = 0.0
    warm = int(size.warm_s * size.live_rate)
    with sending(kafka, linger_ms=0) as producer:
        started = time.monotonic()
        for number, record in enumerate(islice(load.live(), warm + int(size.live_s * size.live_rate))):
            if number % _GROUP == 0:
                producer.poll(0)
                early = started + number / size.live_rate - time.monotonic()
                if early > 0:
                    time.sleep(early)
                elif number > warm:
                    late = max(late, -early)
            if number >= warm and record.category == LIVE_RELEVANT:
                sent[record.key.decode()] = time.monotonic()
            producer.produce(record.topic, record.value, record.key)
    return sent, late


def decisions(ground: Ground) -> dict[float, float]:
    """How many batches `matching` has decided on so far, by the bound of the time that it took, in s."""
    text = httpx.get(f"{ground.local.addresses().observe['matching']}/metrics", timeout=30).text
    found = re.findall(r'^resesignal_decision_seconds_bucket\{le="([^"]+)"\} (\S+)$', text, re.MULTILINE)
    return {float(bound): float(count) for bound, count in found}


def bound(before: Mapping[float, float], after: Mapping[float, float], share: float) -> float:
    """The least bound below which at least this share of the batches between lies, in s."""
    counts = {bound: after[bound] - before[bound] for bound in sorted(after)}
    return next(bound for bound, count in counts.items() if count >= share * max(counts.values()))
