"""Configuration, rules and dashboard on a real Prometheus that scrapes a real endpoint of ours."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from consumers.metrics import Metrics
from consumers.observe import serve
from deploy import dashboard
from deploy.monitoring import RULES, prometheus_config
from deploy.stack.prometheus import PrometheusServer
from deploy.stack.server import bring_up
from tests.servers import temporary_state

_SERVICES = ("matching", "candidates", "case-queue")


@pytest.fixture(scope="module")
def promtool() -> str:
    """Path of `promtool`; Prometheus comes with it."""
    return _program("promtool")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found and shutil.which("prometheus"):
        return found
    reason = f"{name} was not found: install the system's package `prometheus`"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@dataclass(frozen=True)
class Scraped:
    """A Prometheus that has scraped one instance of each service several times."""

    client: httpx.Client

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The instant vector of an expression; fails the test where Prometheus refuses it."""
        answer = self.client.get("/api/v1/query", params={"query": expression})
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        result: list[dict[str, Any]] = answer.json()["data"]["result"]
        return result

    def until(self, what: Callable[[], Any], seconds: float = 30) -> Any:
        """What is waited for, once it is there."""
        deadline = time.monotonic() + seconds
        while not (found := what()):
            assert time.monotonic() < deadline, "Prometheus did not come to it in time"
            time.sleep(0.2)
        return found


@pytest.fixture(scope="module")
def scraped() -> Iterator[Scraped]:
    """Prometheus with our configuration, but quicker, and sample metrics of the three services."""
    _program("prometheus")
    with ExitStack() as stack:
        state = stack.enter_context(temporary_state())
        metrics = {name: Metrics(name) for name in _SERVICES}
        targets = {
            name: [f"127.0.0.1:{stack.enter_context(serve('127.0.0.1', 0, m, lambda: True))}"]
            for name, m in metrics.items()
        }
        text = prometheus_config(targets).replace("5s", "1s").replace("4s", "1s")
        config = state / "prometheus.yml"
        config.write_text(text, "utf-8")
        # Before the first scrape: one in the middle would see some of the series only.
        for name, sample in metrics.items():
            _work(name, sample)
        server = PrometheusServer(state, config, preferred_port=None, die_with_parent=True)
        stack.callback(server.stop)
        bring_up(server)
        client = stack.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=10))
        prometheus = Scraped(client)
        prometheus.until(lambda: len(prometheus.query("count by (job) (resesignal_records_total)")) == len(_SERVICES))
        # A rate needs two scrapes with something between them, of every service.
        for name, sample in metrics.items():
            _work(name, sample)
        worked = 'rate(resesignal_records_total{outcome="matched"}[1m]) > 0'
        prometheus.until(lambda: len(prometheus.query(worked)) == len(_SERVICES))
        prometheus.until(lambda: prometheus.query("resesignal:end_to_end_seconds:p99 > 0"))
        prometheus.until(lambda: len(prometheus.query("resesignal:behind_seconds")) == len(_SERVICES))
        yield prometheus


def _work(name: str, metrics: Metrics) -> None:
    """What a service would have counted."""
    topic = {"matching": "border-crossings", "candidates": "status-matches", "case-queue": "revocation-candidates"}[
        name
    ]
    for outcome, reason in (("no-person", ""), ("matched", ""), ("dead-lettered", "disclosure-missing")):
        metrics.records.labels(topic, outcome, reason).inc(10)
    metrics.produced.labels("status-matches").inc()
    metrics.reexamined.labels(topic).inc(20)
    metrics.batch_size.observe(20)
    metrics.decision_seconds.observe(0.001)
    metrics.transaction_records.observe(20)
    metrics.transaction_seconds.observe(0.02)
    metrics.end_to_end_seconds.observe(0.2)
    metrics.restore_seconds.observe(1)
    metrics.rebalances.labels("assigned").inc()
    metrics.transactions_aborted.inc()
    metrics.assigned.set(1)
    metrics.registry_people.set(20_000)
    metrics.registry_refused.labels("key-mismatch").inc()
    metrics.lag.labels(topic, "0").set(30)
    metrics.kafka_up.set(1)
    metrics.database_up.set(1)
    metrics.client_rtt_seconds.labels("1").set(0.01)
    metrics.client_queued.set(5)
    metrics.last_progress.set_to_current_time()


def test_promtool_accepts_the_configuration_with_the_rules(promtool: str, tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text(prometheus_config({"matching": ["127.0.0.1:9401"], "candidates": []}), "utf-8")
    done = subprocess.run([promtool, "check", "config", config], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rules = len([rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]])
    assert f"{rules} rules found" in done.stdout


def test_the_rules_do_as_their_tests_say(promtool: str) -> None:
    tests = RULES.parent / "rules_test.yml"
    done = subprocess.run([promtool, "test", "rules", tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_is_scraped_under_its_own_name(scraped: Scraped) -> None:
    up = {(s["metric"]["job"], s["metric"]["instance"]): s["value"][1] for s in scraped.query("up")}
    assert up == {(name, name): "1" for name in _SERVICES}


def _panels() -> list[dict[str, Any]]:
    return [p for p in json.loads(dashboard.FILE.read_text("utf-8"))["panels"] if p["type"] != "row"]


@pytest.mark.parametrize("panel", _panels(), ids=lambda panel: str(panel["title"]))
def test_every_panel_shows_something(scraped: Scraped, panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        # As Grafana fills them in with all services chosen.
        expression = target["expr"].replace("$__rate_interval", "1m").replace("$job", ".+")
        assert "$" not in expression
        series = scraped.query(expression)
        assert series, f"{expression} is empty"
        named = set(_labels_of(target["legendFormat"]))
        assert all(named <= s["metric"].keys() for s in series), (
            f"{target['legendFormat']} names labels that are not there"
        )


def _labels_of(legend: str) -> list[str]:
    """Labels that a legend names."""
    return [part.split("}}")[0].strip() for part in legend.split("{{")[1:]]


def test_a_dead_letter_raises_its_alert_with_a_readable_text(scraped: Scraped) -> None:
    def firing() -> set[str]:
        alerts = scraped.client.get("/api/v1/alerts").json()["data"]["alerts"]
        return {alert["annotations"]["summary"] for alert in alerts if alert["state"] == "firing"}

    # Alerts are evaluated each second, and the last records were counted a moment ago.
    expected = "20 records of border-crossings were refused by matching (disclosure-missing)."
    scraped.until(lambda: expected in firing())


def test_no_rule_fails_on_a_real_server(scraped: Scraped) -> None:
    groups = scraped.client.get("/api/v1/rules").json()["data"]["groups"]
    unwell = {rule["name"]: rule.get("lastError") for g in groups for rule in g["rules"] if rule["health"] != "ok"}
    assert unwell == {}
    texts = [
        text
        for alert in scraped.client.get("/api/v1/alerts").json()["data"]["alerts"]
        for text in alert["annotations"].values()
    ]
    assert [text for text in texts if "error" in text and "<" in text] == []
