"""Doing the same to several servers at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

_Item = TypeVar("_Item")


def together(act: Callable[[_Item], None], items: Iterable[_Item]) -> None:
    """Do it to all at once; the first error once all are through.

    Ctrl-C, too, is raised only once all are through: who then stops what was started must find it started. A pool's
    own exit does not see to that, the interrupt ends its waiting.
    """
    with ThreadPoolExecutor(8) as pool:
        outcomes = [pool.submit(act, item) for item in items]
        try:
            wait(outcomes)
        except BaseException:
            _wait_whatever_comes(outcomes)
            raise
    for outcome in outcomes:
        outcome.result()


def _wait_whatever_comes(outcomes: list[Future[None]]) -> None:
    while not all(outcome.done() for outcome in outcomes):
        try:
            wait(outcomes)
        except KeyboardInterrupt:
            continue
