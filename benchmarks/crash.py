"""`kill -9` of servers, worker and PostgreSQL at random instants under load: nothing acknowledged is lost,
nothing is done twice or by halves, and whoever asks again learns what became of it.

`make soak`, or `python -m benchmarks.crash`, plays the full form and writes
benchmarks/results/DATE-crash.json.
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.crash_clients import Client, Load
from benchmarks.crash_house import KINDS, START_S, House, Kill, Member, figures_of, house
from benchmarks.crash_proof import compared, read_books, read_to_the_end, replayed, settled
from benchmarks.crash_reader import Reader
from benchmarks.machine import write_result
from benchmarks.serving import answers
from oms.adapters.clock import elapsed_s
from tests.platform.waiting import eventually

KILLS, CLIENTS = 200, 12
GAP_S = 2.0
"""At most, between a kill and the moment when anything serves again, and the next kill."""
_PUBLISHED = text(
    """
    SELECT at > now() - make_interval(secs => :seconds) FROM outbox
    WHERE seq = (SELECT number FROM version WHERE name = 'events')
    """
)


def run(seed: int, kills: int, clients: int, gap_s: float = GAP_S) -> dict[str, Any]:
    """Furnish a house, kill in it, prove its books; the figures. Everything the run started has ended."""
    begun_s = elapsed_s()
    with house() as made:
        load, reader = Load(made), Reader(made)
        following = threading.Thread(target=reader.follow, daemon=True)
        following.start()
        with ThreadPoolExecutor(clients) as pool:
            dice = [random.Random(f"{seed}/{number}") for number in range(clients)]
            shoppers = [pool.submit(Client(no, load, one).live) for no, one in enumerate(dice)]
            try:
                _kill(made, load, random.Random(seed), kills, gap_s)
            finally:
                load.stop.set()
            for shopper in shoppers:
                shopper.result()
        reader.stop.set()
        following.join()
        assert eventually(lambda: all(answers(port) for port in made.ports), START_S), "it serves again"
        figures = _proved(made, load, reader)
    figures["killed"] = figures_of(made.kills)
    figures["starts_given_up"] = sum(member.gave_up for member in made.members)
    figures["schedule"] = [[kill.at_s, kill.kind, kill.what] for kill in made.kills]
    return {"seed": seed, "seconds": round(elapsed_s() - begun_s, 1), "clients": clients, **figures}


def _kill(made: House, load: Load, dice: random.Random, kills: int, gap_s: float) -> None:
    """At random instants; every kind as often as the others, in random order."""
    kinds = [KINDS[number % len(KINDS)] for number in range(kills)]
    dice.shuffle(kinds)
    for kind in kinds:
        assert eventually(lambda: _acknowledges(made, load), START_S), f"nothing serves after {made.kills}"
        time.sleep(dice.uniform(0.05, gap_s))
        made.kill(kind, dice, lambda kill, member: _back(made, load, kill, member))


def _acknowledges(made: House, load: Load) -> bool:
    """Whether a request sent since the last kill was answered for good."""
    since = made.kills[-1].at_s if made.kills else 0.0
    return load.acknowledged_begun_s - made.begun_s > since


def _back(made: House, load: Load, kill: Kill, member: Member | None) -> bool:
    """A server answers that it is ready; PostgreSQL carries a new request; behind a killed worker events of
    after its death get their numbers.
    """
    if member is not None and member.port:
        return answers(member.port)
    if member is None:
        return load.acknowledged_begun_s - made.begun_s > kill.at_s
    with suppress(SQLAlchemyError), made.engine.connect() as conn:
        return bool(conn.scalar(_PUBLISHED, {"seconds": elapsed_s() - made.begun_s - kill.at_s}))
    return False


def _proved(made: House, load: Load, reader: Reader) -> dict[str, Any]:
    books = read_books(made.engine)
    figures = compared(books, load.told)
    again = settled(made, load.told, books)
    replays = replayed(made, load.told)
    after = read_books(made.engine)
    figures |= {
        "requests": len(load.told),
        "retries": sum(one.tries - 1 for one in load.told if one.tries),
        "failures_seen": dict(sorted(load.failures.items())),
        "unexpected_answers": sum(load.odd.values()),
        "unexpected_how": dict(load.odd),
        **again,
        **replays,
        **read_to_the_end(made, reader, load.told, after),
        **{f"after_replays_{name}": value for name, value in compared(after, load.told).items()},
    }
    return figures


def wrongs(figures: dict[str, Any]) -> dict[str, int]:
    """The figures that should be zero and are not."""
    return {
        name: value
        for name, value in figures.items()
        if name.removeprefix("after_replays_") in MUST_BE_ZERO and value
    }


MUST_BE_ZERO = frozenset(
    {
        "acknowledged_missing",
        "never_asked",
        "orders_not_whole",
        "deliveries_wrong",
        "cancelled_not",
        "voided_not",
        "audit_differences",
        "unexpected_answers",
        "diverged",
        "replays_changed",
        "events_out_of_line",
        "events_not_read",
        "orders_not_told_once",
    }
)


def main() -> None:
    """The full form, or as long as wanted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    options = parser.parse_args()
    print(f"Seed {options.seed}", flush=True)
    figures = run(options.seed, options.kills, options.clients)
    path = write_result("crash", figures)
    print(json.dumps({name: value for name, value in figures.items() if name != "schedule"}, indent=1))
    print(f"Written to {path.name}; wrong: {wrongs(figures) or 'nothing'}")
    sys.exit(1 if wrongs(figures) else 0)


if __name__ == "__main__":
    main()
