"""Many clients at once on few SKUs: nothing oversold, nobody dead-locked, every answer one of the named ones.

`make soak`, or `python -m benchmarks.race_stock`, plays the full form on a database server of its own and
writes benchmarks/results/DATE-races-stock.json. Every client is a thread with its own connection; what it
does is drawn from its own seeded generator.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, create_engine, text

from benchmarks.machine import throwaway_database, write_result
from benchmarks.race_clients import T0, VERBS, Client, Scene
from inventory import stock
from inventory.audit import audit
from inventory.movements import Change

HOT = 50
STATISTICS_LAG_S = 1.5
_OVERSOLD = """
    SELECT (SELECT count(*) FROM position WHERE reserved > on_hand OR reserved < 0)
        + (SELECT count(*) FROM sku WHERE backordered > backorder_cap)
        + (SELECT count(*) FROM capacity WHERE held > "limit")
"""
_NODES = """
    INSERT INTO node (id, name, kind) SELECT 'N' || i, 'N' || i, 'store' FROM generate_series(1, :n) i
"""
_SKUS = """
    INSERT INTO sku (id, name, backorder_cap) SELECT 'S' || i, 'S' || i, :cap FROM generate_series(1, :n) i
"""


def furnish(conn: Connection, nodes: int, skus: int, cap: int) -> Scene:
    """Nodes and SKUs on an empty database, with a little stock everywhere."""
    conn.execute(text(_NODES), {"n": nodes})
    conn.execute(text(_SKUS), {"n": skus, "cap": cap})
    scene = Scene([f"N{i + 1}" for i in range(nodes)], [f"S{i + 1}" for i in range(skus)])
    stock.receive(conn, T0, [Change(node, sku, 20) for node in scene.nodes for sku in scene.skus])
    return scene


def play(engine: Engine, scene: Scene, clients: int, steps: int, seed: int) -> float:
    """Every client does its steps, all at the same time; returns the seconds it took. Raises what any
    raised.
    """

    def run(number: int) -> None:
        client = Client(f"c{number}", random.Random(f"{seed}/{number}"), scene)
        counts: Counter[str] = Counter()
        weights = [weight for weight, _ in VERBS]
        for _ in range(steps):
            verb = client.dice.choices(VERBS, weights)[0][1]
            with engine.begin() as conn:
                for outcome in verb(client, conn):
                    counts[f"{verb.__name__}: {type(outcome).__name__}"] += 1
        with scene.lock:
            scene.counts.update(counts)

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        for done in [pool.submit(run, number) for number in range(clients)]:
            done.result()
    return time.perf_counter() - start


def deadlocks(conn: Connection) -> int:
    """Dead-locks the server has broken in this database; its statistics may lag by a second."""
    return int(
        conn.scalar(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")) or 0
    )


def main() -> None:
    """The long form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with throwaway_database() as url:
        engine = create_engine(url, pool_size=options.clients, max_overflow=0)
        with engine.begin() as conn:
            scene = furnish(conn, nodes=5, skus=HOT, cap=50)
        seconds = play(engine, scene, options.clients, options.steps, options.seed)
        time.sleep(STATISTICS_LAG_S)
        with engine.begin() as conn:
            wrong = {
                "deadlocks": deadlocks(conn),
                "oversold": int(conn.scalar(text(_OVERSOLD)) or 0),
                "audit_differences": len(audit(conn).differences),
            }
        engine.dispose()
    transactions = options.clients * options.steps
    figures = {
        "clients": options.clients,
        "steps": options.steps,
        "skus": HOT,
        "seed": options.seed,
        "seconds": round(seconds, 1),
        "transactions": transactions,
        "transactions_per_s": round(transactions / seconds),
        **wrong,
        "outcomes": dict(sorted(scene.counts.items())),
    }
    path = write_result("races-stock", figures)
    print(json.dumps(figures, indent=1))
    print(f"Written to {path.name}")
    sys.exit(1 if any(wrong.values()) else 0)


if __name__ == "__main__":
    main()
