"""What the services of the local stack will work with: checked before anything is started, and compared later."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from consumers.case_queue.guard import check_loopback
from deploy.settings import PREFIX, Settings, SettingsError, read_settings
from matcher.rule_book import load_rule_book

_CLIENTS = (
    "kafka_bootstrap",
    "kafka_client_config",
    "schema_registry_url",
    "session_timeout_ms",
    "transaction_timeout_ms",
    "observe_host",
    "log_format",
    "log_level",
)
# By service, what it works with; instance and ports are each one's own, and follow from the stack.
_OF: Mapping[str, tuple[str, ...]] = {
    "matching": (*_CLIENTS, "rules_file", "native", "snapshot"),
    "candidates": _CLIENTS,
    "case-queue": (*_CLIENTS, "database_url"),
    "api": ("rules_file", "database_url", "api_host", "log_format", "log_level"),
}
# Nothing listens there: properties are checked without a broker.
_NOWHERE = "127.0.0.1:9"


def check_settings(environment: Mapping[str, str]) -> None:
    """Check what can be checked without servers, as the services do, with this added to our own environment.

    Raises SettingsError, RuleSetError, NotLoopback.
    """
    settings = _read({**environment, f"{PREFIX}KAFKA_BOOTSTRAP": _NOWHERE})
    load_rule_book(settings.rules_file)
    settings.use_native()
    check_loopback(settings.api_host)
    try:
        socket.create_server((settings.observe_host, 0)).close()
    except OSError as error:
        raise SettingsError(f"{PREFIX}OBSERVE_HOST: cannot listen there: {error.strerror}") from None
    if settings.kafka_client_config is not None:
        settings.clients("matching")


def works_with(service: str, environment: Mapping[str, str]) -> dict[str, str]:
    """By name, all that a service works with, with this added to our own environment: passwords too, in clear.

    Of rules it is what they say, not where they are; of librdkafka's properties, when the file was last written.
    Raises SettingsError, RuleSetError.
    """
    settings = _read(environment)
    return {PREFIX + name.upper(): _value(settings, name) for name in _OF[service]}


def _value(settings: Settings, name: str) -> str:
    match getattr(settings, name):
        case Path() as place if name == "rules_file":
            return load_rule_book(place).digest
        case Path() as place if name == "kafka_client_config":
            return f"{os.fspath(place)} {place.stat().st_mtime_ns}"
        case SecretStr() as secret:
            return secret.get_secret_value()
        case value:
            return str(value)


def _read(environment: Mapping[str, str]) -> Settings:
    return read_settings(**{name.removeprefix(PREFIX).lower(): value for name, value in environment.items()})
