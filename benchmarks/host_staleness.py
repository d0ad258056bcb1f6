"""How long until other hosts show what one of them has committed."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Sequence
from itertools import count

import httpx

from benchmarks.crash_house import client_of
from benchmarks.order_world import SKUS, sku
from oms.adapters.clock import elapsed_s

APART = SKUS
"""The number of the SKU that no order wants: what changes of it is what is written here."""
LOOK_S = 0.002

_ids = count(1)


def staleness(key: str, bases: Sequence[str], writes: int, seed: int = 1) -> dict[str, float]:
    """Milliseconds from the answer that a unit is committed at one host until another shows it. Of a single
    host: until it shows it itself.
    """
    dice, took_ms = random.Random(seed), []
    with client_of(key) as client:
        shown = settled(client, bases)
        for _ in range(writes):
            one, other = dice.sample(bases, 2) if len(bases) > 1 else [*bases, *bases]
            name = f"stale-{next(_ids)}"
            line = {"node": "WH", "sku": sku(APART), "cause": "receive", "quantity": 1, "reference": name}
            body, head = {"movements": [line]}, {"Idempotency-Key": name}
            client.post(f"{one}/v1/stock/movements", json=body, headers=head).raise_for_status()
            since_s, shown = elapsed_s(), shown + 1
            while available(client, other) < shown:
                time.sleep(LOOK_S)
            took_ms.append(1000 * (elapsed_s() - since_s))
            time.sleep(dice.uniform(0, 0.5))
    took_ms.sort()
    p99 = took_ms[min(writes - 1, int(0.99 * writes))]
    return {
        "writes": writes,
        "p50_ms": round(statistics.median(took_ms), 1),
        "p99_ms": round(p99, 1),
        "most_ms": round(took_ms[-1], 1),
    }


def settled(client: httpx.Client, bases: Sequence[str]) -> int:
    """What all of them show, once they show the same."""
    while len(shown := {available(client, base) for base in bases}) > 1:
        time.sleep(LOOK_S)
    return shown.pop()


def available(client: httpx.Client, base: str) -> int:
    """Of the SKU apart, as that host has it in memory."""
    answer = client.post(f"{base}/v1/availability", json={"skus": [sku(APART)]})
    return int(answer.raise_for_status().json()["items"][0]["available"])
