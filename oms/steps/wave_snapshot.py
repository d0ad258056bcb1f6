"""What a wave looks at: open orders as they stand, each with its problem, all their units free."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from oms.bootstrap import Runtime
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.kits import as_kits, kept_together
from oms.fulfilment.lifecycle import NOT_YET_PICKED
from oms.memory.ground import Ground, Question, capacity_free, from_memory_without, given_back
from oms.orders.order import Order, OrderStatus
from oms.orders.placing import AddressDetails
from oms.orders.quote import Wanted
from oms.steps.own_holds import OwnHolds
from oms.store.capacity_held import capacity_held
from oms.store.fulfilments import fulfilments_where
from oms.store.node_queue import groups_waiting_for_stock
from oms.store.node_work import excluded_of
from oms.store.order_tables import fulfilment_order
from oms.store.orders import load_orders
from oms.store.people import addresses_of
from routing.problem import UNLIMITED
from routing.promise import Capacity, Promised, Way, way_kept
from routing.wave.join import Asked, Standing


@dataclass(frozen=True, slots=True)
class Open:
    """An order and those of its fulfilment orders that nobody has begun to pick."""

    order: Order
    jobs: tuple[Fulfilment, ...]
    question: Question


@dataclass(frozen=True, slots=True, eq=False)
class InWave:
    """An open order with the ways its promise can be kept."""

    open: Open
    ground: Ground
    way: Way

    @property
    def standing(self) -> Standing:
        """The parcels that stand: node, line → units."""
        parcels = []
        for job in self.open.jobs:
            by_parcel: dict[int, dict[str, int]] = defaultdict(dict)
            for line in job.lines:
                if line.wanted:
                    by_parcel[line.parcel][line.line_id] = line.wanted
            parcels += [(job.node, content) for content in by_parcel.values()]
        return parcels


@dataclass(frozen=True, slots=True)
class Read:
    """Open orders as they were read together, each by its id; of groups, those whose units are to come."""

    orders: Mapping[str, Order]
    jobs: Mapping[str, Sequence[Fulfilment]]
    addresses: Mapping[str, AddressDetails]
    avoided: Mapping[str, frozenset[tuple[str, str]]]
    waiting: Set[str]


def read_orders(conn: Connection, order_ids: Sequence[str]) -> Read:
    """What ``open_order`` asks, in six statements for all of them and not nine for each."""
    orders = load_orders(conn, order_ids)
    jobs: dict[str, list[Fulfilment]] = defaultdict(list)
    for job in fulfilments_where(conn, fulfilment_order.c.order_id.in_(order_ids)):
        jobs[job.order_id].append(job)
    return Read(
        orders,
        jobs,
        addresses_of(conn, [one.address_id for one in orders.values() if one.address_id]),
        excluded_of(conn, order_ids),
        groups_waiting_for_stock(conn, [one.group_id for one in orders.values()]),
    )


def open_order(read: Read, order_id: str) -> Open | None:
    """None where something stands against moving any of it: a hold, work begun on part of a fulfilment
    order, units still to come, or nothing promised.
    """
    order = read.orders.get(order_id)
    if order is None or order.status is not OrderStatus.OPEN or order.promise.window_to is None:
        return None
    jobs = tuple(
        job
        for job in read.jobs.get(order_id, ())
        if job.state in NOT_YET_PICKED and not job.on_hold and job.wanted
    )
    if not jobs or order.group_id in read.waiting:
        return None
    units = Counter[str]()
    for job in jobs:
        for line in job.lines:
            units[line.line_id] += line.wanted
    wanted = tuple(Wanted(line.id, line.sku, units[line.id]) for line in order.picked_lines if units[line.id])
    address = read.addresses.get(order.address_id) if order.address_id else None
    where = address.whereabouts if address else None
    avoid = read.avoided.get(order_id, frozenset())
    return Open(order, jobs, Question(wanted, order.channel, where, order.promise.pickup_node, avoid=avoid))


def held_by(conn: Connection, orders: Sequence[Open]) -> OwnHolds:
    """Units on shelves and capacity that all of these hold together."""
    units: dict[tuple[str, str], int] = defaultdict(int)
    for one in orders:
        for job in one.jobs:
            for line in job.lines:
                units[line.sku, job.node] += line.wanted
    return OwnHolds(units, capacity_held(conn, [one.order.group_id for one in orders]), {}, {})


def days_free(conn: Connection, at: datetime, held: OwnHolds) -> Capacity:
    """What is free of nodes' days as the database has it, once these holds are given up."""
    return Capacity(given_back(capacity_free(conn, at.date()), held.capacity))


def in_wave(runtime: Runtime, held: OwnHolds, capacity: Capacity, one: Open) -> InWave | None:
    """The order with its problem; None where its promise is not kept as it stands, so that it had better be
    left to those who re-source it.
    """
    order = one.order
    ground = from_memory_without(runtime, one.question, held)
    together = kept_together(runtime.pool.catalogue, order)
    ground = replace(ground, basket=as_kits(ground.basket, order, together), capacity=capacity)
    way = way_at(one, ground, capacity)
    if way is None:
        return None
    found = InWave(one, ground, way)
    nodes = set(way.problem.node_ids)
    return found if all(node in nodes for node, _ in found.standing) else None


def way_at(one: Open, ground: Ground, capacity: Capacity) -> Way | None:
    """How the order's promise can be kept with what is left of nodes' days; None where it cannot."""
    told = one.order.promise
    assert told.window_to is not None, "only what is promised is open to a wave"
    promised = Promised(told.method, told.window_to, told.slot, told.pickup_node)
    return way_kept(
        ground.network,
        ground.basket,
        ground.stock,
        capacity,
        ground.policy,
        ground.at,
        promised,
        ground.prices,
    )


def asked(one: InWave, move_minor: int) -> Asked:
    return Asked(one.open.order.id, one.way.problem, one.standing, move_minor)


def move_minor(members: Sequence[InWave], share: float) -> int:
    """What giving an order another node than its staff has seen must save at least: this share of what an
    order of the wave costs as it stands, so that it means the same in yen, dollars and dinars. At least one
    minor unit, unless moves are free.
    """
    if share <= 0:
        return 0
    paid = sum(job.cost_minor for one in members for job in one.open.jobs)
    return max(1, round(share * paid / len(members)))


def capacity_of(members: Sequence[InWave]) -> Mapping[str, int]:
    """Parcels each node may send on all days on which it may send for one of these orders; no entry where
    nobody counts. No plan that keeps the promises sends more, so a bound with it is true; a plan may want
    more of a single day than it has, which shows when its parcels get their days (``wave_dating``).
    """
    rooms: dict[str, dict[tuple[date, str], int]] = defaultdict(dict)
    uncounted: set[str] = set()
    for one in members:
        problem = one.way.problem
        uncounted.update(
            node
            for node, room in zip(problem.node_ids, problem.capacity_parcels.tolist(), strict=True)
            if room == UNLIMITED
        )
        for node, day, room in one.way.rooms():
            rooms[node][day, one.way.reach.bucket] = room
    return {node: sum(r.values()) for node, r in rooms.items() if node not in uncounted}
