"""Wiring of the queue's API and pages."""

from __future__ import annotations

import socket

import uvicorn

from consumers.case_queue.api import WebSettings, create_app
from consumers.case_queue.audit import AuditLog
from consumers.case_queue.engine import make_engine
from consumers.case_queue.guard import check_loopback
from consumers.case_queue.reader import QueueReader
from deploy.logs import configure_logs
from deploy.services import now, program_version
from deploy.settings import PREFIX, Settings, SettingsError
from matcher.rule_book import load_rule_book


def run_api(settings: Settings) -> None:
    """Serve the API and pages until SIGTERM or SIGINT. Raises NotLoopback, SettingsError, RuleSetError."""
    host = check_loopback(settings.api_host)
    log = configure_logs(settings.log_format, settings.log_level, service="api", instance=settings.instance)
    rules = load_rule_book(settings.rules_file)
    # A person waits for the answer.
    engine = make_engine(
        settings.require_database(), application=f"api-{settings.instance}", statement_timeout_ms=5_000
    )
    app = create_app(
        QueueReader(engine),
        AuditLog(engine),
        WebSettings(rule_titles=rules.titles, version=program_version()),
        now,
    )
    # No access log: who looked at what is in the audit log, and addresses hold ids of people.
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="warning", server_header=False))
    try:
        with _listen(host, settings.api_port) as listening:
            log.info("starting", address=f"http://{host}:{listening.getsockname()[1]}/")
            server.run(sockets=[listening])
    finally:
        engine.dispose()
    log.info("stopped")


def _listen(host: str, port: int) -> socket.socket:
    plain = host.strip("[]")
    try:
        return socket.create_server((plain, port), family=socket.AF_INET6 if ":" in plain else socket.AF_INET)
    except OSError as error:
        raise SettingsError(f"{PREFIX}API_HOST, {PREFIX}API_PORT: cannot listen there: {error.strerror}") from None
