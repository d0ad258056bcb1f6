"""The counter: find a pickup, hear that its customer has come, verify who it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from oms.actors import Actor, Role
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.orders.order import Order
from oms.pickups.lifecycle import PICKUP, PickupEvent, PickupState
from oms.pickups.pickup import WRONG_CODES_MOST, Pickup
from oms.refusals import Code, Fault, Refusal, not_found, refuse
from oms.steps.at_work import lock
from oms.steps.following_up import tell_pickup
from oms.steps.recording import ORDER
from oms.store import pickups as store
from oms.store.fulfilments import fulfilments_of
from oms.store.orders import load_order
from oms.store.people import customer_of
from oms.store.shipments import shipments_of
from oms.views.pickups import PICKUP as PURPOSE
from oms.views.pickups import pickup_view, with_code
from oms.work import Answer, RequestKey, Work, answer_once

AT_A_COUNTER = 5_000
"""Open pickups of one node that a code is compared with."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """By what to find pickups; what is None does not matter. ``code`` wants a ``node``."""

    node: str | None = None
    code: str | None = None
    phone: str | None = None
    order_id: str | None = None
    closed: bool = False


def list_pickups(
    runtime: Runtime, actor: Actor, wanted: Wanted, after: str, most: int
) -> Sequence[dict[str, Any]]:
    """Pickups by id, open ones unless asked otherwise. Raises Refused: forbidden, invalid."""
    nodes = None if actor.nodes is None else sorted(actor.nodes)
    if wanted.node is not None:
        actor.require_node(wanted.node, "query/node")
        nodes = [wanted.node]
    with runtime.engine.connect() as conn:
        if wanted.code is not None:
            found = _by_code(runtime, conn, nodes, wanted.code, after)
        else:
            phone, order_id = wanted.phone, wanted.order_id
            found = store.find(conn, nodes, order_id, phone, wanted.closed, after, most)
        return [shown(conn, one) for one in found[:most]]


def _by_code(
    runtime: Runtime, conn: Connection, nodes: list[str] | None, code: str, after: str
) -> Sequence[Pickup]:
    if nodes is None or len(nodes) != 1:
        fault = Fault("query/node", "missing", "A code is looked for at one node: name it")
        raise refuse(Code.INVALID, "A code is looked for at one node", fault)
    here = store.find(conn, nodes, after=after, most=AT_A_COUNTER)
    return [
        one
        for one in here
        if one.state is not PickupState.PREPARING and runtime.signer.is_code(PURPOSE, one.id, code)
    ]


def read_pickup(runtime: Runtime, actor: Actor, id: str, token: str | None) -> dict[str, Any]:
    """One pickup; with its code for who holds the order's token, and for the back office. Raises Refused
    not_found.
    """
    with runtime.engine.connect() as conn:
        pickup = store.pickup_of(conn, id)
        order = load_order(conn, pickup.order_id) if pickup else None
        if pickup is None or order is None:
            raise not_found("pickup")
        holder = may_see(runtime, actor, order, pickup, token)
        document = shown(conn, pickup)
        return with_code(document, pickup, runtime.signer) if holder or actor.trusted else document


def may_see(runtime: Runtime, actor: Actor, order: Order, pickup: Pickup, token: str | None) -> bool:
    """Whether the caller holds the order's token. Raises Refused not_found for who may not see it at all."""
    holder = _holds(runtime, order.id, token) and actor.may_channel(order.channel)
    at_counter = actor.role is not Role.STOREFRONT and actor.may_node(pickup.node)
    actor.must_see(holder or at_counter, "pickup")
    return holder


def arrive(runtime: Runtime, actor: Actor, key: RequestKey, id: str, token: str | None) -> Answer:
    """The customer is at the counter: the counter says so, or the customer with the order's token. Raises
    Refused: not_found, illegal_transition.
    """

    def work_on(work: Work) -> Answer:
        order, pickup = locked_pickup(work, id)
        may_see(runtime, actor, order, pickup, token)
        _stepped(work, order, pickup, PickupEvent.ARRIVE)
        return Answer.of(200, _latest(work, id))

    return answer_once(runtime, actor, key, work_on)


def verify(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, code: str | None, token: str | None
) -> Answer:
    """Whoever stands there said the code, or showed the token. Raises Refused: not_found,
    illegal_transition, wrong_code, code_locked after too many wrong ones.
    """

    def work_on(work: Work) -> Answer | Refusal:
        order, pickup = locked_pickup(work, id)
        work.actor.must_see(work.actor.may_node(pickup.node), "pickup")
        if pickup.state is not PickupState.READY:
            PICKUP.step(pickup.state, PickupEvent.VERIFY)
        if token is not None and not _opens(runtime, id, token):
            return Refusal(Code.WRONG_CODE, "This is not the token of this pickup")
        if code is not None and (refusal := _heard(runtime, work, order, pickup, code)):
            return refusal
        if pickup.state is PickupState.READY:
            pickup = _stepped(work, order, pickup, PickupEvent.ARRIVE)
        _stepped(work, order, replace(pickup, wrong_codes=0), PickupEvent.VERIFY)
        return Answer.of(200, _latest(work, id))

    return answer_once(runtime, actor, key, work_on)


def _heard(runtime: Runtime, work: Work, order: Order, pickup: Pickup, code: str) -> Refusal | None:
    """Why this code does not open the pickup; a wrong one is counted for good."""
    if pickup.locked:
        detail = "Too many wrong codes were said: scan the customer's token"
        return Refusal(Code.CODE_LOCKED, detail)
    if runtime.signer.is_code(PURPOSE, pickup.id, code):
        return None
    wrong = pickup.mistaken()
    store.save_pickup(work.conn, wrong)
    tell_pickup(work, order, order, wrong, "pickup.wrong_code")
    left = WRONG_CODES_MOST - wrong.wrong_codes
    fault = Fault("/code", Code.WRONG_CODE, f"{left} more tries")
    return Refusal(Code.WRONG_CODE, "This is not the code of this pickup", (fault,), {"tries_left": left})


def locked_pickup(work: Work, id: str) -> tuple[Order, Pickup]:
    """The pickup of the path, ours with its order until the commit. Raises Refused not_found."""
    order_id = store.order_of_pickup(work.conn, id)
    if order_id is None:
        raise not_found("pickup")
    order = lock(work, order_id)
    pickup = store.pickup_of(work.conn, id)
    assert pickup is not None
    return order, pickup


def shown(conn: Connection, pickup: Pickup) -> dict[str, Any]:
    """A pickup with what lies there and whom it is for."""
    order = load_order(conn, pickup.order_id)
    assert order is not None
    who = customer_of(conn, order.customer_id) if order.customer_id else None
    packed = shipments_of(conn, pickup.fulfilment_orders)
    parcels = [one for some in packed.values() for one in some]
    return pickup_view(pickup, fulfilments_of(conn, order.id), parcels, who.name if who else None)


def _latest(work: Work, id: str) -> dict[str, Any]:
    pickup = store.pickup_of(work.conn, id)
    assert pickup is not None
    return shown(work.conn, pickup)


def _stepped(work: Work, order: Order, pickup: Pickup, event: PickupEvent) -> Pickup:
    after = pickup.after(event, work.at)
    store.save_pickup(work.conn, after)
    tell_pickup(work, order, order, after)
    return after


def _holds(runtime: Runtime, order_id: str, token: str | None) -> bool:
    return _reads(runtime, ORDER, token) == order_id


def _opens(runtime: Runtime, id: str, token: str) -> bool:
    return _reads(runtime, PURPOSE, token) == id


def _reads(runtime: Runtime, purpose: str, token: str | None) -> object:
    if token is None:
        return None
    try:
        return runtime.signer.read(purpose, token)
    except BadToken:
        return None
