"""What matching does must not depend on which index it has, so its tests run with both."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.consumers.matchers import Matchers
from tests.unit.natively import needs_native


@pytest.fixture(scope="module", params=["python", pytest.param("native", marks=needs_native)])
def index(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a module with the index in Python, then with the native one."""
    Matchers.native = request.param == "native"
    yield
    Matchers.native = False
