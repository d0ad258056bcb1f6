"""What is done about an answer once it is sent: it is counted, and has its line in the log.

Nobody waits for either, and one after the other both cost more than a small answer: each time the processor
has to find its way into them anew. So for `LINGER_S` answers are only remembered, and then settled together,
their lines in one write. What a process owes when it is killed is lost: figures and lines, never an answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from api.logs import access, answered
from api.metrics import count, method_of
from oms.adapters.clock import epoch_ns, stamp

LINGER_S = 0.02

_Answer = tuple[int, str, str, str, int, float, str | None, str | None]

_due: deque[_Answer] = deque()
_awaited: asyncio.AbstractEventLoop | None = None


def remember(
    request_id: str,
    method: str,
    route: str,
    status: int,
    seconds: float,
    key: str | None = None,
    code: str | None = None,
) -> None:
    """An answer was sent. `key`: the id of whose request it was; `code`: the name of a refusal. Called where
    an event loop runs.
    """
    global _awaited
    _due.append((epoch_ns(), request_id, method, route, status, seconds, key, code))
    loop = asyncio.get_running_loop()
    if _awaited is not loop:
        _awaited = loop
        loop.call_later(LINGER_S, settle)


def settle() -> None:
    """Count all answers remembered so far and write their lines."""
    global _awaited
    _awaited = None
    lines, wanted = [], access.isEnabledFor(logging.INFO)
    for _ in range(len(_due)):
        try:
            answer = _due.popleft()
        except IndexError:  # another thread settles too
            break
        _, _, method, route, status, seconds, _, code = answer
        count(method_of(method), route, status, seconds, code)
        if wanted:
            lines.append(_about(*answer))
    answered(lines)


def _about(
    at_ns: int,
    request_id: str,
    method: str,
    route: str,
    status: int,
    seconds: float,
    key: str | None,
    code: str | None,
) -> dict[str, Any]:
    about: dict[str, Any] = {"at": stamp(at_ns), "request_id": request_id, "method": method, "route": route}
    about["status"], about["ms"] = status, round(seconds * 1000, 1)
    if key is not None:
        about["key"] = key
    if code is not None:
        about["code"] = code
    return about
