"""A call that may never return, made so that its caller goes on all the same."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Overdue(Exception):  # noqa: N818 - it reads as what happened
    """The call has not returned in time and goes on in a thread of its own: what it uses may not be used again."""


def bounded(call: Callable[[], T], seconds: float) -> T:
    """What `call` returns or raises, if it does within `seconds`. Raises Overdue."""
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001, RUF100 - handed to whoever waits
            outcome.set_exception(error)

    # A daemon, so that a call that never returns does not keep the process from ending.
    threading.Thread(target=run, name="bounded", daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        if outcome.done():
            raise
        raise Overdue from None
