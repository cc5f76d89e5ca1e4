"""Prometheus on this machine, where the system has it; the stack is whole without."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import httpx

from deploy.stack.artifacts import Report, silent
from deploy.stack.errors import StackError
from deploy.stack.files import read_json, write_atomically
from deploy.stack.ports import LOOPBACK, choose_port
from deploy.stack.process import ChildProcess
from deploy.stack.server import wait_until


def find_prometheus() -> Path | None:
    """The system's `prometheus` program, or None."""
    found = shutil.which("prometheus")
    return Path(found) if found else None


class PrometheusServer:
    """Prometheus with its time series under `state`/prometheus, run with the configuration in `config_file`."""

    name = "prometheus"

    def __init__(
        self, state: Path, config_file: Path, *, preferred_port: int | None = 9090, die_with_parent: bool = False
    ) -> None:
        state = state.resolve()
        self._folder = state / "prometheus"
        self._config_file = config_file.resolve()
        self._facts_file = self._folder / "facts.json"
        self._preferred_port = preferred_port
        self.process = ChildProcess(self.name, state, die_with_parent=die_with_parent)

    @property
    def address(self) -> str:
        """host:port. Raises StackError `never-started`."""
        port = read_json(self._facts_file).get("port")
        if port is None:
            raise StackError("never-started", "Prometheus has never been started here.")
        return f"{LOOPBACK}:{port}"

    @property
    def url(self) -> str:
        """Address of its pages and API."""
        return f"http://{self.address}"

    def start(self, report: Report = silent) -> None:  # noqa: ARG002 - nothing to fetch, and the shape of a Server
        """Start it and return at once. Raises StackError `no-prometheus`, `cannot-start`."""
        if self.process.alive:
            return
        program = find_prometheus()
        if program is None:
            raise StackError("no-prometheus", "Prometheus was not found: install the system's package `prometheus`.")
        known = read_json(self._facts_file).get("port")
        port = choose_port(known if isinstance(known, int) else self._preferred_port)
        write_atomically(self._facts_file, json.dumps({"port": port}))
        argv = [
            str(program),
            f"--config.file={self._config_file}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address={LOOPBACK}:{port}",
            "--web.enable-lifecycle",
        ]
        self.process.start(argv, {"PATH": os.defpath, "LANG": "C.UTF-8"}, self._folder)

    def wait_ready(self, timeout: float = 30.0) -> None:
        """Return when it answers. Raises StackError as `wait_until`."""
        wait_until(lambda: http_ok(f"{self.url}/-/ready"), self.process, timeout)

    def stop(self) -> None:
        """Stop it in order."""
        self.process.stop()

    def kill(self) -> None:
        """SIGKILL it."""
        self.process.kill()

    def pause(self) -> None:
        """Freeze it."""
        self.process.pause()

    def resume(self) -> None:
        """Let it go on."""
        self.process.resume()


def http_ok(url: str) -> bool:
    """Whether a GET of a loopback address is answered with success now."""
    try:
        # trust_env: a proxy that the environment names has no business with the loopback address.
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
