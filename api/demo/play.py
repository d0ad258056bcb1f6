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
TIMEOUT_S = 120.0

Body = dict[str, Any]


@dataclass(slots=True)
class Answers:
    """What playing met. `refused`: number by code; `broken`: answers that say the server failed."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


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


def play(
    url: str, key: str, wanted: Mapping[str, Body], there: Collection[str], told: Callable[[int], None]
) -> Answers:
    """Send the orders that are not `there`; `told` of every answer how many there have been."""
    return asyncio.run(_play(url, key, [item for item in wanted.items() if item[0] not in there], told))


async def _play(url: str, key: str, wanted: list[tuple[str, Body]], told: Callable[[int], None]) -> Answers:
    answers, rest, began_s = Answers(), iter(wanted), elapsed_s()
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:

        async def send() -> None:
            for order_id, body in rest:
                _count(answers, order_id, await client.put(f"/v1/orders/{order_id}", json=body))
                told(answers.sent)

        await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    answers.seconds = elapsed_s() - began_s
    return answers


def _count(answers: Answers, order_id: str, response: httpx.Response) -> None:
    answers.sent += 1
    if response.is_server_error:
        answers.broken.append(f"{order_id}: {response.status_code}")
    elif response.is_client_error:
        answers.refused[response.json()["code"]] += 1
