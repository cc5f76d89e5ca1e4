"""What the operator's dashboard shows: each panel's title, meaning and queries. `dashboard.py` draws it.

Queries name recording rules of `prometheus/rules.yml` and metrics of `consumers/metrics.py`; `$job` is the services
chosen at the top of the page, and Grafana sets `$__rate_interval`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Query:
    """A PromQL expression, and the legend of its series in Grafana's form."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel.

    Attributes:
        title: what is shown.
        description: what it tells an operator who is new, and what is good.
        queries: one or several.
        unit: Grafana's id of the unit.
        kind: a line over time, lines piled up, a number, or a heat map of a histogram.
        width: of 24 columns.
        limits: for a number: from where it is yellow and from where it is red; both alike: red below, green from there.
    """

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: str = "short"
    kind: Literal["lines", "stack", "number", "heat"] = "lines"
    width: int = 8
    limits: tuple[float, float] | None = None


def _quantiles(histogram: str, by: str = "job") -> tuple[Query, ...]:
    rate = f'sum by (le, {by}) (rate({histogram}_bucket{{job=~"$job"}}[$__rate_interval]))'
    return tuple(
        Query(f"histogram_quantile({quantile}, {rate})", f"{{{{{by}}}}} {name}")
        for quantile, name in ((0.5, "p50"), (0.99, "p99"))
    )


_GLANCE = (
    Panel(
        "Alerts firing",
        "Alerts of Resesignal that fire now. Good: 0. What to do for each stands in its text and in docs/operation.md.",
        (Query('count(ALERTS{alertname=~"Resesignal.*", alertstate="firing"}) or vector(0)'),),
        kind="number",
        width=4,
        limits=(1, 3),
    ),
    Panel(
        "Instances that answer",
        "Processes of matching, candidates and case-queue that Prometheus reaches. Good: all that you started.",
        (Query('sum(up{job=~"matching|candidates|case-queue"})'),),
        kind="number",
        width=4,
        limits=(3, 3),
    ),
    Panel(
        "Records waiting",
        "Records that came in and are not yet handled, all services together. Good: 0 or a passing peak.",
        (Query("sum(resesignal:backlog_records:sum)"),),
        kind="number",
        width=4,
        limits=(10_000, 1_000_000),
    ),
    Panel(
        "To the queue, p99",
        "99 of 100 candidates were in the caseworkers' queue this soon after the sender recorded the event. "
        "Good: below half a second. Empty where nothing came in the last five minutes.",
        (Query("resesignal:end_to_end_seconds:p99"),),
        unit="s",
        kind="number",
        width=4,
        limits=(0.5, 60),
    ),
    Panel(
        "Refused in ten minutes",
        "Records that became dead letters. Good: 0. Each may concern a protected person.",
        (Query("sum(resesignal:dead_letters:increase10m) or vector(0)"),),
        kind="number",
        width=4,
        limits=(1, 20),
    ),
    Panel(
        "People in the registry",
        "What the instance of matching that knows fewest people holds. Good: the number that the register has.",
        (Query('min(resesignal_registry_people{job="matching"})'),),
        kind="number",
        width=4,
        limits=(1, 1),
    ),
)

_WORK = (
    Panel(
        "Records by outcome",
        "Records handled and committed each second. Each has exactly one outcome; nearly all crossings are no-person.",
        (
            Query(
                'sum by (job, outcome) (rate(resesignal_records_total{job=~"$job"}[$__rate_interval]))',
                "{{job}} {{outcome}}",
            ),
        ),
        kind="stack",
    ),
    Panel(
        "Matched, to review, discarded",
        "What matching made of the events. The share of matches is tiny; a sudden change means another sender, "
        "another rule set or another registry.",
        (
            Query(
                'sum by (outcome) (rate(resesignal_records_total{job="matching", outcome=~"matched|review"}'
                "[$__rate_interval]))",
                "{{outcome}}",
            ),
            Query(
                'sum(rate(resesignal_records_total{job="matching", outcome!~"matched|review|dead-lettered"}'
                "[$__rate_interval]))",
                "discarded",
            ),
        ),
    ),
    Panel(
        "Dead letters by reason",
        "Records refused in the ten minutes before each point, by reason code. Good: nothing at all. "
        "`resesignal dead-letters list` shows where they are; an empty reason is one of case-queue.",
        (
            Query(
                'sum by (job, topic, reason) (resesignal:dead_letters:increase10m{job=~"$job"})',
                "{{job}} {{topic}} {{reason}}",
            ),
        ),
        kind="stack",
    ),
    Panel(
        "Records produced",
        "Records written in committed transactions each second, by topic; the next service reads them.",
        (
            Query(
                'sum by (job, topic) (rate(resesignal_produced_total{job=~"$job"}[$__rate_interval]))',
                "{{job}} {{topic}}",
            ),
        ),
    ),
    Panel(
        "Lag by topic",
        "Records not yet committed by the service that reads them, as the broker counts. Good: 0 at rest, and peaks "
        "that pass.",
        (Query('resesignal:backlog_records:sum{job=~"$job"}', "{{job}} {{topic}}"),),
    ),
    Panel(
        "Time behind",
        "How long the backlog takes at the pace of the last minute. Good: near 0. Infinite, shown as a gap, means "
        "that nothing moves.",
        (Query('resesignal:behind_seconds{job=~"$job"}', "{{job}} {{topic}}"),),
        unit="s",
    ),
)

_SPEED = (
    Panel(
        "From the sender to the queue",
        "Time from recorded_at at the sender to the row in the queue. Late senders, wrong clocks and old candidates "
        "that a change in the registry writes anew show here too.",
        (Query("resesignal:end_to_end_seconds:p50", "p50"), Query("resesignal:end_to_end_seconds:p99", "p99")),
        unit="s",
    ),
    Panel(
        "From the sender to the queue, all",
        "The same as a heat map: how many candidates took how long. Good: one band at the bottom.",
        (
            Query(
                'sum by (le) (increase(resesignal_end_to_end_seconds_bucket{job="case-queue"}[$__rate_interval]))',
                "{{le}}",
            ),
        ),
        unit="s",
        kind="heat",
    ),
    Panel(
        "Transaction time",
        "Time that a commit takes: to Kafka for matching and candidates, to PostgreSQL for case-queue. "
        "Good: tens of milliseconds; it sets the least latency.",
        _quantiles("resesignal_transaction_seconds"),
        unit="s",
    ),
    Panel(
        "Records in a transaction",
        "The more wait, the more go into one. One or a few at rest; thousands while there is a backlog.",
        _quantiles("resesignal_transaction_records"),
    ),
    Panel(
        "Records handled at once",
        "Batches handed to the deciding part. Small at rest, near the limit while there is a backlog.",
        _quantiles("resesignal_batch_records"),
    ),
    Panel(
        "Time to decide",
        "From a batch being handed over until all of it is decided, without Kafka. Good: a few milliseconds at rest.",
        _quantiles("resesignal_decision_seconds"),
        unit="s",
    ),
    Panel(
        "Since the last commit",
        "Time since each instance last committed. It grows while nothing comes in; with records waiting it must not.",
        (
            Query(
                'time() - (resesignal_last_commit_timestamp_seconds{job=~"$job"} > 0)',
                "{{instance}}",
            ),
        ),
        unit="s",
    ),
)

_GROUP = (
    Panel(
        "Partitions of each instance",
        "Partitions that each instance reads. Good: evenly spread, and all of them read by somebody.",
        (Query('resesignal_assigned_partitions{job=~"$job"}', "{{instance}}"),),
        kind="stack",
    ),
    Panel(
        "Rebalances and aborted transactions",
        "In five minutes. Some when instances start or stop; `lost` means that an instance was taken for dead. Nothing "
        "is lost or doubled by either, but handled again.",
        (
            Query('sum by (job, kind) (increase(resesignal_rebalances_total{job=~"$job"}[5m]))', "{{job}} {{kind}}"),
            Query('sum by (job) (increase(resesignal_transactions_aborted_total{job=~"$job"}[5m]))', "{{job}} aborted"),
        ),
    ),
    Panel(
        "Time to take partitions up",
        "How long an instance reads state before it works on new partitions. Grows with what is remembered.",
        _quantiles("resesignal_restore_seconds"),
        unit="s",
    ),
    Panel(
        "People in the registry, by instance",
        "Good: the same number for all. An instance that differs for long no longer follows the registry.",
        (Query('resesignal_registry_people{job="matching"}', "{{instance}}"),),
    ),
    Panel(
        "Registry not yet taken in",
        "Records of the registry that are not yet in memory, by instance. Good: 0, but for minutes at a full load.",
        (Query('resesignal_registry_lag_records{job="matching"}', "{{instance}}"),),
    ),
    Panel(
        "Looking again",
        "Partitions of which a part is still to be read again, because the registry or the rules have changed, and "
        "records read again per second. Good: 0 between changes. Above it, a change may not have found all yet.",
        (
            Query('sum(resesignal_reexamination_due_partitions{job="matching"})', "partitions to come"),
            Query('sum(rate(resesignal_reexamined_records_total{job="matching"}[$__rate_interval]))', "records/s"),
        ),
    ),
    Panel(
        "Registry rows refused",
        "Rows not taken in, in the ten minutes before each point. These people may be missed. Good: nothing.",
        (Query("resesignal:registry_rows_refused:increase10m", "{{reason}}"),),
    ),
)

_SERVERS = (
    Panel(
        "Reachability",
        "1 while Kafka, PostgreSQL and the instances themselves answer. Services wait and go on by themselves.",
        (
            Query('min by (instance) (up{job=~"$job"})', "{{instance}} answers"),
            Query('min by (instance) (resesignal_kafka_reachable{job=~"$job"})', "{{instance}} to Kafka"),
            Query('min by (instance) (resesignal_database_reachable{job="case-queue"})', "{{instance}} to PostgreSQL"),
        ),
    ),
    Panel(
        "Round trip to brokers",
        "99th percentile as the Kafka client measures it; requests that wait for records on purpose are among them.",
        (
            Query(
                'max by (instance, broker) (resesignal_client_broker_rtt_seconds{job=~"$job"})',
                "{{instance}} to {{broker}}",
            ),
        ),
        unit="s",
    ),
    Panel(
        "Records fetched ahead",
        "Records that the Kafka client holds ready. Many, steadily: the service is the slow part; none: the broker is.",
        (Query('resesignal_client_queued_records{job=~"$job"}', "{{instance}}"),),
    ),
    Panel(
        "Resident memory",
        "Memory of each process. It follows the size of the registry and of what is remembered, and then stays level.",
        (Query('process_resident_memory_bytes{job=~"$job"}', "{{instance}}"),),
        unit="bytes",
    ),
    Panel(
        "Processor",
        "Cores that each process uses. Near 1 an instance can do no more: start another.",
        (Query('rate(process_cpu_seconds_total{job=~"$job"}[$__rate_interval])', "{{instance}}"),),
    ),
    Panel(
        "Running since",
        "Time since each process started. A line that falls to 0 is a restart.",
        (Query('time() - process_start_time_seconds{job=~"$job"}', "{{instance}}"),),
        unit="s",
    ),
)

ROWS: tuple[tuple[str, tuple[Panel, ...]], ...] = (
    ("At a glance", _GLANCE),
    ("The work", _WORK),
    ("Speed", _SPEED),
    ("Group and registry", _GROUP),
    ("Servers and processes", _SERVERS),
)
