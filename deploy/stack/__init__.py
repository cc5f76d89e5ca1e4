"""Real servers on this machine without Docker: Kafka, PostgreSQL and, where the system has it, Prometheus.

`LocalStack` runs them with the project's services; the server classes also stand alone, for tests that kill them.
"""

from deploy.stack.artifacts import Report, ensure_kafka
from deploy.stack.errors import StackError
from deploy.stack.files import user_cache
from deploy.stack.kafka import KafkaServer
from deploy.stack.local import LocalStack, ServiceSpec, State, Status
from deploy.stack.ports import choose_port
from deploy.stack.postgres import PostgresServer
from deploy.stack.process import ChildProcess
from deploy.stack.prometheus import PrometheusServer, find_prometheus
from deploy.stack.warmup import ensure_kafka_aot

__all__ = [
    "ChildProcess",
    "KafkaServer",
    "LocalStack",
    "PostgresServer",
    "PrometheusServer",
    "Report",
    "ServiceSpec",
    "StackError",
    "State",
    "Status",
    "choose_port",
    "ensure_kafka",
    "ensure_kafka_aot",
    "find_prometheus",
    "user_cache",
]
