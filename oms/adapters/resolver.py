"""Names to addresses, as the machine resolves them; tests bring their own."""

from __future__ import annotations

import socket
from collections.abc import Callable

Resolve = Callable[[str], list[str]]
"""Host → its addresses as text, the preferred first. Raises OSError when there are none."""


def resolve_host(host: str) -> list[str]:
    """All addresses of a host; an address in any spelling is its own."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))
