"""What happened: a feed to page through, and a stream to listen to."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

import anyio
import orjson
from anyio import CapacityLimiter
from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import ConfigDict

from api.auth import presented
from api.deps import Running, reply
from api.guard import routes
from api.paging import MOST
from api.wire.base import Instant, Wire
from oms.bootstrap import Runtime
from oms.refusals import Code, Fault, refuse
from oms.usecases.events import Published, document, last_event, read_events, require_kept

router = routes("events")

HEARTBEAT_S = 15.0
LOOK_S = 0.05
MOST_STREAMS = 200
HIGHEST = 2**62

_readers = CapacityLimiter(2)
"""Streams read the database two at a time, so that a hundred listeners leave the thread pool to others."""

Types = Annotated[
    list[str] | None,
    Query(alias="type", max_length=50, description="Only these types; may be repeated", examples=[[]]),
]


class EventOut(Wire):
    """`seq` is dense and is the cursor; `data` names people by id only. `channel` is the one the change came
    through; `occurred_at` is when it happened, where that was before it was heard of (`at`). Events of an
    order that changed quantities or holds carry `lines` (line → units per stage) and `holds` as they are
    since."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "seq": 4711,
                    "type": "order.placed",
                    "subject": "order",
                    "subject_id": "1001",
                    "at": "2026-01-16T10:00:00+00:00",
                    "actor": "key_06h0jmksgpf83vmaet7wk6y9",
                    "channel": "web",
                    "reason": "",
                    "occurred_at": None,
                    "data": {"channel": "web"},
                }
            ]
        }
    )
    seq: int
    type: str
    subject: str
    subject_id: str
    at: Instant
    actor: str
    channel: str
    reason: str
    occurred_at: Instant | None
    data: dict[str, Any]


class Events(Wire):
    """`next` is what to send as `after` for what follows, also when nothing does yet."""

    items: list[EventOut]
    next: int


@router.get("/v1/events", response_model=Events)
def list_events(
    request: Request,
    running: Running,
    after: Annotated[int, Query(ge=0, le=HIGHEST, description="The last `seq` seen")] = 0,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    types: Types = None,
) -> Response:
    """Events after a cursor, oldest first. Repeat with `next`; nothing is ever skipped or shown twice."""
    found, _ = _read(running, after, limit, tuple(types or ()))
    last = found[-1].seq if found else after
    headers = {}
    if len(found) == limit:
        headers["Link"] = f'<{request.url.include_query_params(after=last)}>; rel="next"'
    return reply({"items": [document(event) for event in found], "next": last}, headers=headers)


@router.get(
    "/v1/events/stream",
    response_class=StreamingResponse,
    responses={200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}},
)
async def stream_events(
    request: Request,
    running: Running,
    last_event_id: Annotated[
        str | None, Header(max_length=20, description="Continue after this one; from now on if not sent")
    ] = None,
    types: Types = None,
) -> Response:
    """Events as they happen. `id` is the sequence number, `event` the type; a comment every 15 s keeps it
    open."""
    after = running.tail.seq if last_event_id is None else _cursor(last_event_id)
    state = request.app.state
    if state.streams >= MOST_STREAMS:
        raise refuse(Code.UNAVAILABLE, "This process has no more room for listeners")
    if last_event_id is not None:
        await anyio.to_thread.run_sync(partial(_require_kept, running, after), limiter=_readers)
    body = _stream(state, running, presented(request), after, tuple(types or ()))
    return StreamingResponse(body, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _stream(
    state: Any, running: Runtime, key: str, after: int, types: tuple[str, ...]
) -> AsyncIterator[bytes]:
    state.streams += 1
    try:
        yield b"retry: 1000\n\n"
        quiet_s = 0.0
        while running.keys.open(key) is not None and not state.ending:
            if running.tail.seq > after:
                read = partial(_read, running, after, MOST, types)
                found, end = await anyio.to_thread.run_sync(read, limiter=_readers)
                for event in found:
                    yield _frame(event)
                last = found[-1].seq if found else after
                # A page that is not full has looked through all there was, other types included.
                ahead = last if len(found) == MOST else max(end, last)
                if ahead == after:
                    await asyncio.sleep(LOOK_S)  # a replica that is not there yet
                after, quiet_s = ahead, 0.0
            elif quiet_s >= HEARTBEAT_S:
                yield b": still here\n\n"
                quiet_s = 0.0
            else:
                await asyncio.sleep(LOOK_S)
                quiet_s += LOOK_S
    finally:
        state.streams -= 1


def _frame(published: Published) -> bytes:
    data = orjson.dumps(document(published))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (published.seq, published.event.type.encode(), data)


def _read(running: Runtime, after: int, limit: int, types: tuple[str, ...]) -> tuple[list[Published], int]:
    """A page, and where the sequence ended there: a replica may be behind this process's memory."""
    with running.reads.connect() as conn:
        end = last_event(conn)
        return read_events(conn, after, limit, types), end


def _require_kept(running: Runtime, after: int) -> None:
    with running.reads.connect() as conn:
        require_kept(conn, after)


def _cursor(sent: str) -> int:
    if not (sent.isascii() and sent.isdigit() and int(sent) <= HIGHEST):
        fault = Fault("header/last-event-id", "bad_format", "Send the id of an event as it was received")
        raise refuse(Code.MALFORMED, "Last-Event-ID is not one of ours", fault)
    return int(sent)
