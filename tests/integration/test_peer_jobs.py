"""The Java job of `make bench-peers`: fetched and compiled without a JDK, and of one mind about document keys."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.benchmarks.peers import streams
from tests.servers import absence_is_reported, shared_cache


@pytest.fixture(scope="module")
def class_path() -> str:
    with absence_is_reported():
        return streams.prepare(shared_cache())


def test_java_makes_the_same_document_keys(class_path: str) -> None:
    count = len(streams.VECTORS.read_text("utf-8").splitlines())
    assert streams.check(class_path) == f"{count} document keys agree"


def test_java_tells_a_document_key_that_differs(
    class_path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "keys.tsv"
    wrong.write_text("SWE\tA1\tSWE:A1\nSWE\ta 1\tSWE:A-1\n", "utf-8")
    monkeypatch.setattr(streams, "VECTORS", wrong)
    with pytest.raises(subprocess.CalledProcessError) as caught:
        streams.check(class_path)
    assert "line 2 gives SWE:A1" in caught.value.output
