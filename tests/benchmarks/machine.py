"""On what was measured: versions and machine. No host name, no path."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import confluent_kafka
import psutil
import psycopg

from deploy.stack.artifacts import KAFKA_VERSION
from tests.servers import libpq_url

_ROOT = Path(__file__).parents[2]
# What the figures may depend on: all that is no page.
_MEASURED = (".", ":!docs", ":!*.md")


def describe(servers: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a reader needs to judge the figures, by name; with the versions of the servers where there are any."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "commit": _commit(),
        "python": platform.python_version(),
        **(servers or {}),
        "cpu": _cpu(),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
    }


def servers(database_url: str) -> dict[str, str]:
    """Versions of Kafka, its client and PostgreSQL."""
    with psycopg.connect(libpq_url(database_url)) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return {
        "librdkafka": str(confluent_kafka.libversion()[0]),
        "kafka": KAFKA_VERSION,
        "postgresql": str(row[0]).split()[0] if row else "unknown",
    }


def load() -> float:
    """Processes that wanted to run, mean of the last minute: above the number of cores, others were in the way."""
    return round(os.getloadavg()[0], 1)


def _commit() -> str:
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--", *_MEASURED)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit} with changes" if changed else commit


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(_ROOT), *arguments], capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.strip()


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
