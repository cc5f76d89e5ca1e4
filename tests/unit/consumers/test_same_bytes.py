"""The same input gives the identical bytes: in another process, on another day, in other batches."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.unit.consumers.same_bytes import RESULTS, digests, result

ROOT = Path(__file__).parents[3]


def elsewhere(hash_seed: int, batch: int, days: int) -> Any:
    """The digests that another process prints, whose sets and dictionaries of text have another order."""
    words = [sys.executable, "-m", "tests.unit.consumers.same_bytes", str(batch), str(days)]
    environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed), "TZ": "Pacific/Auckland"}
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_another_process_on_another_day_with_other_batches_gives_the_identical_bytes() -> None:
    here = digests(result(batch=1000, days=0))
    assert set(here) == set(RESULTS)
    assert all(len(held) > 1 for held in here.values()), {topic: len(held) for topic, held in here.items()}
    assert elsewhere(hash_seed=1, batch=1000, days=0) == here
    assert elsewhere(hash_seed=2, batch=7, days=33) == here
