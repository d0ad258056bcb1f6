"""Find homes for units that have none: displaced by facts, given back by a node, or sold ahead of stock."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from functools import partial

from inventory.store.locks import lock_groups
from oms.actors import SYSTEM
from oms.adapters.clock import elapsed_s
from oms.bootstrap import Runtime
from oms.fulfilment.kits import WAITING, as_kits, kept_together, left_behind, torn
from oms.memory.ground import Ground, Question, from_locked_rows
from oms.one_by_one import one_by_one
from oms.orders.order import Order, OrderStatus
from oms.orders.quote import Wanted
from oms.refusals import LostRace, Refused
from oms.steps.recording import record
from oms.steps.rehoming import promise_after, rehome
from oms.steps.settling import ATTEMPTS, Chosen
from oms.steps.unrouting import give_way, in_line
from oms.store.fulfilments import fulfilments_of
from oms.store.node_work import excluded, forget_unroutable, note_unroutable
from oms.store.orders import order_if_idle, orders_behind
from oms.store.people import address_of
from oms.store.waiting import note_tried, promising, waited_for
from oms.store.waking import go_on
from oms.usecases.releasing import Find, locked, release_orders
from oms.work import Work, transact
from routing.eligibility import Reason, reason_text
from routing.promise import FASTEST, Option, Promised, Unavailable, best, keep, offer

log = logging.getLogger(__name__)

AT_ONCE = 50
TURN_S = 5.0
"""How long one job goes on; then others that wait in the queue have their turn."""
SKUS_AT_ONCE = 500
"""Looked up in memory together, at every node; a matter of room."""


def resource_at_once(runtime: Runtime, order_ids: Iterable[str], find: Find = locked) -> int:
    """Route the waiting units of these orders, each in a transaction of its own, and offer to the nodes what
    is due; returns how many orders got something. What loses every race waits for the job. ``find``: how an
    order is locked; None where it is passed over.
    """
    done = []
    for order_id in sorted(set(order_ids)):
        for _ in range(ATTEMPTS):
            try:
                if transact(runtime, SYSTEM, partial(_resource, runtime, order_id, find)):
                    done.append(order_id)
                break
            except LostRace:
                continue
            except Refused as no:
                log.info("Order %s waits on (%s)", order_id, no)
                break
    release_orders(runtime, done, find)
    return len(done)


def resource_orders(runtime: Runtime, left: int | None = None) -> int:
    """Route what can be routed again; returns how many orders got something. Tried are orders with waiting
    units of SKUs that are anywhere, and those just displaced, so that it is told why where nothing is left.

    Orders that were busy when a fact took their units are brought in line first. Those that were tried in
    vain go last, the longest not tried first, so that they keep nobody waiting. Each is tried once: what is
    ``left`` after a turn is another's, which begins where this one ends. None: a new beginning.
    """
    until_s = elapsed_s() + TURN_S
    with runtime.engine.connect() as conn:
        behind = orders_behind(conn, AT_ONCE) if left is None else ()
        asked = waited_for(conn)
    one_by_one(behind, lambda id: transact(runtime, SYSTEM, partial(_catch_up, id)))
    done = 0
    while True:
        runtime.feed.glance()  # others take of the same units meanwhile
        with runtime.engine.connect() as conn:
            some = promising(conn, _there(runtime, asked), AT_ONCE)
        left = some.all_of_them if left is None else min(left, some.all_of_them)
        mine = some.order_ids[:left]
        done += _tried(runtime, mine)
        left -= len(mine)
        if left <= 0:
            return done
        if runtime.closing.is_set() or elapsed_s() >= until_s:
            _go_on(runtime, left)
            return done


def _go_on(runtime: Runtime, left: int) -> None:
    transact(runtime, SYSTEM, lambda work: go_on(work.conn, left))


def _catch_up(order_id: str, work: Work) -> int:
    order = order_if_idle(work.conn, order_id)
    if order is None:
        return 0
    in_line(work, order)
    return 1


def _there(runtime: Runtime, asked: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of the (channel, SKU) asked of which units are anywhere, or on their way, as far as memory
    knows.
    """
    there: list[tuple[str, str]] = []
    for channel in dict.fromkeys(channel for channel, _ in asked):
        all_skus = [sku for its, sku in asked if its == channel]
        for first in range(0, len(all_skus), SKUS_AT_ONCE):
            skus = all_skus[first : first + SKUS_AT_ONCE]
            units, coming = runtime.pool.view(skus, channel).totals, runtime.pool.incoming(skus)
            there += [(channel, sku) for line, sku in enumerate(skus) if units[line] or coming[line]]
    return there


def _tried(runtime: Runtime, order_ids: Sequence[str]) -> int:
    """Try each; how many got something. The others go to the end of the line, also those that broke."""
    done: set[str] = set()

    def one(order_id: str) -> int:
        if resource_at_once(runtime, [order_id], order_if_idle):
            done.add(order_id)
        return order_id in done

    one_by_one(order_ids, one)
    in_vain = [order_id for order_id in order_ids if order_id not in done]
    if in_vain:
        transact(runtime, SYSTEM, lambda work: note_tried(work.conn, in_vain, work.at))
    return len(done)


def _resource(runtime: Runtime, order_id: str, find: Find, work: Work) -> bool:
    """Whether units of the order got a home. Raises LostRace, Refused: it waits on."""
    order = find(work.conn, order_id)
    if order is None:
        return False
    order = in_line(work, order)
    if not _waiting(order) or order.status is OrderStatus.CANCELLED:
        forget_unroutable(work.conn, order_id)
        return False
    together = kept_together(runtime.pool.catalogue, order)
    found = _in_whole_kits(runtime, work, order, together)
    if isinstance(found, Unavailable):
        _tell_unroutable(work, order, found)
        return False
    order, ground, option = found
    alive = sum(line.counts.total - line.counts.cancelled for line in order.picked_lines)
    whole = sum(one.quantity for one in _waiting(order)) == alive
    rehome(work, order, Chosen(option, promise_after(order.promise, option, whole), ground))
    return True


def _waiting(order: Order, but_of: Collection[str] = ()) -> tuple[Wanted, ...]:
    """What waits for a home, but for the components of some kit lines."""
    return tuple(
        Wanted(line.id, line.sku, units)
        for line in order.picked_lines
        if (units := line.counts.at(*WAITING)) and line.kit_line not in but_of
    )


def _in_whole_kits(
    runtime: Runtime, work: Work, order: Order, together: Sequence[str]
) -> tuple[Order, Ground, Option] | Unavailable:
    """A plan for what waits; what nodes have left of kits that have to leave whole goes along. Where no node
    has all of such a kit it stays where it is, and an order that may leave in part goes on without it.
    """
    apart = torn(order, together)
    behind = left_behind(order, fulfilments_of(work.conn, order.id), apart)
    if not behind:
        found = _home(_ground(runtime, work, order, _waiting(order), together), order)
        return found if isinstance(found, Unavailable) else (order, *found)
    before, told = work.conn.begin_nested(), len(work.events)
    joined = give_way(work, order, behind)
    found = _home(_ground(runtime, work, joined, _waiting(joined), together), joined)
    kits = {line.id for line in order.picked_lines if line.kit_line in apart}
    if not isinstance(found, Unavailable) and not kits & {one.line for one in found[1].unfilled}:
        before.commit()
        return (joined, *found)
    before.rollback()
    del work.events[told:]
    others = _waiting(order, but_of=apart)
    if others and order.allow_partial:
        found = _home(_ground(runtime, work, order, others, together), order)
        return found if isinstance(found, Unavailable) else (order, *found)
    return found if isinstance(found, Unavailable) else _not_whole(order, kits)


def _not_whole(order: Order, lines: Iterable[str]) -> Unavailable:
    why = Reason.KIT_NOT_WHOLE
    return Unavailable(order.promise.method, why, reason_text(why), tuple(sorted(lines)))


def _ground(
    runtime: Runtime, work: Work, order: Order, wanted: tuple[Wanted, ...], together: Sequence[str]
) -> Ground:
    """The locked truth, without the nodes that could not do this order, with kits that leave whole."""
    lock_groups(work.conn, [order.group_id])
    address = address_of(work.conn, order.address_id) if order.address_id else None
    where = address.whereabouts if address else None
    avoid = excluded(work.conn, order.id)
    question = Question(wanted, order.channel, where, order.promise.pickup_node, avoid=avoid)
    ground = from_locked_rows(runtime, work.conn, work.at, question)
    return replace(ground, basket=as_kits(ground.basket, order, together))


def _home(ground: Ground, order: Order) -> tuple[Ground, Option] | Unavailable:
    """The cheapest plan that keeps the promise; if none can, what comes soonest. All-or-nothing orders wait
    until all that waits of them can go.
    """
    told = order.promise
    network, basket, policy, at = ground.network, ground.basket, ground.policy, ground.at
    if told.window_to is not None:
        promised = Promised(told.method, told.window_to, told.slot, told.pickup_node)
        kept = keep(network, basket, ground.stock, ground.capacity, policy, at, promised, ground.prices)
        if isinstance(kept, Option):
            return ground, kept
    ways = (told.method,)
    found = offer(network, basket, ground.stock, ground.capacity, policy, at, ways, ground.prices)
    option = best((one for one in found.options if order.allow_partial or not one.unfilled), FASTEST)
    if option is None or not option.parcels:
        return found.unavailable[0]
    return ground, option


def _tell_unroutable(work: Work, order: Order, why: Unavailable) -> None:
    """Told once for every reason, however often it is tried. What only waits for stock was never promised."""
    if not any(line.counts.unrouted for line in order.picked_lines):
        return
    lines = [one.id for one in _waiting(order) if one.id in why.lines]
    if note_unroutable(work.conn, order.id, why.code, lines, work.at):
        binding = [
            {"line": one.line, "missing": one.missing, "reasons": [reason.value for reason in one.reasons]}
            for one in why.blocking
        ]
        event = {"code": why.code, "detail": why.detail, "unrouted": lines, "blocking": binding}
        record(work, order, order, "order.unroutable", event, reason=why.code)
