"""What surrounds every request until sign-in exists: this machine only, known Host, strict headers, no leaks in faults.

Loopback alone does not keep a web page elsewhere from asking through the user's browser: a name that its owner lets
point to 127.0.0.1 (DNS rebinding) would be "same origin". The Host header tells such a name, so it is checked.
"""

from __future__ import annotations

import ipaddress
import logging
import re

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consumers.case_queue.errors import NotLoopback
from consumers.case_queue.problems import Fault, fault_response

_log = logging.getLogger(__name__)
_HOST = re.compile(rb"(?:127\.0\.0\.1|localhost|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE).fullmatch

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}


def check_loopback(host: str) -> str:
    """The host to bind to, if only this machine reaches it. Raises NotLoopback with a sentence that says what to do."""
    try:
        loopback = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise NotLoopback(
            "The case queue has no sign-in yet and may only be reached from this machine: "
            "bind it to 127.0.0.1, ::1 or localhost."
        )
    return host


class Guard:
    """The outermost layer of the app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, or refuse it."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1 or _HOST(hosts[0]) is None:
            await fault_response(scope["path"], Fault.HOST)(scope, receive, guarded)
            return
        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            # Neither text nor traceback: both may quote rows. The kind and place are enough to find it.
            place = error.__traceback__
            while place is not None and place.tb_next is not None:
                place = place.tb_next
            where = f"{place.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{place.tb_lineno}" if place else "?"
            _log.error("request failed: %s at %s", type(error).__name__, where)
            if not started:
                await fault_response(scope["path"], Fault.BROKEN)(scope, receive, guarded)
