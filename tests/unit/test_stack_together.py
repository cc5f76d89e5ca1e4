"""Several servers at once, and Ctrl-C in between."""

from __future__ import annotations

import signal
import threading
from types import FrameType

import pytest

from deploy.stack.together import together


def test_the_first_error_comes_once_all_are_through() -> None:
    second_may_end = threading.Event()
    done: list[str] = []

    def act(item: str) -> None:
        if item == "first":
            second_may_end.set()
            raise ValueError(item)
        assert second_may_end.wait(10)
        done.append(item)

    with pytest.raises(ValueError, match="first"):
        together(act, ["first", "second"])
    assert done == ["second"]


def test_an_interrupt_comes_once_all_are_through() -> None:
    """Else a server that is still being started comes up after everything was stopped."""
    interrupts = 0
    both = threading.Event()
    done: list[str] = []

    def interrupted(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupts
        interrupts += 1
        if interrupts == 2:  # impatience changes nothing
            signal.setitimer(signal.ITIMER_REAL, 0)
            both.set()
        raise KeyboardInterrupt

    def act(item: str) -> None:
        assert both.wait(10)
        done.append(item)

    before = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            together(act, ["one", "other"])
        assert sorted(done) == ["one", "other"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
