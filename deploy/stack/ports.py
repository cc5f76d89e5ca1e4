"""Which loopback port a server takes."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Collection

LOOPBACK = "127.0.0.1"

# Below the range from which Linux and macOS give ports to outgoing connections: a port that was free when it was chosen
# is then not taken by somebody's client while the server is still starting.
FREE_RANGE = range(20000, 30000)
# For a port that a server had before and clients know it by: one that was killed lets go of it some time after it is
# gone, when its last thread has ended (seen: 40 ms).
KNOWN_PORT_PATIENCE_S = 1.0


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set this too; without it, connections in TIME_WAIT would make a just-stopped server's port look taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_listening(port: int, timeout: float = 0.2) -> bool:
    """Whether something accepts connections on `port` of the loopback address."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout):
            return True
    except OSError:
        return False


def choose_port(preferred: int | None, avoid: Collection[int] = (), *, patience_s: float = 0.0) -> int:
    """`preferred` where it is free, at the latest after `patience_s`, and not in `avoid`; else a free port.

    The answer is a snapshot; `deploy.stack.server.bring_up` tries again when the port was lost before the server bound.
    Raises OSError when none is found.
    """
    deadline = time.monotonic() + patience_s
    while preferred is not None and preferred not in avoid:
        if is_free(preferred):
            return preferred
        if time.monotonic() >= deadline:
            break
        time.sleep(0.01)
    for port in random.sample(FREE_RANGE, k=500):
        if port not in avoid and is_free(port):
            return port
    raise OSError("no free loopback port found")
