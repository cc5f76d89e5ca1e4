"""What the services do must not depend on the native core, so their tests run with it and without."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.consumers.folding import Folding
from tests.unit.consumers.matchers import Matchers
from tests.unit.natively import needs_native


@pytest.fixture(scope="module", params=["python", pytest.param("native", marks=needs_native)])
def index(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a module with the index in Python, then with the native one."""
    Matchers.native = request.param == "native"
    yield
    Matchers.native = False


@pytest.fixture(scope="module", params=["python", pytest.param("native", marks=needs_native)])
def typed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a module with `candidates` reading and writing its records in Python, then with the core."""
    Folding.native = request.param == "native"
    yield
    Folding.native = False
