"""A wave looks at the open orders of a market: read in blocks, each with its problem."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection

from oms.bootstrap import Runtime
from oms.one_by_one import one_by_one
from oms.steps.wave_snapshot import InWave, Open, days_free, held_by, in_wave, open_order, read_orders
from oms.store.database import OUTAGES
from oms.store.waves import open_orders

log = logging.getLogger(__name__)

BLOCK = 500
"""Orders that are read together."""

T = TypeVar("T")
F = TypeVar("F")


def look(runtime: Runtime, market: str, most: int) -> tuple[list[InWave], list[str]]:
    """Open orders with their problems, and those that break; what those hold that stay outside is not free
    to the others. Raises Closing.
    """
    broken: list[str] = []
    with runtime.engine.connect() as conn:
        at = runtime.clock.now()
        ids = open_orders(conn, market, at, most)
        found = _opened(runtime, conn, ids, broken)
        runtime.feed.glance()
        while found:
            held = held_by(conn, list(found.values()))
            seen_as = partial(in_wave, runtime, held, days_free(conn, at, held))
            members = _whole(runtime, found, seen_as, broken)
            if len(members) == len(found):
                return list(members.values()), broken
            found = {id: one.open for id, one in members.items()}
    return [], broken


def _opened(runtime: Runtime, conn: Connection, ids: Sequence[str], broken: list[str]) -> dict[str, Open]:
    """Read in blocks; one that does not read is read order by order, to pass over what breaks."""
    found: dict[str, Open] = {}
    for first in range(0, len(ids), BLOCK):
        block = ids[first : first + BLOCK]
        try:
            read = read_orders(conn, block)
        except OUTAGES:
            raise
        except Exception:
            log.exception("Orders of a wave cannot be read together")
            found |= _whole(runtime, dict(zip(block, block, strict=True)), partial(_alone, conn), broken)
            continue
        found |= _whole(runtime, dict(zip(block, block, strict=True)), partial(open_order, read), broken)
    return found


def _alone(conn: Connection, id: str) -> Open | None:
    return open_order(read_orders(conn, [id]), id)


def _whole(
    runtime: Runtime, things: Mapping[str, T], read: Callable[[T], F | None], broken: list[str]
) -> dict[str, F]:
    """What is read of each order, where there is something; ``broken`` gets those that break. Raises
    Closing.
    """
    seen: dict[str, F | None] = {}

    def one(id: str) -> int:
        seen[id] = read(things[id])
        return 1

    one_by_one(_unless_closing(runtime, things), one)
    broken += [id for id in things if id not in seen]
    return {id: found for id, found in seen.items() if found is not None}


def _unless_closing(runtime: Runtime, things: Iterable[str]) -> Iterator[str]:
    for thing in things:
        runtime.go_on()
        yield thing
