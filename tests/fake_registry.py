"""A Schema Registry in memory that speaks the protocol of the real ones, for where none can be had.

Its answers were compared with Apicurio 3.3.3 (/apis/ccompat/v7) by running the same tests against both.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from schemas.compatibility import breaks

PREFIX = "/apis/ccompat/v7/"


class FakeRegistry:
    """What it holds: schema texts by id, ids by subject, compatibility by subject."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.subjects: dict[str, list[int]] = {}
        self.compatibility: dict[str, str] = {}

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        match (method, *path.split("/")):
            case ("GET", "schemas", "ids", number):
                if not 1 <= int(number) <= len(self.texts):
                    return 404, {"error_code": 40403, "message": "Schema not found"}
                return 200, {"schema": self.texts[int(number) - 1]}
            case ("POST", "subjects", subject, "versions"):
                return self._add(subject, body["schema"])
            case ("POST", "subjects", subject):
                return self._look_up(subject, body["schema"])
            case ("PUT", "config", subject):
                self.compatibility[subject] = body["compatibility"]
                return 200, {"compatibility": body["compatibility"]}
            case ("GET", "config", subject):
                return 200, {"compatibilityLevel": self.compatibility[subject]}
        return 404, {}

    def _look_up(self, subject: str, text: str) -> tuple[int, dict[str, Any]]:
        if subject not in self.subjects:
            return 404, {"error_code": 40401, "message": "Subject not found"}
        for version, number in enumerate(self.subjects[subject], start=1):
            if json.loads(self.texts[number - 1]) == json.loads(text):
                return 200, {"subject": subject, "version": version, "id": number, "schema": text}
        return 404, {"error_code": 40403, "message": "Schema not found"}

    def _add(self, subject: str, text: str) -> tuple[int, dict[str, Any]]:
        status, found = self._look_up(subject, text)
        if status == 200:
            return 200, {"id": found["id"]}
        earlier = [json.loads(self.texts[number - 1]) for number in self.subjects.get(subject, [])]
        if self.compatibility.get(subject) and any(breaks(json.loads(text), version) for version in earlier):
            return 409, {"error_code": 409, "message": "Incompatible"}
        same = [number for number, held in enumerate(self.texts, 1) if json.loads(held) == json.loads(text)]
        if not same:
            self.texts.append(text)
        number = same[0] if same else len(self.texts)
        self.subjects.setdefault(subject, []).append(number)
        return 200, {"id": number}


@contextmanager
def fake_registry() -> Iterator[str]:
    """The address of a fake registry on loopback."""
    registry = FakeRegistry()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _handle(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            if self.path.startswith(PREFIX):
                status, content = registry.answer(self.command, self.path.removeprefix(PREFIX), body)
                data = json.dumps(content).encode()
            else:
                status, data = 404, b"<html>Not here</html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _handle  # noqa: N815 - names that http.server looks for

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}{PREFIX}"
        finally:
            server.shutdown()
            thread.join()
