"""No oversell, over HTTP: two server processes, carts that race for the last units, shoppers and tills.

`make soak`, or `python -m benchmarks.race_checkout`, plays the full form on a database server of its own and
writes benchmarks/results/DATE-races.json.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import throwaway_database, write_result
from benchmarks.race_shoppers import REFUSALS, Shopper, order_body, spurious, still_held
from benchmarks.race_tills import SKUS, tills_race
from benchmarks.serving import Servers, serving
from inventory.catalogue_edit import SkuRow
from oms.actors import SYSTEM, Role
from oms.adapters.clock import elapsed_s
from oms.bootstrap import start
from oms.settings import Settings
from oms.usecases.keys import create_key
from oms.work import transact
from tests.support import furnish

RACES, CARTS, UNITS = 20, 20, 5
CLIENTS, STEPS, HOT = 64, 100, 50
NODES = ("WH", "ST-1", "ST-2", "FAR")
AT_EACH = 3
STATISTICS_LAG_S = 1.5


@contextmanager
def shop(url: str, data: Path) -> Iterator[Servers]:
    """Two processes over rare SKUs, five units each at three nodes, and hot ones, three at every node."""
    runtime = start(Settings(database_url=url, data_dir=data))
    rare = [f"R{number}" for number in range(RACES)]
    hot = [*(f"H{number}" for number in range(HOT)), *SKUS]
    stock = [(node, sku, units) for sku in rare for node, units in (("WH", 2), ("ST-1", 2), ("FAR", 1))]
    stock += [(node, sku, AT_EACH) for sku in hot for node in NODES]
    skus = tuple(SkuRow(sku, sku, weight_g=200, unit_price_minor=500) for sku in rare + hot)
    furnish(runtime, skus, stock)
    made = transact(
        runtime, SYSTEM, lambda work: create_key(work, name="t", role=Role.STOREFRONT, channels=["web"])
    )
    till = transact(runtime, SYSTEM, lambda work: create_key(work, name="till", role=Role.BACKOFFICE))
    runtime.close()
    with serving(url, data) as ports:
        yield Servers(url, made.secret, till.secret, ports)


def carts_race(servers: Servers) -> dict[str, Any]:
    """Twenty carts at once for five units, twenty times over."""
    oversold = refused = odd = 0
    with ThreadPoolExecutor(CARTS) as pool, ExitStack() as stack:
        clients = [stack.enter_context(servers.client(number)) for number in range(CARTS)]
        begun = elapsed_s()
        for race in range(RACES):

            def cart(number: int, sku: str = f"R{race}") -> str:
                body = order_body(sku) | {"method": "ship"}
                answer = clients[number].put(f"/v1/orders/{sku}-{number}", json=body)
                return str(answer.status_code) if answer.status_code < 400 else str(answer.json()["code"])

            outcomes = Counter(pool.map(cart, range(CARTS)))
            oversold += max(0, outcomes["201"] - UNITS)
            refused += max(0, UNITS - outcomes["201"])
            odd += CARTS - outcomes["201"] - outcomes["insufficient_stock"]
    placed = servers.scalar("SELECT count(*) FROM \"order\" WHERE id LIKE 'R%'")
    return {
        "races": RACES,
        "carts": CARTS,
        "units": UNITS,
        "seconds": round(elapsed_s() - begun, 1),
        "orders": placed,
        "oversold": oversold + max(0, placed - RACES * UNITS),
        "spurious_refusals": refused,
        "unexpected_answers": odd,
    }


def shoppers_race(servers: Servers, clients: int = CLIENTS, steps: int = STEPS) -> dict[str, Any]:
    """Reserve, extend, void, order, buy what is reserved and cancel at random on hot SKUs."""
    hot = [f"H{number}" for number in range(HOT)]
    with ThreadPoolExecutor(clients) as pool, ExitStack() as stack:
        shoppers = [
            Shopper(number, stack.enter_context(servers.client(number)), hot) for number in range(clients)
        ]
        begun = elapsed_s()
        list(pool.map(lambda shopper: shopper.walk(steps), shoppers))
        seconds = elapsed_s() - begun
    seen = sum((shopper.seen for shopper in shoppers), Counter[str]())
    units, each = still_held(shoppers), AT_EACH * len(NODES)
    answers = sum(seen.values())
    return {
        "clients": clients,
        "steps": steps,
        "skus": HOT,
        "seconds": round(seconds, 1),
        "requests": answers,
        "requests_per_s": round(answers / seconds),
        "oversold": sum(max(0, held - each) for held in units.values()),
        "acknowledged_minus_held": sum(units.values()) - _held(servers),
        "spurious_refusals": spurious(shoppers, each),
        "refusals_for_stock": sum(len(shopper.denied) for shopper in shoppers),
        "unexpected_answers": sum(count for name, count in seen.items() if not _expected(name)),
        "answers": dict(sorted(seen.items())),
    }


def books(servers: Servers) -> dict[str, int]:
    """What must be zero afterwards, whatever happened."""
    time.sleep(STATISTICS_LAG_S)
    return {
        "positions_out_of_bounds": servers.scalar(
            "SELECT count(*) FROM position WHERE reserved > on_hand OR reserved < 0"
        ),
        "routed_minus_firm": servers.scalar(f"SELECT ({_ROUTED}) - ({_SUM}{_FIRM})"),
        "deadlocks": servers.scalar(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ),
        "audit_differences": len(servers.audit().differences),
    }


_SUM = "SELECT coalesce(sum(quantity), 0) FROM reservation WHERE state = 'held' AND kind = 'shelf'"
_ROUTED = "SELECT coalesce(sum(routed), 0) FROM order_line WHERE NOT is_kit"
_FIRM = " AND group_id IN (SELECT id FROM reservation_group WHERE state = 'firm')"
_HOT = " AND sku_no IN (SELECT no FROM sku WHERE id LIKE 'H%')"


def _held(servers: Servers) -> int:
    return int(servers.scalar(_SUM + _HOT))


def _expected(name: str) -> bool:
    answer = name.partition(" ")[2]
    return answer in REFUSALS or answer.startswith("2")


def wrongs(figures: dict[str, Any]) -> dict[str, int]:
    """The figures that should be zero and are not."""
    return {
        f"{part}.{name}": value
        for part, values in figures.items()
        for name, value in values.items()
        if name in MUST_BE_ZERO and value
    }


MUST_BE_ZERO = frozenset(
    {
        "oversold",
        "spurious_refusals",
        "unexpected_answers",
        "orders_not_in_line",
        "acknowledged_minus_held",
        "positions_out_of_bounds",
        "routed_minus_firm",
        "deadlocks",
        "audit_differences",
    }
)


def main() -> None:
    """The full form."""
    with throwaway_database() as url, tempfile.TemporaryDirectory() as data, shop(url, Path(data)) as servers:
        figures = {"carts": carts_race(servers), "shoppers": shoppers_race(servers)}
        figures |= {"tills": tills_race(servers, STEPS), "books": books(servers)}
    path = write_result("races", figures)
    print(json.dumps(figures, indent=1))
    print(f"Written to {path.name}; wrong: {wrongs(figures) or 'nothing'}")
    sys.exit(1 if wrongs(figures) else 0)


if __name__ == "__main__":
    main()
