"""What every step of a return has in common: its locks, its writing, its events, the exchange it releases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from oms.actors import Actor, Role
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.orders.order import Order, OrderStatus
from oms.refusals import Code, Fault, LostRace, not_found, refuse
from oms.returns.lifecycle import RELEASED_IN, ReturnState
from oms.returns.values import Return
from oms.steps.recording import ORDER, record
from oms.steps.settling import ATTEMPTS
from oms.store.orders import load_order
from oms.store.returns import exchange_order_of, load_return, save_return
from oms.views.returns import shown
from oms.work import Answer, RequestKey, Work, answer_once

EXCHANGE = "exchange"
"""The hold of an order that waits for the goods it is exchanged for."""
RETURN = "return"


@dataclass(frozen=True, slots=True)
class Opened:
    """A return with its orders and the order it is exchanged for, all locked."""

    back: Return
    orders: Mapping[str, Order] = field(default_factory=dict)
    exchange: Order | None = None

    def without_exchange(self) -> None:
        """Raises Refused illegal_transition while an order counts on the credit of this return."""
        if self.exchange is not None and self.exchange.status is not OrderStatus.CANCELLED:
            raise refuse(
                Code.ILLEGAL_TRANSITION,
                "An order is exchanged for this return: cancel that order first",
                order=self.exchange.id,
            )


Change = Callable[[Work, Opened], Opened]


def step(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, change: Change, token: str | None = None
) -> Answer:
    """Lock the return with its orders, ``change`` it once, answer it. Raises Refused not_found."""

    def work_on(work: Work) -> Answer:
        opened = change(work, opened_return(runtime, work, id, token))
        return Answer.of(200, shown(work.conn, opened.back))

    for _ in range(ATTEMPTS):
        try:
            return answer_once(runtime, actor, key, work_on)
        except LostRace:
            continue  # the return was tied to another order between the look at it and its lock
    raise refuse(Code.UNAVAILABLE, "Too much is going on with this return; nothing was changed")


def opened_return(runtime: Runtime, work: Work, id: str, token: str | None = None) -> Opened:
    """The return, ours until the commit: first its orders by id, then itself. Raises Refused not_found;
    LostRace when it was tied to another order meanwhile.
    """
    seen = load_return(work.conn, id)
    if seen is None:
        raise not_found(RETURN)
    swapped = exchange_order_of(work.conn, id)
    orders = _locked(work, {*seen.order_ids, *([swapped] if swapped else [])})
    back = load_return(work.conn, id, lock=True)
    assert back is not None, "returns are never deleted"
    if back.order_ids != seen.order_ids or exchange_order_of(work.conn, id) != swapped:
        raise LostRace
    must_see(runtime, work.actor, back, [orders[name] for name in back.order_ids], token)
    mine = {name: orders[name] for name in back.order_ids}
    return Opened(back, mine, orders[swapped] if swapped else None)


def must_see(
    runtime: Runtime, actor: Actor, back: Return, orders: Iterable[Order], token: str | None
) -> None:
    """Raises Refused not_found unless it is the caller's: a customer's by the token of one of its orders, a
    store's while nobody received it, and afterwards where it was received.
    """
    if actor.role is Role.STOREFRONT:
        mine = [order for order in orders if actor.may_channel(order.channel)]
        actor.must_see(_opens(runtime, token, {order.id for order in mine}), RETURN)
    elif back.state in (ReturnState.RECEIVED, ReturnState.INSPECTED, ReturnState.CLOSED):
        actor.must_see(back.node is not None and actor.may_node(back.node), RETURN)


def written(work: Work, before: Opened, after: Return, *, reason: str = "", **data: Any) -> Opened:
    """Write the return and tell what it has become; release the exchange when its time has come."""
    saved = save_return(work.conn, before.back, after)
    told(work, saved, reason=reason, **data)
    return replace(before, back=saved, exchange=_released(work, saved, before.exchange))


def told(work: Work, back: Return, *, reason: str = "", **data: Any) -> None:
    """Tell of a return: as what it has become."""
    said = {"orders": list(back.order_ids), "node": back.node, **data}
    work.emit(f"return.{back.state.value}", RETURN, back.id, said, reason=reason)


def node_takes(runtime: Runtime, node: str) -> None:
    """Raises Refused: unknown_node, invalid for a node that takes no returns."""
    known = runtime.pool.catalogue.nodes.get(node)
    if known is None:
        raise refuse(Code.UNKNOWN_NODE, "There is no such node", Fault("/node", Code.UNKNOWN_NODE, ""))
    if not known.active or known.kind not in runtime.networks.current.returns.node_kinds:
        fault = Fault("/node", Code.INVALID, "This node takes no returns")
        raise refuse(Code.INVALID, "Returns go to another node", fault)


def _released(work: Work, back: Return, order: Order | None) -> Order | None:
    due = back.release is not None and back.state in RELEASED_IN[back.release]
    if order is None or not due or EXCHANGE not in order.holds:
        return order
    free = replace(order, holds=tuple(hold for hold in order.holds if hold != EXCHANGE))
    return record(work, order, free, "order.released", {"return": back.id}, reason=EXCHANGE)


def _locked(work: Work, ids: Iterable[str]) -> dict[str, Order]:
    found = {}
    for id in sorted(ids):
        order = load_order(work.conn, id, lock=True)
        assert order is not None, "orders are never deleted"
        found[id] = order
    return found


def _opens(runtime: Runtime, token: str | None, order_ids: set[str]) -> bool:
    if token is None:
        return False
    try:
        return runtime.signer.read(ORDER, token) in order_ids
    except BadToken:
        return False
