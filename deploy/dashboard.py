"""Grafana's dashboard from `panels.py`: `python -m deploy.dashboard` writes it. Needs the `dev` extra."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.builders import common, heatmap, stat, timeseries
from grafana_foundation_sdk.builders import dashboard as board
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from deploy.panels import ROWS, Panel

FILE = Path(__file__).parent / "grafana" / "resesignal.json"
UID = "resesignal"

_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_HEIGHT = 8


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana imports it."""
    page = (
        board.Dashboard("Resesignal")
        .uid(UID)
        .description(
            "From a border crossing to the caseworkers' queue. What to do when something is red: docs/operation.md."
        )
        .tags(["resesignal"])
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(board.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(
            board.QueryVariable("job")
            .label("Service")
            .datasource(_SOURCE)
            .query('label_values(up{job=~"matching|candidates|case-queue"}, job)')
            .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
            .multi(True)
            .include_all(True)
            .all_value(".+")
            .current(VariableOption(text="All", value="$__all", selected=True))
        )
    )
    numbers = count(1)
    for title, panels in ROWS:
        page = page.with_row(board.Row(title).id(next(numbers)))
        for panel in panels:
            page = page.with_panel(_draw(panel).id(next(numbers)))
    built: dict[str, Any] = json.loads(JSONEncoder(sort_keys=True).encode(page.build()))
    return built


def to_json() -> str:
    """The dashboard as it is committed."""
    return json.dumps(dashboard(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _draw(panel: Panel) -> Any:
    drawn = _shape(panel).title(panel.title).description(panel.description).unit(panel.unit).datasource(_SOURCE)
    drawn = drawn.span(panel.width).height(4 if panel.kind == "number" else _HEIGHT)
    for letter, query in zip("ABCDEF"[: len(panel.queries)], panel.queries, strict=True):
        target = Dataquery().expr(query.expr).legend_format(query.legend).ref_id(letter).datasource(_SOURCE)
        if panel.kind == "heat":
            target = target.format(PromQueryFormat.HEATMAP)
        drawn = drawn.with_target(target.instant() if panel.kind == "number" else target.range())
    return drawn


def _shape(panel: Panel) -> Any:
    if panel.kind == "number":
        return (
            stat.Panel()
            .color_mode(kinds.BigValueColorMode.VALUE)
            .graph_mode(kinds.BigValueGraphMode.NONE)
            .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
            .thresholds(_thresholds(panel))
        )
    if panel.kind == "heat":
        color = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Blues").steps(64)
        return heatmap.Panel().color(color).show_tooltip().y_axis(heatmap.YAxisConfig().unit(panel.unit))
    lines = (
        timeseries.Panel()
        .min(0)
        .fill_opacity(10)
        .legend(
            common.VizLegendOptions()
            .display_mode(kinds.LegendDisplayMode.LIST)
            .placement(kinds.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING))
    )
    if panel.kind == "stack":
        lines = lines.fill_opacity(30).stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    return lines


def _thresholds(panel: Panel) -> Any:
    """Green, yellow, red upwards; where both limits are one, red below it and green from it on."""
    steps = [Threshold(None, "green")]
    if panel.limits is not None:
        low, high = panel.limits
        if low == high:
            steps = [Threshold(None, "red"), Threshold(low, "green")]
        else:
            steps += [Threshold(low, "yellow"), Threshold(high, "red")]
    return board.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


if __name__ == "__main__":
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(to_json(), "utf-8")
