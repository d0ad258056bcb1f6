"""Real orders through HTTP: those that are not there yet, a few at a time, each answer counted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from oms.adapters.clock import elapsed_s
from oms.adapters.folder import Folder

AT_ONCE = 4
TRIES = 10
TIMEOUT_S = 120.0
HOLD = {"hold": "care", "note": "Only placed: the demo plays the life of fewer orders"}

Body = dict[str, Any]


@dataclass(slots=True)
class Answers:
    """What playing met. `refused`: number by code; `broken`: answers that say the server failed; `again`:
    requests repeated because it was busy and said when to come back (`docs/operations.md`); `took_s`: each
    order.
    """

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    again: int = 0
    seconds: float = 0.0
    took_s: list[float] = field(default_factory=list)

    def and_then(self, more: Answers) -> Answers:
        """Both together."""
        return Answers(
            self.sent + more.sent,
            self.refused + more.refused,
            self.broken + more.broken,
            self.again + more.again,
            self.seconds + more.seconds,
            self.took_s + more.took_s,
        )


def bodies(folder: Folder, count: int | None) -> dict[str, Body]:
    """The first `count` orders by time, as `PUT /v1/orders/{id}` takes them; all of them for None."""
    orders, lines = folder.orders, folder.lines
    found: dict[str, Body] = {}
    for at in orders.placed_at.argsort(kind="stable")[:count].tolist():
        found[orders.id[at]] = {
            "channel": orders.channel[at],
            "currency": folder.network.currency,
            "destination": {
                "country": orders.country[at],
                "postcode": orders.postcode[at],
                "lat": float(orders.lat[at]),
                "lon": float(orders.lon[at]),
            },
            "lines": [],
            "method": orders.method[at],
            "allow_partial": True,
        }
    columns = (lines.order, lines.line, lines.sku, lines.quantity.tolist(), lines.unit_price_minor.tolist())
    for order, line, sku, quantity, price in zip(*columns, strict=True):
        if order in found:
            row = {"id": line, "sku": sku, "quantity": quantity, "unit_price_minor": price}
            found[order]["lines"].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Wanted:
    """Orders to be `there`; those that are not `lived` are held at once, and nobody goes on with them."""

    orders: Mapping[str, Body]
    there: Collection[str]
    lived: Collection[str]

    @property
    def missing(self) -> list[tuple[str, Body]]:
        """Those to be sent."""
        return [item for item in self.orders.items() if item[0] not in self.there]


def play(url: str, key: str, wanted: Wanted, told: Callable[[int], None]) -> Answers:
    """Send the orders that are missing; `told` of every answer how many there have been."""
    return asyncio.run(_play(url, key, wanted, told))


async def _play(url: str, key: str, wanted: Wanted, told: Callable[[int], None]) -> Answers:
    answers, rest, began_s = Answers(), iter(wanted.missing), elapsed_s()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:

        async def send() -> None:
            for order_id, body in rest:
                place = client.build_request("PUT", f"/v1/orders/{order_id}", json=body)
                sent_s = elapsed_s()
                answer = await _answered(client, answers, place)
                answers.took_s.append(elapsed_s() - sent_s)
                _count(answers, order_id, answer)
                if answer.is_success and order_id not in wanted.lived:
                    await _hold(client, answers, order_id)
                told(answers.sent)

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    answers.seconds = elapsed_s() - began_s
    return answers


async def _answered(client: httpx.AsyncClient, answers: Answers, request: httpx.Request) -> httpx.Response:
    """The answer; where the server is busy and says for how long, that of a later try."""
    for _ in range(TRIES - 1):
        answer = await client.send(request)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or "retry-after" not in answer.headers:
            return answer
        answers.again += 1
        await asyncio.sleep(float(answer.headers["retry-after"]))
    return await client.send(request)


async def _hold(client: httpx.AsyncClient, answers: Answers, order_id: str) -> None:
    headers = {"Idempotency-Key": f"hold-{order_id}"}
    hold = client.build_request("POST", f"/v1/orders/{order_id}/holds", json=HOLD, headers=headers)
    answer = await _answered(client, answers, hold)
    if not answer.is_success:
        answers.broken.append(f"hold of {order_id}: {answer.status_code}")


def _count(answers: Answers, order_id: str, response: httpx.Response) -> None:
    answers.sent += 1
    if response.is_server_error:
        answers.broken.append(f"{order_id}: {response.status_code}")
    elif response.is_client_error:
        answers.refused[response.json()["code"]] += 1
