"""Two server processes, two people at once on one order: one winner, one named refusal, nothing lost.

The same races on threads of one process stand in the rooms: rejecting, accepting and moving in tests/nodes,
claiming, picking and shorts in tests/picking, codes and collecting in tests/handover, events heard twice in
tests/courier, returns received twice in tests/returns.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import httpx
import pytest

from benchmarks.race_checkout import shop
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.releasing import release_due
from tests.support import HOME

ROUNDS = 6


def order(sku: str) -> dict[str, object]:
    line = {"id": "1", "sku": sku, "quantity": 2, "unit_price_minor": 500}
    return {"channel": "web", "currency": "USD", "lines": [line], "destination": HOME, "method": "ship"}


@pytest.mark.slow
def test_rejected_at_one_process_while_cancelled_at_the_other(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    url, both = fresh_database(), Barrier(2)
    with (
        shop(url, tmp_path) as servers,
        servers.client(0) as customer,
        servers.client(1, servers.till_key) as node,
        ThreadPoolExecutor(2) as pool,
    ):
        for number in range(ROUNDS):
            placed = customer.put(f"/v1/orders/o-{number}", json=order(f"R{number}"))
            assert placed.status_code == 201, placed.text
        runtime = start(Settings(database_url=url, data_dir=tmp_path))
        try:
            with runtime.engine.begin() as conn:
                conn.exec_driver_sql("UPDATE fulfilment_order SET ship_at = now(), release_at = now()")
            assert release_due(runtime) == ROUNDS
        finally:
            runtime.close()

        def post(client: httpx.Client, path: str, body: object) -> httpx.Response:
            both.wait()
            return client.post(path, json=body, headers={"Idempotency-Key": path})

        for number in range(ROUNDS):
            rejecting = f"/v1/fulfilment-orders/o-{number}-1/reject"
            said = pool.submit(post, node, rejecting, {"reason": "no_staff"})
            gone = pool.submit(post, customer, f"/v1/orders/o-{number}/cancel", {}).result()
            assert gone.status_code == 200, gone.text
            answer = said.result()
            assert answer.status_code == 200 or answer.json()["code"] == "illegal_transition", answer.text
            shown = node.get(f"/v1/orders/o-{number}").json()
            assert (shown["status"], shown["lines"][0]["cancelled"]) == ("cancelled", 2)
            ends = {job["state"] for job in shown["fulfilment_orders"]}
            assert ends <= {"cancelled", "rejected"}, ends
        assert not servers.audit().differences
        assert servers.scalar("SELECT sum(reserved) FROM position") == 0
