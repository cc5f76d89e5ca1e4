"""Each planted fault still finds its place, so that `make faults` plants what it says."""

from __future__ import annotations

import pytest

from tests.planted_faults import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_its_place_stands_once_in_the_code(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text("utf-8").count(fault.right) == 1
    assert all((ROOT / path.split("::")[0]).exists() for path in fault.tests.split())


def test_there_are_at_least_ten_of_different_names() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 10
