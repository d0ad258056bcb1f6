"""uvicorn's HTTP, with the short way before ASGI.

A task of its own, the messages to and from it, and judging every header of the answer cost several times as
much as an answer out of memory. So a request that has come whole is shown to the application's lane first,
and what that answers at once leaves in one write. Everything else goes as uvicorn has it: its methods are
called with the same cycle, and what is not as this expects is left to them too.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from api.heads import BoundedHeads
from api.lane import LANE, Lane

PATIENCE_S = 0.05
"""How long a body may come behind its head (many clients send them apart) before a task waits for it."""


class Protocol(BoundedHeads):
    """What `anyshelf serve` has uvicorn speak."""

    _due: tuple[RequestResponseCycle, Any] | None = None
    _patience: asyncio.TimerHandle | None = None
    _reading = False

    def data_received(self, data: bytes) -> None:
        """Read on; then begin what has come, at once if that can be."""
        self._reading = True
        try:
            super().data_received(data)
            self._begin(patient=True)
        finally:
            self._reading = False

    def connection_lost(self, exc: Exception | None) -> None:
        """A request that was begun is counted, whatever became of it."""
        super().connection_lost(exc)
        self._begin()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """While data is being read, wait for all of it: mostly the body comes along with the head."""
        if self._reading:
            self._due = (cycle, app)
        else:
            super()._start_asgi_task(cycle, app)

    def _begin(self, patient: bool = False) -> None:
        while self._due is not None:
            cycle, app = self._due
            lane: Lane | None = self.app_state.get(LANE) if app is self.app else None
            if patient and lane is not None and cycle.more_body and lane.may_know(cycle.scope):
                if self._patience is None and not cycle.waiting_for_100_continue:
                    self._patience = self.loop.call_later(PATIENCE_S, self._begin)
                if self._patience is not None:
                    return
            self._due = None
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
            if lane is None or not self._answer(cycle, lane):
                super()._start_asgi_task(cycle, app)

    def _answer(self, cycle: RequestResponseCycle, lane: Lane) -> bool:
        """Answer at once; whether that was possible."""
        if (
            cycle.more_body
            or not cycle.keep_alive
            or cycle.waiting_for_100_continue
            or self.flow.write_paused
            or self.config.access_log
            or self.transport.is_closing()
        ):
            return False
        answer = lane.at_once(cycle.scope, cycle.body, self.server_state.default_headers)
        if answer is None:
            return False
        cycle.response_started = cycle.response_complete = True
        self.transport.write(answer)
        self.on_response_complete()
        return True
