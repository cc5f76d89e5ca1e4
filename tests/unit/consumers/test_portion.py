"""How many records are taken at once."""

from __future__ import annotations

import pytest

from consumers.portion import Portion


@pytest.mark.parametrize(
    ("records", "seconds", "size"),
    [
        pytest.param(2000, 0.9, 2000, id="in-time"),
        pytest.param(2000, 4.0, 500, id="as-many-as-are-in-time"),
        pytest.param(2000, 9000.0, 1, id="never-none"),
        pytest.param(3, 5.0, 1, id="few-that-took-long"),
        pytest.param(0, 5.0, 1, id="a-pause-of-the-machine"),
    ],
)
def test_after_some_that_took_long_fewer_are_taken(records: int, seconds: float, size: int) -> None:
    portion = Portion(2000, 1.0)
    portion.took(records, seconds)
    assert portion.size == size


def test_it_grows_again_and_never_beyond_its_most() -> None:
    portion = Portion(1500, 1.0)
    portion.took(1500, 150.0)
    sizes = []
    for _ in range(9):
        portion.took(portion.size, 0.01)
        sizes.append(portion.size)
    assert sizes == [20, 40, 80, 160, 320, 640, 1280, 1500, 1500]


def test_it_stays_where_more_would_take_long() -> None:
    portion = Portion(2000, 1.0)
    portion.took(2000, 10.0)
    portion.took(200, 0.3)
    assert portion.size == 200
