"""PostgreSQL where we are root: it runs as another account, which must be able to reach its program and its data."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import psycopg
import pytest

from deploy.stack import PostgresServer, StackError
from deploy.stack.postgres import installed_binaries
from deploy.stack.server import bring_up
from tests.servers import libpq_url, temporary_state

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs none of this")


def closed(parent: Path, name: str) -> Path:
    """A folder that only root can enter, like /root."""
    folder = parent / name
    folder.mkdir(mode=0o700)
    return folder


def test_state_and_program_and_cache_under_a_closed_folder_work() -> None:
    with temporary_state() as place:
        root = closed(place, "root")
        program = root / "pginstall18"
        program.symlink_to(installed_binaries())  # reached only through the closed folder
        open_place = place / "open"
        server = PostgresServer(
            root / "state",
            root / "cache",
            preferred_port=None,
            die_with_parent=True,
            binaries=program,
            open_place=open_place,
        )
        try:
            bring_up(server)
            assert server.process.pid is not None
            process = psutil.Process(server.process.pid)
            assert process.uids().effective != 0
            assert process.gids().effective != 0
            assert Path(process.exe()).is_relative_to(open_place)
            assert server.data.is_relative_to(open_place)
            with psycopg.connect(libpq_url(server.url)) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)
            data = server.data
            server.discard()
            assert not data.exists()
            bring_up(server)  # afresh, with a new password
        finally:
            server.discard()


def test_an_open_state_folder_keeps_its_data() -> None:
    with temporary_state() as state:
        server = PostgresServer(state, state / "cache", preferred_port=None, die_with_parent=True)
        try:
            bring_up(server)
            assert server.data.is_relative_to(state)
            assert not (state / "cache").exists(), "nothing is copied where the installed program can be read"
        finally:
            server.discard()


def test_where_no_folder_can_be_reached_the_error_says_what_to_do() -> None:
    with temporary_state() as place:
        root = closed(place, "root")
        server = PostgresServer(root / "state", root / "cache", preferred_port=None, open_place=root / "open")
        with pytest.raises(StackError, match="Choose a state folder") as caught:
            server.start()
        assert caught.value.code == "no-reachable-folder"
