"""Till counts against orders: facts displace units while shoppers order and cancel the same SKUs.

Whoever wins, in the end an order counts as routed what is held for it, and as unrouted what waits for a home.
"""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx

from benchmarks.race_shoppers import order_body
from benchmarks.serving import Servers
from oms.adapters.clock import elapsed_s
from tests.platform.waiting import eventually

SKUS = [f"T{number}" for number in range(10)]
SHOPPERS, TILLS = 24, 8
EXPECTED = {"200", "201", "insufficient_stock", "illegal_transition"}

_LINES = """
    SELECT o.id, l.line_id, l.routed, l.unrouted FROM "order" o JOIN order_line l ON l.order_id = o.id
    WHERE l.sku LIKE 'T%'
"""
NOT_IN_LINE = f"""
    SELECT count(*) FROM ({_LINES}) l
    WHERE l.routed <> (SELECT coalesce(sum(r.quantity), 0) FROM reservation r
            JOIN reservation_group g ON g.id = r.group_id
            WHERE g.reference = l.id AND r.line_id = l.line_id AND r.state = 'held' AND r.kind = 'shelf')
        OR l.unrouted <> (SELECT coalesce(sum(h.quantity), 0) FROM resourcing h
            JOIN reservation_group g ON g.id = h.group_id
            WHERE g.reference = l.id AND h.line_id = l.line_id AND h.resolved_at IS NULL)
"""


def tills_race(servers: Servers, steps: int) -> dict[str, Any]:
    """Orders and cancellations by a shop's key, counts by a till's, all at once."""
    seen: Counter[str] = Counter()
    begun = elapsed_s()
    with ThreadPoolExecutor(SHOPPERS + TILLS) as pool, ExitStack() as stack:
        shops = [stack.enter_context(servers.client(number)) for number in range(SHOPPERS)]
        tills = [stack.enter_context(servers.client(number, servers.till_key)) for number in range(TILLS)]
        walks = [pool.submit(_shop, number, client, steps) for number, client in enumerate(shops)]
        walks += [pool.submit(_count, number, client, steps) for number, client in enumerate(tills)]
        for walk in walks:
            seen += walk.result()
    eventually(lambda: servers.scalar(NOT_IN_LINE) == 0, 30)
    return {
        "shoppers": SHOPPERS,
        "tills": TILLS,
        "steps": steps,
        "seconds": round(elapsed_s() - begun, 1),
        "displacements": servers.scalar("SELECT count(*) FROM outbox WHERE type = 'order.displaced'"),
        "orders_not_in_line": servers.scalar(NOT_IN_LINE),
        "unexpected_answers": sum(n for name, n in seen.items() if name.partition(" ")[2] not in EXPECTED),
        "answers": dict(sorted(seen.items())),
    }


def _shop(number: int, client: httpx.Client, steps: int) -> Counter[str]:
    dice, seen, placed = random.Random(number), Counter[str](), list[str]()
    for step in range(steps):
        if placed and dice.random() < 0.45:
            path = f"/v1/orders/{dice.choice(placed)}/cancel"
            _note(
                seen, "cancel", client.post(path, json={}, headers={"Idempotency-Key": f"t-{number}-{step}"})
            )
        else:
            name = f"t-{number}-{step}"
            body = order_body(dice.choice(SKUS), dice.randint(1, 3)) | {"method": "ship"}
            answer = client.put(f"/v1/orders/{name}", json=body)
            _note(seen, "order", answer)
            if answer.status_code == 201:
                placed.append(name)
    return seen


def _count(number: int, client: httpx.Client, steps: int) -> Counter[str]:
    dice, seen = random.Random(f"till {number}"), Counter[str]()
    for _ in range(steps):
        lines = [
            {"node": dice.choice(("WH", "ST-1", "ST-2")), "sku": sku, "quantity": dice.randint(0, 9)}
            for sku in dice.sample(SKUS, 3)
        ]
        _note(seen, "count", client.put("/v1/stock/counts", json={"counts": lines}))
    return seen


def _note(seen: Counter[str], verb: str, answer: httpx.Response) -> None:
    code = answer.json().get("code", "") if answer.status_code >= 400 else str(answer.status_code)
    seen[f"{verb} {code}"] += 1
