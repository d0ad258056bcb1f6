"""From a reject to the next node's queue, over HTTP, with 5,000 open orders.

`python -m benchmarks.bench_resource` plays it on a database server of its own and writes
benchmarks/results/DATE-resource.json. Measured is what a picker's handheld meets: from sending the reject
until the order stands offered in the queue of another node.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import throwaway_database, write_result
from benchmarks.race_shoppers import order_body
from benchmarks.serving import Servers, serving
from inventory.catalogue_edit import SkuRow
from oms.actors import SYSTEM, Role
from oms.adapters.clock import elapsed_s
from oms.bootstrap import start
from oms.memory.network_load import Kind
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.usecases.network import PutDocument, put_document
from oms.work import transact
from tests.support import furnish

ORDERS, REJECTS, SKUS = 5_000, 300, 500
PLACERS = 4
BOUND_S = 1.0
NODES = ("WH", "ST-1", "ST-2", "FAR")
ALWAYS_OFFERED = {"lead_minutes": 43_200, "offer_minutes": 10_080}
_OFFERED = "SELECT count(*) FROM fulfilment_order WHERE state = 'offered'"


@contextmanager
def shop(url: str, data: Path) -> Iterator[Servers]:
    """One server over SKUs that every node has; whatever is placed is offered at once."""
    runtime = start(Settings(database_url=url, data_dir=data))
    skus = [f"S{number}" for number in range(SKUS)]
    stock = [(node, sku, 3 * ORDERS // SKUS) for sku in skus for node in NODES]
    furnish(runtime, tuple(SkuRow(sku, sku, weight_g=200, unit_price_minor=500) for sku in skus), stock)
    command = PutDocument(Kind.WORK, Kind.WORK, ALWAYS_OFFERED)
    transact(runtime, SYSTEM, lambda work: put_document(work, command))
    made = transact(runtime, SYSTEM, lambda work: create_key(work, name="care", role=Role.ADMIN))
    runtime.close()
    with serving(url, data, processes=1) as ports:
        yield Servers(url, made.secret, made.secret, ports)


def place(servers: Servers, orders: int) -> float:
    """Place the orders and wait until their nodes are asked; seconds it took."""
    began = elapsed_s()

    def some(first: int) -> None:
        with servers.client(0) as client:
            for number in range(first, orders, PLACERS):
                body = order_body(f"S{number % SKUS}") | {"method": "ship"}
                answer = client.put(f"/v1/orders/o-{number}", json=body)
                assert answer.status_code == 201, answer.text

    with ThreadPoolExecutor(PLACERS) as pool:
        list(pool.map(some, range(PLACERS)))
    while servers.scalar(_OFFERED) < orders:
        assert elapsed_s() - began < 1_800, "the orders are not offered"
    return elapsed_s() - began


def reject(client: Any, number: int) -> tuple[float, float]:
    """Seconds from the reject to its answer, and to the order in another node's queue."""
    id = f"o-{number}-1"
    began = elapsed_s()
    headers = {"Idempotency-Key": f"reject-{number}"}
    body = {"reason": "no_staff"}
    answer = client.post(f"/v1/fulfilment-orders/{id}/reject", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    answered = elapsed_s() - began
    next_id = f"o-{number}-2"
    while True:
        found = client.get(f"/v1/fulfilment-orders/{next_id}")
        if found.status_code == 200 and found.json()["state"] == "offered":
            assert found.json()["replaces"] == id
            return answered, elapsed_s() - began
        assert elapsed_s() - began < 60, "the order does not get to another node"


def at(share: float, seconds: list[float]) -> float:
    """The quantile, in milliseconds."""
    return round(1000 * statistics.quantiles(seconds, n=1000, method="inclusive")[round(1000 * share) - 1], 1)


def play(orders: int = ORDERS, rejects: int = REJECTS) -> dict[str, Any]:
    """All of it, on a server of its own."""
    with throwaway_database() as url, tempfile.TemporaryDirectory() as data, shop(url, Path(data)) as servers:
        placing = place(servers, orders)
        with servers.client(0) as client:
            measured = [reject(client, number * orders // rejects) for number in range(rejects)]
        differences = len(servers.audit().differences)
    answered, offered = ([pair[place] for pair in measured] for place in (0, 1))
    return {
        "open_orders": orders,
        "rejects": rejects,
        "placing_s": round(placing, 1),
        "reject_answered_ms": {"p50": at(0.5, answered), "p99": at(0.99, answered)},
        "reject_to_next_queue_ms": {"p50": at(0.5, offered), "p99": at(0.99, offered)},
        "bound_ms": 1000 * BOUND_S,
        "audit_differences": differences,
    }


def main() -> int:
    found = play()
    write_result("resource", found)
    print(json.dumps(found, indent=1))
    good = found["reject_to_next_queue_ms"]["p99"] <= found["bound_ms"] and not found["audit_differences"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
