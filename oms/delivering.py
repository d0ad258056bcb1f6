"""The job that sends what an endpoint is due: take, send, settle, until nothing is due.

An attempt is written down before it is made and its outcome after, each in a short transaction; nothing is
locked while bytes travel. Who is killed in between leaves a lease that runs out, and the same message, under
the same id, is sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TypeVar

import orjson
import procrastinate

from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.adapters.ids import fraction
from oms.adapters.webhook_sender import Patience, Sender
from oms.bootstrap import Runtime
from oms.store import outbox, webhook_deliveries, webhooks
from oms.store.database import conninfo, reaching
from oms.store.outbox import Published
from oms.store.webhook_deliveries import under_way
from oms.store.webhook_waking import QUEUE, TASK, plan_and_wake
from oms.usecases.events import document
from oms.webhooks.endpoint import Delivery, Outcome, Reply, Webhook
from oms.webhooks.lifecycle import DeliveryState
from oms.webhooks.signing import signed_headers
from oms.work import Work, transact

T = TypeVar("T")

LEASE = timedelta(minutes=1)
"""After this an attempt that has not come back counts as lost. Well above `Patience.total_s`."""
TURN_S = 5.0
"""How long one job goes on; then others that wait in the queue have their turn."""
AT_ONCE = 50
"""Endpoints served at the same time by one process: waiting for a slow one costs no thread."""
HEADERS = {"Content-Type": "application/json", "User-Agent": "Anyshelf"}

Chance = Callable[[], float]


class Deliverer:
    """Sends what endpoints are due. One per process; `close` ends its threads."""

    def __init__(
        self, running: Runtime, *, chance: Chance = fraction, patience: Patience | None = None
    ) -> None:
        self._running = running
        self._chance = chance
        self._patience = patience
        self._database = ThreadPoolExecutor(4, "webhooks")
        self._names = ThreadPoolExecutor(16, "webhook names")

    def close(self) -> None:
        """End the threads."""
        for threads in (self._database, self._names):
            threads.shutdown(wait=False, cancel_futures=True)

    async def deliver(self, webhook_id: str) -> int:
        """Send what the endpoint is due, for a turn; return how many attempts were made."""
        begun, attempts = elapsed_s(), 0
        private = self._running.settings.webhook_private
        async with Sender(
            self._running.resolve, self._names, private=private, patience=self._patience
        ) as sender:
            while taken := await self._apart(partial(self._take, webhook_id)):
                endpoint, deliveries, events = taken
                replies = await asyncio.gather(
                    *(self._attempt(sender, endpoint, one, events.get(one.seq)) for one in deliveries)
                )
                attempted = list(zip(deliveries, replies, strict=True))
                await self._apart(partial(self._settle, webhook_id, attempted))
                attempts += len(deliveries)
                if elapsed_s() - begun >= TURN_S:
                    await self._apart(self._wake)
                    break
        return attempts

    async def _attempt(
        self, sender: Sender, endpoint: Webhook, delivery: Delivery, event: Published | None
    ) -> Reply:
        if event is None:
            return Reply(Outcome.EVENT_DROPPED)
        body = orjson.dumps(document(event))
        at = self._running.clock.now()
        signed = signed_headers(endpoint.secrets(at), delivery.message_id, at, body)
        return await sender.post(endpoint.url, {**HEADERS, **signed}, body)

    def _take(self, webhook_id: str) -> tuple[Webhook, list[Delivery], dict[int, Published]] | None:
        def take(work: Work) -> tuple[Webhook, list[Delivery], dict[int, Published]] | None:
            endpoint = webhooks.locked_webhook(work.conn, webhook_id)
            if endpoint is None:
                return None
            room = endpoint.room(work.at, under_way(work.conn, webhook_id, work.at))
            found = webhook_deliveries.take(work.conn, webhook_id, work.at, room, LEASE) if room else []
            events = outbox.with_seq(work.conn, [one.seq for one in found])
            return (endpoint, found, events) if found else None

        return transact(self._running, SYSTEM, take)

    def _settle(self, webhook_id: str, attempts: Sequence[tuple[Delivery, Reply]]) -> None:
        chance = self._chance()
        transact(self._running, SYSTEM, lambda work: settle(work, webhook_id, attempts, chance))

    def _wake(self) -> None:
        with self._running.engine.begin() as conn:
            plan_and_wake(conn, self._running.clock.now())

    async def _apart(self, fn: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._database, fn)


def settle(work: Work, webhook_id: str, attempts: Sequence[tuple[Delivery, Reply]], chance: float) -> None:
    """Write down what became of attempts, and what it means for the endpoint."""
    endpoint = webhooks.locked_webhook(work.conn, webhook_id)
    if endpoint is None:
        return
    present = webhook_deliveries.locked_deliveries(work.conn, webhook_id, [one.seq for one, _ in attempts])
    for sent, reply in attempts:
        now = present.get(sent.seq)
        if now is None or now.state is not DeliveryState.WAITING:
            continue
        # Of an attempt that was given up for lost and made again, only a success still counts.
        if now.attempts == sent.attempts or reply.outcome is Outcome.ACCEPTED:
            webhook_deliveries.save_delivery(work.conn, now.after(reply, work.at, chance))
    sent_replies = [reply for _, reply in attempts if reply.outcome is not Outcome.EVENT_DROPPED]
    after = endpoint.after(sent_replies, work.at, chance)
    if after.failures == 0 and endpoint.failures:
        webhook_deliveries.hasten(work.conn, webhook_id, work.at)
    if after != endpoint:
        webhooks.save_webhook(work.conn, after)
    if after.state is not endpoint.state:
        work.emit("webhook.disabled", "webhook", webhook_id, {}, reason=after.disabled_reason)


def queue_connector(url: str, most: int) -> procrastinate.PsycopgConnector:
    """The connections of a worker of the job queue, at most so many."""
    return procrastinate.PsycopgConnector(
        conninfo=conninfo(url), kwargs=reaching(), min_size=1, max_size=most
    )


def queue_worker(running: Runtime, deliverer: Deliverer) -> procrastinate.App:
    """The job queue's side: an application that knows the one task, for the queue of its own."""
    app = procrastinate.App(connector=queue_connector(running.url, 3))

    @app.task(name=TASK, queue=QUEUE)
    async def deliver_webhook(webhook_id: str) -> None:
        await deliverer.deliver(webhook_id)

    return app
