"""Rules, dashboard and operator's page against the metrics that the services declare."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from consumers.metrics import Metrics
from deploy import dashboard, operation_page
from deploy.cli import app
from deploy.monitoring import RULES, prometheus_config
from deploy.panels import ROWS
from deploy.settings import settings_table

_METRIC = re.compile(r"(?<![\w:])((?:resesignal|process)_\w+)(?![\w:]*:)")
_RECORDED = re.compile(r"resesignal:[\w:]+")


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _rule_expressions() -> Iterator[str]:
    return (rule["expr"] for rule in _rules())


def _panel_expressions() -> Iterator[str]:
    return (query.expr for _, panels in ROWS for panel in panels for query in panel.queries)


def _series() -> dict[str, str]:
    """Every series that a service may show, with the family it belongs to."""
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}
    return {
        family.name + suffix: family.name
        for family in Metrics("test").registry.collect()
        for suffix in suffixes[family.type]
    }


def _used(expressions: Iterator[str]) -> set[str]:
    return {name for expression in expressions for name in _METRIC.findall(expression)}


def test_every_metric_in_rules_and_dashboard_is_declared_with_the_suffix_of_its_kind() -> None:
    used = _used(_rule_expressions()) | _used(_panel_expressions())
    assert len(used) > 15
    assert used - _series().keys() == set()


def test_every_declared_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    families = _series()
    seen = {families[name] for name in _used(_rule_expressions()) | _used(_panel_expressions())}
    ours = {family for family in families.values() if family.startswith("resesignal_")}
    assert ours - seen == set()


def test_every_recorded_series_that_is_asked_for_is_recorded_and_none_in_vain() -> None:
    recorded = {rule["record"] for rule in _rules() if "record" in rule}
    asked = {name for e in (*_rule_expressions(), *_panel_expressions()) for name in _RECORDED.findall(e)}
    assert asked == recorded


def test_every_alert_has_a_severity_a_summary_and_says_what_to_do() -> None:
    for alert in operation_page.alerts():
        assert alert["alert"].startswith("Resesignal")
        assert alert["labels"]["severity"] in {"critical", "warning", "info"}
        assert set(alert["annotations"]) == {"summary", "description"}, alert["alert"]
        assert len(alert["annotations"]["description"]) > 80, alert["alert"]


def _expectations() -> dict[str, list[list[str]]]:
    """For each alert, the expectations of rules_test.yml that name it: each the labels of what fires, or nothing."""
    found: dict[str, list[list[str]]] = {alert["alert"]: [] for alert in operation_page.alerts()}
    for case in yaml.safe_load((RULES.parent / "rules_test.yml").read_text("utf-8"))["tests"]:
        for expectation in case["promql_expr_test"]:
            named = re.search(r'alertname=~?"([^"]+)"', expectation["expr"])
            for name in named.group(1).split("|") if named else ():
                found[name].append([sample["labels"] for sample in expectation["exp_samples"]])
    return found


@pytest.mark.parametrize("name", [alert["alert"] for alert in operation_page.alerts()])
def test_every_alert_is_tested_to_fire_and_to_stay_silent(name: str) -> None:
    expectations = _expectations()[name]
    assert any(expectations), f"{name} is never expected to fire"
    assert [] in expectations, f"{name} is never expected to be silent"


@pytest.mark.parametrize("alert", operation_page.alerts(), ids=lambda alert: str(alert["alert"]))
def test_texts_of_an_alert_name_only_labels_that_it_has(alert: dict[str, Any]) -> None:
    fired = next(labels for labels in _expectations()[alert["alert"]] if labels)[0]
    labels = set(re.findall(r"(\w+)=", fired))
    assert set(re.findall(r"\$labels\.(\w+)", str(alert["annotations"]))) <= labels


def test_the_committed_dashboard_is_what_the_code_generates() -> None:
    assert dashboard.FILE.read_text("utf-8") == dashboard.to_json(), "run python -m deploy.dashboard"


def test_the_dashboard_holds_every_panel_with_its_queries_and_a_description() -> None:
    drawn = {p["title"]: p for p in json.loads(dashboard.FILE.read_text("utf-8"))["panels"] if p["type"] != "row"}
    panels = {panel.title: panel for _, row in ROWS for panel in row}
    assert drawn.keys() == panels.keys()
    for title, panel in panels.items():
        assert [target["expr"] for target in drawn[title]["targets"]] == [query.expr for query in panel.queries]
        assert drawn[title]["description"] == panel.description != ""
    ids = [p["id"] for p in drawn.values()]
    assert len(ids) == len(set(ids))


def test_the_operators_page_has_the_metrics_and_alerts_of_today() -> None:
    page = operation_page.FILE.read_text("utf-8")
    assert operation_page.renew(page) == page, "run python -m deploy.operation_page"
    assert "| `resesignal_records_total` | counter | topic, outcome, reason |" in page


def test_a_page_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="metrics"):
        operation_page.renew("# A page\n")


def test_the_configuration_has_a_job_for_each_service_and_steady_names_for_instances(tmp_path: Path) -> None:
    rules = tmp_path / 'a "strange": name # rules.yml'
    config = yaml.safe_load(prometheus_config({"matching": ["h:1", "h:2"], "case-queue": ["h:3"], "none": []}, rules))
    assert config["global"]["scrape_interval"] == "5s"
    assert config["rule_files"] == [str(rules)]
    jobs = {job["job_name"]: job["static_configs"] for job in config["scrape_configs"]}
    assert jobs == {
        "matching": [
            {"targets": ["h:1"], "labels": {"instance": "matching"}},
            {"targets": ["h:2"], "labels": {"instance": "matching-2"}},
        ],
        "case-queue": [{"targets": ["h:3"], "labels": {"instance": "case-queue"}}],
        "none": [],
    }


def test_a_configuration_without_targets_is_still_one() -> None:
    assert yaml.safe_load(prometheus_config({}))["scrape_configs"] == []


def test_settings_and_commands_named_to_the_operator_exist() -> None:
    told = operation_page.FILE.read_text("utf-8") + RULES.read_text("utf-8")
    settings = {name for name, _, _ in settings_table()}
    assert set(re.findall(r"RESESIGNAL_[A-Z_]+", told)) <= settings
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    named = set(re.findall(r"(?:`|^    )resesignal ([a-z][a-z-]+)", told, re.MULTILINE))
    assert {"up", "reconcile", "migrate", "dead-letters"} <= named <= commands.keys()
