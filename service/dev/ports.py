"""Free TCP ports on the loopback for servers that must come back on the same one."""

import random
import socket

LOOPBACK = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Below every system's ephemeral range: there, a client that keeps knocking while a server is
down can be given the server's own port as its source and connect to itself."""


def free_port() -> int:
    """Return a port nobody listens on now, chosen at random so that parallel runs seldom meet."""
    for port in random.sample(PORTS, 200):
        if is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000 on 127.0.0.1")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could bind the port at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((host, port))
        except OSError:
            return False
    return True
