"""Many clients at once on few SKUs: nothing oversold, nobody dead-locked, every answer one of the named ones.

`python -m benchmarks.race_stock URL` plays the long form on a migrated, empty database and prints the counts.
Every client is a thread with its own connection; what it does is drawn from its own seeded generator.
"""

import argparse
import json
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Connection, Engine, create_engine, text

from benchmarks.race_clients import T0, VERBS, Client, Scene
from inventory import stock
from inventory.movements import Change

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
    parser.add_argument("url")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    engine = create_engine(options.url, pool_size=options.clients, max_overflow=0)
    with engine.begin() as conn:
        scene = furnish(conn, nodes=5, skus=10, cap=50)
    seconds = play(engine, scene, options.clients, options.steps, options.seed)
    time.sleep(1.5)
    with engine.connect() as conn:
        report = {"seconds": round(seconds, 1), "transactions": options.clients * options.steps}
        print(
            json.dumps(
                {**report, "deadlocks": deadlocks(conn), **dict(sorted(scene.counts.items()))}, indent=1
            )
        )


if __name__ == "__main__":
    main()
