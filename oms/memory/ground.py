"""What a decision stands on: one state of network, policy, stock and capacity, for one basket.

From memory, at most a second old, or from the locked rows themselves (architecture, decision 4).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from inventory.catalogue import Catalogue
from inventory.pool import Incoming as Arriving
from inventory.reads import future
from inventory.sku import Sku
from inventory.store import locks
from inventory.store.tables import capacity as capacity_rows
from inventory.store.tables import node as node_rows
from inventory.store.tables import position
from oms import translate
from oms.bootstrap import Runtime
from oms.memory.alignment import Alignment
from oms.memory.network_load import Loaded
from oms.orders.quote import Wanted, Whereabouts
from oms.refusals import Code, Fault, refuse
from oms.steps.own_holds import NOTHING, Own, OwnHolds, own_holds, with_own
from oms.translate import Parts
from routing.ahead import ahead_prices
from routing.breadth import breadth_prices
from routing.network import Network
from routing.policy import Policy
from routing.promise import Basket, Capacity, Prices, Stock
from routing.promise_ask import seconds

Units = NDArray[np.int64]
Free = Mapping[tuple[str, date, str], int]  # (node, day, bucket) → units


@dataclass(frozen=True, slots=True)
class Question:
    """What is wanted, where. ``own_group``: a reservation of the caller's that hides nothing from this.
    ``avoid``: (line or ``*``, node) that could not do it before.
    """

    wanted: tuple[Wanted, ...]
    channel: str
    destination: Whereabouts | None = None
    pickup_node: str | None = None
    own_group: str | None = None
    avoid: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """All that an answer may depend on. ``prices``: what units and parcels are worth to later orders, from
    the pool; ``room``: per SKU, units that may still be back-ordered.
    """

    question: Question
    network: Network
    policy: Policy
    parts: Parts
    basket: Basket
    stock: Stock
    capacity: Capacity
    prices: Prices
    room: Mapping[str, int]
    at: datetime
    as_of: datetime
    version: int


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Stock by line and catalogue node, what arrives by line, capacity and back-order room, and how fresh
    they are.
    """

    available: Units
    arriving: Sequence[Sequence[Arriving]]
    free: Free
    room: Mapping[str, int]
    as_of: datetime
    version: int


def from_memory(runtime: Runtime, question: Question) -> Ground:
    """The pool's present state; reads the database only for a reservation of the caller's own."""
    own = NOTHING
    if question.own_group is not None:
        with runtime.engine.connect() as conn:
            own = own_holds(conn, question.own_group)
    catalogue, today = runtime.pool.catalogue, runtime.clock.now().date()
    parts = translate.exploded(catalogue, question.wanted)
    names = [part.sku for part in parts]
    view = runtime.pool.view(names, question.channel, own.units)
    skus = [catalogue.skus[part.sku] for part in parts]
    room = {sku.id: room_of(sku, today) for sku in skus}
    arriving = runtime.pool.incoming(names)
    seen = Seen(view.available, arriving, runtime.pool.capacity_free(), room, view.as_of, view.version)
    return _ground(runtime, question, catalogue, parts, own, seen)


def from_memory_without(runtime: Runtime, question: Question, given: OwnHolds) -> Ground:
    """The pool's present state as if ``given`` were given up, whoever holds it."""
    catalogue, today = runtime.pool.catalogue, runtime.clock.now().date()
    parts = translate.exploded(catalogue, question.wanted)
    names = [part.sku for part in parts]
    view = runtime.pool.view(names, question.channel, given.units)
    room = {name: room_of(catalogue.skus[name], today) for name in names}
    free = runtime.pool.capacity_free()
    nothing: list[Sequence[Arriving]] = [()] * len(parts)
    seen = Seen(view.available, nothing, free, room, view.as_of, view.version)
    return _ground(runtime, question, catalogue, parts, given, seen)


def from_locked_rows(runtime: Runtime, conn: Connection, at: datetime, question: Question) -> Ground:
    """The truth: every position of the basket's SKUs, ours until the commit, locked in inventory's order.

    Capacity is read, not locked: who loses a race for it asks again.
    """
    catalogue = runtime.pool.catalogue
    parts = translate.exploded(catalogue, question.wanted)
    own = NOTHING
    if question.own_group is not None:
        locks.lock_groups(conn, [question.own_group])
        own = own_holds(conn, question.own_group)
    names = {catalogue.skus[part.sku].no: part.sku for part in parts}
    demand = locks.lock_demand(conn, names)
    room = {names[d.sku_no]: _room(d.cap, d.backordered, d.preorder_from, at.date()) for d in demand.values()}
    available = _locked_stock(conn, catalogue, parts, question.channel, own.units)
    arriving = _arriving(conn, parts)
    seen = Seen(available, arriving, capacity_free(conn, at.date()), room, at, runtime.pool.state.version)
    return _ground(runtime, question, catalogue, parts, own, seen)


def _locked_stock(conn: Connection, catalogue: Catalogue, parts: Parts, channel: str, own: Own) -> Units:
    """What the channel can have once ``own`` units are given up: none of them where the shelf is blocked."""
    numbers = [catalogue.skus[part.sku].no for part in parts]
    found = select(position.c.node_no, position.c.sku_no).where(position.c.sku_no.in_(numbers))
    positions = locks.lock_positions(conn, [(row.node_no, row.sku_no) for row in conn.execute(found)])
    nodes = {node.no: node.id for node in catalogue.nodes.values()}
    available = np.zeros((len(parts), len(catalogue.order)), dtype=np.int64)
    for place, number in enumerate(numbers):
        for (node_no, sku_no), row in positions.items():
            node = nodes.get(node_no)
            if sku_no == number and node is not None:
                given_back = own.get((parts[place].sku, node), 0)
                available[place, catalogue.index[node]] = row.free(channel, given_back)
    return available


def room_of(sku: Sku, today: date) -> int:
    """Units of a SKU that may still be promised with nothing behind them."""
    return _room(sku.backorder_cap, sku.backordered, sku.preorder_from, today)


def _room(cap: int, backordered: int, preorder_from: date | None, today: date) -> int:
    """Units that may still be promised with nothing behind them; none before a pre-order opens."""
    return 0 if preorder_from is not None and today < preorder_from else max(0, cap - backordered)


def _arriving(conn: Connection, parts: Parts) -> list[list[Arriving]]:
    """What is to come and promised to nobody, per line; true under the locks of the positions."""
    by_sku: dict[str, list[Arriving]] = defaultdict(list)
    for row in future(conn, [part.sku for part in parts]):
        by_sku[row.sku].append(Arriving(row.inbound_id, row.node, row.eta, row.free))
    return [by_sku[part.sku] for part in parts]


def located(runtime: Runtime, destination: Whereabouts | None) -> Whereabouts | None:
    """The destination with a point. Raises Refused unlocatable_destination, bad_destination."""
    if destination is None:
        return None
    if (destination.lat is None) != (destination.lon is None):
        fault = Fault("/destination", Code.BAD_DESTINATION, "Give lat and lon together, or neither")
        raise refuse(Code.BAD_DESTINATION, "Half a point is no place", fault)
    found = runtime.places.current.locate(destination)
    if found is None:
        fault = Fault("/destination/postcode", Code.UNLOCATABLE_DESTINATION, "Unknown; send lat and lon")
        raise refuse(Code.UNLOCATABLE_DESTINATION, "Neither postcode nor city says where that is", fault)
    return found


def _ground(
    runtime: Runtime, question: Question, catalogue: Catalogue, parts: Parts, own: OwnHolds, seen: Seen
) -> Ground:
    loaded = runtime.networks.current
    network = loaded.network
    arriving = [with_own(part.sku, rows, own) for part, rows in zip(parts, seen.arriving, strict=True)]
    nodes = runtime.networks.aligned(network, catalogue.order)
    stock = translate.stock(network, parts, nodes.gathered(seen.available), arriving)
    if question.avoid:
        stock = replace(stock, blocked=question.avoid)
    return Ground(
        question=question,
        network=network,
        policy=loaded.policy,
        parts=parts,
        basket=translate.basket(
            catalogue,
            parts,
            question.wanted,
            question.channel,
            network.currency,
            question.destination,
            question.pickup_node,
        ),
        stock=stock,
        capacity=Capacity(given_back(seen.free, own.capacity)),
        prices=_prices(runtime, catalogue, nodes, loaded, parts, stock),
        room={sku: units + own.ahead.get(sku, 0) for sku, units in seen.room.items()},
        at=runtime.clock.now(),
        as_of=seen.as_of,
        version=seen.version,
    )


def _prices(
    runtime: Runtime, catalogue: Catalogue, nodes: Alignment, loaded: Loaded, parts: Parts, stock: Stock
) -> Prices:
    """The one place where prices for an order come from: out of memory, no question to the database."""
    across = nodes.gathered(runtime.pool.breadth.of(len(nodes.order)))
    quantity = np.array([part.quantity for part in parts], dtype=np.int64)
    prices = breadth_prices(loaded.network, loaded.policy, quantity, stock.available, across)
    if loaded.policy.lookahead_weight <= 0:
        return prices
    numbers = [catalogue.skus[part.sku].no for part in parts]
    now = runtime.clock.now()
    first = loaded.network.tables(seconds(now)).dates[0]
    prices = replace(prices, days=runtime.bid_prices.days(catalogue, nodes, loaded, first, now))
    worth = runtime.bid_prices.bids(catalogue, numbers, now)
    if worth is None:
        return prices
    return ahead_prices(loaded.network, loaded.policy, prices, nodes.gathered(worth), stock.available)


def capacity_free(conn: Connection, today: date) -> Free:
    rows = conn.execute(
        select(
            node_rows.c.id,
            capacity_rows.c.day,
            capacity_rows.c.bucket,
            (capacity_rows.c.limit - capacity_rows.c.held).label("free"),
        )
        .join(node_rows, node_rows.c.no == capacity_rows.c.node_no)
        .where(capacity_rows.c.day >= today)
    )
    return {(row.id, row.day, row.bucket): row.free for row in rows}


def given_back(free: Free, own: Free) -> Free:
    """What is free once ``own`` is given up; of what nobody ever held there is nothing to give."""
    if not own:
        return free
    return {**free, **{key: free[key] + units for key, units in own.items() if key in free}}
