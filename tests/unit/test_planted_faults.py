"""Each planted fault still finds its place, so that `make faults` plants what it says."""

from __future__ import annotations

import pytest

from tests.planted_faults import FAULTS, ROOT, Fault, UntoldError, has_failed


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_its_place_stands_once_in_the_code(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text("utf-8").count(fault.right) == 1
    assert all((ROOT / path.split("::")[0]).exists() for path in fault.tests.split())


def test_there_are_at_least_ten_of_different_names() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 10


def test_of_a_run_only_failing_tests_have_noticed_and_only_passing_ones_have_not() -> None:
    assert has_failed(1, "E   assert 1 == 2\n1 failed, 3 passed in 0.12s\n")
    assert not has_failed(0, "....\n4 passed in 0.12s\n")
    # What a test prints or is called is no count.
    assert not has_failed(0, "2 skipped\n4 passed in 0.12s\n")


@pytest.mark.parametrize(
    ("status", "output"),
    [
        (0, "SKIPPED [1] tests/servers.py:81: no Kafka\n3 passed, 1 skipped in 0.12s\n"),
        (0, "SKIPPED [1] tests/servers.py:81: no Kafka\n1 skipped in 0.12s\n"),
        (1, "FAILED tests/a.py::b\n1 failed, 2 skipped in 0.12s\n"),
        (2, "1 error in 0.12s\n"),
        (5, "no tests ran in 0.00s\n"),
    ],
)
def test_a_run_in_which_a_test_was_skipped_or_none_ran_tells_nothing(status: int, output: str) -> None:
    with pytest.raises(UntoldError):
        has_failed(status, output)
