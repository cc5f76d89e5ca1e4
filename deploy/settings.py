"""All settings, read once from the environment (`RESESIGNAL_...`) and handed down."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from confluent_kafka import KafkaException
from pydantic import AnyHttpUrl, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from consumers.kafka import Clients
from matcher.native import available
from matcher.rule_book import DEFAULT_RULES
from producers.kafka_config import ClientConfigError, Setting, read_properties

PREFIX = "RESESIGNAL_"
# Options of commands that may stand in the environment and are no settings of a service.
_OPTIONS = {"SPOOL"}


class SettingsError(Exception):
    """A setting is wrong. The text names it and says what to do; it never holds the value."""


class Settings(BaseSettings):
    """The settings; each is the environment variable of its name with `RESESIGNAL_` before it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    kafka_bootstrap: Annotated[str, Field(pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$")] = Field(
        "127.0.0.1:9092", description="Kafka brokers, host:port, several separated by commas."
    )
    kafka_client_config: Path | None = Field(
        None, description="File of further librdkafka properties, one name=value a line (TLS, SASL)."
    )
    schema_registry_url: AnyHttpUrl | None = Field(
        None, description="Schema Registry; without one, records carry the fingerprint of their schema."
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL of the case queue, postgresql://user:...@host/db."
    )
    instance: Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]{1,60}$")] = Field(
        default_factory=lambda: socket.gethostname()[:60],
        description="Name of this instance, unique within its service and the same after a restart.",
    )
    rules_file: Path = Field(
        DEFAULT_RULES, description="The relevance rules: a folder of rule sets in TOML, or one file."
    )
    native: Literal["auto", "on", "off"] = Field(
        "auto", description="Use the native core: on, off, or where it was built."
    )
    snapshot: Path | None = Field(
        None,
        description="Folder where `matching` keeps its registry for a quicker start; none without it. The file holds "
        "personal data of protected people: see docs/operation.md first.",
    )
    session_timeout_ms: Annotated[int, Field(ge=1000, le=300_000)] = Field(
        10_000, description="An instance without a heartbeat for this long is taken for dead, milliseconds."
    )
    transaction_timeout_ms: Annotated[int, Field(ge=1000, le=900_000)] = Field(
        10_000, description="The broker aborts a transaction that is open for longer, milliseconds."
    )
    observe_host: str = Field("127.0.0.1", description="Address for /metrics and /health.")
    observe_port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        0, description="Port for /metrics and /health; 0 takes a free one."
    )
    api_host: str = Field(
        "127.0.0.1", description="Address of the queue's API and pages; loopback until sign-in exists."
    )
    api_port: Annotated[int, Field(ge=0, le=65_535)] = Field(8080, description="Port of the queue's API and pages.")
    log_format: Literal["console", "json"] = Field("console", description="Form of the log.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    state: Path = Field(Path(".state"), description="Folder for the local stack's data, logs and process files.")
    cache: Path = Field(
        default_factory=lambda: Path(platformdirs.user_cache_dir("resesignal")),
        description="Folder for downloaded servers, shared by all checkouts.",
    )

    @field_validator("kafka_client_config")
    @classmethod
    def _is_a_file(cls, file: Path | None) -> Path | None:
        if file is not None and not file.is_file():
            raise ValueError("names a file that does not exist")
        return file

    @field_validator("snapshot", mode="before")
    @classmethod
    def _may_be_empty(cls, folder: Any) -> Any:
        return folder or None

    @field_validator("snapshot")
    @classmethod
    def _may_be_a_folder(cls, folder: Path | None) -> Path | None:
        if folder is not None and not folder.is_absolute():
            # Also what was meant as a switch ("off") would be a folder where the service happens to run.
            raise ValueError("must be the whole path of a folder, or nothing")
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ValueError("names a file, and must name a folder")
        return folder

    @field_validator("rules_file")
    @classmethod
    def _exists(cls, place: Path) -> Path:
        try:
            there = place.exists()
        except OSError as error:  # a folder on the way that may not be entered, a name that is too long
            raise ValueError(f"names what cannot be read ({error.strerror})") from None
        if not there:
            raise ValueError("names a file or folder that does not exist")
        return place

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            # Here, so that the services without a database start without it.
            from sqlalchemy import make_url
            from sqlalchemy.exc import ArgumentError

            try:
                backend = make_url(url.get_secret_value()).get_backend_name()
            except (ArgumentError, ValueError):
                backend = ""  # their text may quote the password
            if backend not in ("postgresql", "postgres"):
                raise ValueError("must be of the form postgresql://user:password@host:port/database")
        return url

    def clients(self, service: str) -> Clients:
        """Kafka clients for an instance of a service. Raises SettingsError."""
        clients = self._clients(service)
        try:
            clients.admin(lambda _error: None)
        except KafkaException as error:
            # librdkafka's sentence may quote the value; which of the names it quotes is enough.
            text = error.args[0].str()
            named = ", ".join(name for name in clients.extra if f'"{name}"' in text) or "its properties"
            raise SettingsError(f"{PREFIX}KAFKA_CLIENT_CONFIG: librdkafka does not take {named}") from None
        return clients

    def _clients(self, service: str) -> Clients:
        return Clients(
            bootstrap=self.kafka_bootstrap,
            group=service,
            instance=self.instance,
            extra=self.client_properties(),
            session_timeout_ms=self.session_timeout_ms,
            transaction_timeout_ms=self.transaction_timeout_ms,
        )

    def client_properties(self) -> dict[str, Setting]:
        """Further librdkafka properties, from `kafka_client_config`. Raises SettingsError."""
        if self.kafka_client_config is None:
            return {}
        try:
            return read_properties(self.kafka_client_config.read_text("utf-8"))
        except ClientConfigError as error:
            raise SettingsError(f"{PREFIX}KAFKA_CLIENT_CONFIG: {error}") from None
        except (OSError, UnicodeDecodeError):
            raise SettingsError(f"{PREFIX}KAFKA_CLIENT_CONFIG: the file cannot be read as UTF-8 text") from None

    def use_native(self) -> bool:
        """Whether to use the native core. Raises SettingsError where it is asked for and was not built."""
        if self.native == "on" and not available():
            raise SettingsError(
                f"{PREFIX}NATIVE is on, but the native core was not built; `make setup` does, with cargo"
            )
        return self.native != "off" and available()

    def require_database(self) -> str:
        """Address of the database. Raises SettingsError."""
        if self.database_url is None:
            raise SettingsError(f"{PREFIX}DATABASE_URL is not set; set it to the case queue's PostgreSQL")
        return self.database_url.get_secret_value()


def read_settings(**overrides: Any) -> Settings:
    """Settings from the environment. Raises SettingsError naming each setting that is wrong."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        lines = []
        for item in error.errors():
            name = PREFIX + "_".join(str(part) for part in item["loc"]).upper()
            lines.append(f"{name}: {item['msg'].removeprefix('Value error, ')}")
        raise SettingsError("\n".join(lines)) from None


def unknown_settings(environment: Iterable[str]) -> list[str]:
    """Names in the environment that look like settings and are none, each with the one that may be meant.

    Options of commands that stand in the environment, and what only tests read, are left out.
    """
    known = {name.upper() for name in Settings.model_fields} | _OPTIONS
    told = []
    for name in sorted(environment):
        rest = name.removeprefix(PREFIX)
        if rest != name and rest not in known and not rest.startswith("TEST_"):
            near = get_close_matches(rest, known, 1)
            told.append(f"{name} (is {PREFIX}{near[0]} meant?)" if near else name)
    return told


def settings_table() -> list[tuple[str, str, str]]:
    """Name, default and meaning of every setting, for the README and `--help`."""
    rows = []
    for name, field in Settings.model_fields.items():
        if field.default_factory is not None or isinstance(field.default, Path):
            default = {"instance": "host name", "cache": "user's cache folder", "state": "`.state`"}.get(
                name, "built in"
            )
        else:
            default = "" if field.default is None else f"`{field.default}`"
        rows.append((PREFIX + name.upper(), default, field.description or ""))
    return rows
