"""Environments of their own for peers: installed once, as locked, or refused with what is needed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.identity.measure import PEER
from tests.benchmarks.locked import Locked, NotInstalledError
from tests.benchmarks.peers.quix import LOCKED as QUIX

LOCK = """\
builder==1.2.3 \\
    --hash=sha256:00
peer==4.5.6 ; python_full_version >= '3.11' \\
    --hash=sha256:01 \\
    --hash=sha256:02
"""


@pytest.fixture
def peer(tmp_path: Path) -> Locked:
    lock = tmp_path / "peer.lock"
    lock.write_text(LOCK, "ascii")
    return Locked("peer", lock, build_tools=("builder",), needs="a compiler")


class Runs:
    """Commands are noted and not run; the environment gets its folder, as venv would make it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail: str | None = None) -> None:
        self.words: list[list[str]] = []
        self.texts: list[str] = []
        self._fail = fail
        monkeypatch.setattr(subprocess, "run", self)

    def __call__(self, words: list[str], **_kept: Any) -> None:
        self.words.append(words)
        if "venv" in words:
            Path(words[-1]).mkdir(parents=True)
        if "--requirement" in words:
            self.texts.append(Path(words[-1]).read_text("ascii"))
        if self._fail is not None and self._fail in words:
            raise subprocess.CalledProcessError(1, words)


def test_it_is_installed_once_with_hashes_and_what_builds_it_first(
    peer: Locked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(monkeypatch)
    python = peer.prepare(tmp_path / "cache")
    assert runs.texts == ["builder==1.2.3 \\\n    --hash=sha256:00", LOCK]
    assert all("--require-hashes" in words and words[0] == python for words in runs.words[1:])
    assert peer.prepare(tmp_path / "cache") == python
    assert len(runs.words) == 3


def test_another_lock_is_another_environment(peer: Locked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Runs(monkeypatch)
    before = peer.prepare(tmp_path)
    peer.lock.write_text(LOCK.replace("4.5.6", "4.5.7"), "ascii")
    assert peer.prepare(tmp_path) != before


def test_what_cannot_be_installed_says_what_it_needs_and_is_tried_again(
    peer: Locked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Runs(monkeypatch, fail="--no-build-isolation")
    with pytest.raises(NotInstalledError, match=r"^peer could not .* peer\.lock.* network once, and a compiler\.$"):
        peer.prepare(tmp_path)
    again = Runs(monkeypatch)
    peer.prepare(tmp_path)
    assert len(again.words) == 3


def test_versions_are_those_of_the_lock(peer: Locked) -> None:
    assert (peer.version(), peer.version("builder")) == ("4.5.6", "1.2.3")


@pytest.mark.parametrize("locked", [PEER, QUIX], ids=lambda locked: locked.package)
def test_the_locks_pin_every_package_with_hashes_and_name_no_address(locked: Locked) -> None:
    entries = locked.lock.read_text("ascii").split("\n")
    heads = [line for line in entries if line and not line.startswith(" ")]
    assert all("==" in line and line.endswith("\\") for line in heads)
    assert all(line.strip().startswith("--hash=sha256:") for line in entries if line.startswith(" "))
    assert all(locked.version(name) for name in (locked.package, *locked.build_tools))
