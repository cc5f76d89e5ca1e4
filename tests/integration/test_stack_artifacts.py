"""Kafka's jars: what is changed, missing, half there or out of reach."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.stack import StackError, artifacts, ensure_kafka
from tests.servers import absence_is_reported, shared_cache

SMALLEST = "org/slf4j/slf4j-simple/1.7.36/slf4j-simple-1.7.36.jar"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of the test's own with all the jars, hard links to the shared ones but for the one to be changed."""
    with absence_is_reported():
        shared = ensure_kafka(shared_cache())
    folder = tmp_path / shared.name
    for path in artifacts.read_lock():
        (folder / path).parent.mkdir(parents=True)
        try:
            os.link(shared / path, folder / path)
        except OSError:
            (folder / path).write_bytes((shared / path).read_bytes())
    content = (folder / SMALLEST).read_bytes()
    (folder / SMALLEST).unlink()
    (folder / SMALLEST).write_bytes(content)
    assert ensure_kafka(tmp_path) == folder
    return tmp_path


def tamper(jar: Path) -> None:
    content = bytearray(jar.read_bytes())
    content[100] ^= 1
    jar.write_bytes(content)


def test_a_changed_jar_is_found_at_the_next_start(cache: Path) -> None:
    tamper(cache / "kafka-4.3.1" / SMALLEST)
    with pytest.raises(StackError, match="is not the file that the lock file names") as caught:
        ensure_kafka(cache)
    assert caught.value.code == "jar-hash-mismatch"


def test_a_jar_changed_without_a_trace_is_found_by_verify(cache: Path) -> None:
    jar = cache / "kafka-4.3.1" / SMALLEST
    facts = jar.stat()
    tamper(jar)
    os.utime(jar, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    ensure_kafka(cache)  # same size and time: nothing to see
    with pytest.raises(StackError) as caught:
        ensure_kafka(cache, verify=True)
    assert caught.value.code == "jar-hash-mismatch"


def test_without_a_network_the_error_says_so_and_names_no_registry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nonexistent")  # no Maven either
    with pytest.raises(StackError) as caught:
        ensure_kafka(tmp_path)
    assert caught.value.code == "no-network"
    assert "://" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not (tmp_path / "kafka-4.3.1").exists()


@pytest.mark.parametrize("already", ["nothing", "half", "missing-one"])
def test_an_interrupted_or_damaged_install_is_completed(
    cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory, already: str
) -> None:
    source = cache / "kafka-4.3.1"
    own = tmp_path_factory.mktemp("own")
    if already == "half":
        half = own / "kafka-4.3.1.partial" / SMALLEST
        half.parent.mkdir(parents=True)
        half.write_bytes(b"PK half")
    fetched: list[str] = []

    def fetch(paths: Mapping[str, str], into: Path, _report: artifacts.Report) -> None:
        for path, digest in paths.items():
            fetched.append(path)
            artifacts._fetch_one(lambda path=path: artifacts._copy(source / path, into / path), into / path, digest)  # type: ignore[misc]

    monkeypatch.setattr(artifacts, "_fetch_with_jgo", fetch)
    if already == "missing-one":
        own = cache
        copy = own / "elsewhere.jar"
        (source / SMALLEST).rename(copy)
        source = own / "source"
        (source / SMALLEST).parent.mkdir(parents=True)
        copy.rename(source / SMALLEST)
    folder = ensure_kafka(own)
    assert fetched == ([SMALLEST] if already == "missing-one" else list(artifacts.read_lock()))
    assert all(artifacts.sha256(folder / path) == digest for path, digest in artifacts.read_lock().items())
    assert not (own / "kafka-4.3.1.partial").exists()


def test_a_download_with_another_hash_is_thrown_away(tmp_path: Path) -> None:
    target = tmp_path / "evil.jar"

    def fetch() -> None:
        target.write_bytes(b"evil")

    with pytest.raises(StackError) as caught:
        artifacts._fetch_one(fetch, target, "0" * 64)
    assert caught.value.code == "jar-hash-mismatch"
    assert not target.exists()
