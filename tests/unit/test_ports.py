"""Choosing a loopback port."""

from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest

from deploy.stack import ports


@pytest.fixture
def taken() -> int:
    """Not yet taken; tests bind it."""
    return ports.choose_port(None)


def _listen(port: int) -> socket.socket:
    return socket.create_server((ports.LOOPBACK, port))


def test_the_preferred_port_is_taken_where_it_is_free(taken: int) -> None:
    assert ports.choose_port(taken) == taken


def test_a_port_that_someone_listens_on_is_not_chosen(taken: int) -> None:
    with closing(_listen(taken)):
        assert not ports.is_free(taken)
        assert ports.is_listening(taken)
        assert ports.choose_port(taken) != taken
    assert ports.is_free(taken)
    assert not ports.is_listening(taken)


def test_a_listener_on_every_address_counts_too(taken: int) -> None:
    with closing(socket.create_server(("0.0.0.0", taken))):  # noqa: S104 - that is the case under test
        assert not ports.is_free(taken)


def test_a_port_to_avoid_is_not_chosen(taken: int) -> None:
    assert ports.choose_port(taken, avoid={taken}) != taken


def test_a_port_whose_last_connection_was_just_closed_is_free(taken: int) -> None:
    with closing(_listen(taken)) as server, closing(socket.create_connection((ports.LOOPBACK, taken))):
        peer, _ = server.accept()
        peer.close()  # closed by the server first: the server's side goes to TIME_WAIT
    assert ports.choose_port(taken) == taken


def test_with_patience_a_port_is_waited_for_that_is_let_go_of_late(taken: int) -> None:
    server = _listen(taken)
    letting_go = threading.Timer(0.2, server.close)
    letting_go.start()
    assert ports.choose_port(taken, patience_s=30) == taken
    letting_go.join()


def test_patience_ends(taken: int) -> None:
    with closing(_listen(taken)):
        assert ports.choose_port(taken, patience_s=0.1) != taken


def test_a_port_of_ones_own_lies_below_those_for_outgoing_connections() -> None:
    assert ports.choose_port(None) in ports.FREE_RANGE


def test_having_no_port_left_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with pytest.raises(OSError, match="no free loopback port"):
        ports.choose_port(9092)
