"""The port of a server of several processes: a listening socket of its own for each of them.

Processes that listen on one socket race for what comes to it, and the first to wake takes a whole burst of
connections, which then stay with it as long as they are kept alive. Where the kernel deals connections out
among sockets on the same port (Linux), each process opens its own when it has become ready. A process that
ends takes its socket along, and the kernel deals among the others. Elsewhere they share one, as it was.
"""

import socket
import sys
from typing import Any

PATIENCE_S = 30
"""How long a process may say nothing before it counts as hung: on a busy machine one that starts needs longer
than uvicorn's 5 s, and would be killed and started again for ever."""

DEALS = sys.platform == "linux"
"""Whether sockets on the same port share what comes to it evenly; BSD and macOS give all to the last."""


def bound(host: str, port: int) -> socket.socket:
    """A socket on that port that does not listen yet, to be sent to processes. Raises OSError, also when
    anybody else has the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = _KIND(family, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        if DEALS:
            # Only now, or a second server could join by mistake: what is bound before is judged without it.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    except BaseException:
        door.close()
        raise
    return door


def adopted(fileno: int) -> socket.socket:
    """The same, from the number under which a parent handed it down."""
    return _KIND(fileno=fileno)


class Door(socket.socket):
    """Holds a port. Sent to another process, it becomes another socket on the same port there."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _joined, (int(self.family), self.getsockname())


def _joined(family: int, address: Any) -> socket.socket:
    own = socket.socket(family, socket.SOCK_STREAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # or its late connections would hold the port
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(address)
    return own


_KIND = Door if DEALS else socket.socket
