"""Atomic files, locks and the place of the cache."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from deploy.stack.errors import StackError
from deploy.stack.files import locked, read_json, user_cache, write_atomically


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"RESESIGNAL_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        ({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/resesignal"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/c"}, "/c/.cache/resesignal"),
        ({"XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/resesignal"),
    ],
)
def test_the_cache_follows_the_environment(environ: dict[str, str], expected: str) -> None:
    assert user_cache(environ) == Path(expected)


def test_a_secret_is_written_for_its_owner_only(tmp_path: Path) -> None:
    write_atomically(tmp_path / "password", "hemligt", mode=0o600)
    assert (tmp_path / "password").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "password").read_text() == "hemligt"


def test_a_write_that_fails_leaves_the_old_content_and_no_rest(tmp_path: Path) -> None:
    file = tmp_path / "facts"
    write_atomically(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(file, "new \ud800")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_what_is_no_json_object_reads_as_empty(tmp_path: Path, content: str) -> None:
    (tmp_path / "facts").write_text(content)
    assert read_json(tmp_path / "facts") == {}


def test_a_held_lock_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", timeout=0, waiting_for="a test"):
        with pytest.raises(StackError, match="busy with a test") as caught, locked(tmp_path / "lock", 0.1, "a test"):
            pass
        assert caught.value.code == "locked"
    with locked(tmp_path / "lock", timeout=0, waiting_for="a test"):
        pass


def test_two_holders_never_overlap(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(5):
            with locked(tmp_path / "lock", timeout=10, waiting_for="a test"):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 15
    assert max(most) == 1
