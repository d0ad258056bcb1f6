"""Returns: asked for through any channel, approved or not, cancelled, on their way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from inventory.catalogue import BasketLine
from inventory.outcomes import Unknown
from oms.actors import Actor, Role
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.orders.order import Order
from oms.reasons import Occasion
from oms.refusals import Code, Fault, refuse
from oms.returns.announcing import Room, Wish, lines_of_wish, one_customer, unknown_line
from oms.returns.lifecycle import ReturnEvent, ReturnState
from oms.returns.policy import NO_ORDER, RULES, breaches
from oms.returns.receiving import sent
from oms.returns.values import Return, ReturnLine
from oms.steps.recording import ORDER, record
from oms.store.orders import load_order
from oms.store.returns import claimed, insert_return
from oms.usecases.return_claims import claim_of
from oms.usecases.return_steps import Opened, node_takes, step, told, written
from oms.usecases.returns_receiving import take_in
from oms.views.returns import shown
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Announcing:
    """A return asked for. ``tokens`` open the orders for a storefront. ``received``: the goods lie on the
    counter of ``node`` already. ``exception``: why rules of the policy are waived.
    """

    method: str
    wishes: tuple[Wish, ...]
    id: str | None = None
    node: str | None = None
    received: bool = False
    exception: str = ""
    tokens: tuple[str, ...] = ()


def announce(runtime: Runtime, actor: Actor, key: RequestKey, wish: Announcing) -> Answer:
    """201 and the return: approved where the policy says so, else requested; received where it lies on the
    counter.

    Raises Refused: unknown_reason, unknown_line, unknown_sku, unknown_node, bad_quantity, invalid,
    already_exists, forbidden, return_refused with the rules that are broken.
    """

    def work_on(work: Work) -> Answer:
        return Answer.of(201, _announced(runtime, work, wish))

    return answer_once(runtime, actor, key, work_on)


def approve(runtime: Runtime, actor: Actor, key: RequestKey, id: str, reason: str) -> Answer:
    """Take it back all the same, or because nothing speaks against it. Raises Refused: not_found,
    illegal_transition, invalid when rules are broken and no reason is given.
    """

    def change(work: Work, opened: Opened) -> Opened:
        if opened.back.breaches and not reason:
            fault = Fault("/reason", Code.INVALID, "Say why: " + ", ".join(opened.back.breaches))
            raise refuse(Code.INVALID, "This return breaks rules of the policy", fault)
        after = replace(opened.back.after(ReturnEvent.APPROVE, work.at), exception=reason)
        return written(work, opened, after, reason=reason)

    return step(runtime, actor, key, id, change)


def decline(runtime: Runtime, actor: Actor, key: RequestKey, id: str, reason: str) -> Answer:
    """Do not take it back. Raises Refused: not_found, illegal_transition."""

    def change(work: Work, opened: Opened) -> Opened:
        opened.without_exchange()
        return written(work, opened, opened.back.after(ReturnEvent.DECLINE, work.at, reason), reason=reason)

    return step(runtime, actor, key, id, change)


def cancel(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, reason: str, token: str | None = None
) -> Answer:
    """The customer keeps the goods. Raises Refused: not_found, illegal_transition, also while an exchange
    for it is alive.
    """

    def change(work: Work, opened: Opened) -> Opened:
        opened.without_exchange()
        return written(work, opened, opened.back.after(ReturnEvent.CANCEL, work.at, reason), reason=reason)

    return step(runtime, actor, key, id, change, token)


def send(runtime: Runtime, actor: Actor, key: RequestKey, id: str, reference: str) -> Answer:
    """A carrier or courier has scanned it. Raises Refused: not_found, illegal_transition."""

    def change(work: Work, opened: Opened) -> Opened:
        after = opened.back.after(ReturnEvent.SEND, work.at)
        orders = sent(opened.orders, opened.back.lines)
        for order_id, order in orders.items():
            record(work, opened.orders[order_id], order, "order.returning", {"return": id})
        return written(work, opened, after, reference=reference)

    return step(runtime, actor, key, id, change)


def _announced(runtime: Runtime, work: Work, wish: Announcing) -> dict[str, Any]:
    _node_takes(runtime, work, wish)
    _known_reasons(runtime, wish)
    orders = _orders(runtime, work, wish)
    room = Room(orders, claimed(work.conn, orders))
    lines = tuple(_lines(runtime, room, wish))
    broken = _broken(runtime, work, orders, wish)
    back = Return(
        id=wish.id or work.ids.new("ret"),
        version=1,
        state=ReturnState.REQUESTED,
        method=wish.method,
        channel=work.actor.through,
        requested_at=work.at,
        actor=work.actor.key_id,
        lines=lines,
        node=wish.node,
        customer_id=one_customer(list(orders.values())),
        breaches=tuple(broken),
        exception=wish.exception if broken else "",
        instants={ReturnState.REQUESTED.value: work.at},
    )
    if not insert_return(work.conn, back):
        raise refuse(Code.ALREADY_EXISTS, "There is a return of this id")
    told(work, back)
    for order in orders.values():
        record(work, order, order, "order.return_requested", {"return": back.id})
    opened = Opened(back, orders)
    policy = runtime.networks.current.returns
    if wish.received or wish.exception or (policy.auto_approve and not broken):
        approved = back.after(ReturnEvent.APPROVE, work.at)
        opened = written(work, opened, approved, reason=wish.exception)
    if wish.received:
        assert wish.node is not None, "who receives is somewhere"
        opened = take_in(runtime, work, opened, wish.node, None)
    return shown(work.conn, opened.back)


def _node_takes(runtime: Runtime, work: Work, wish: Announcing) -> None:
    if wish.received and (wish.node is None or wish.method != "counter"):
        fault = Fault("/node", "missing", "Where do the goods lie?")
        raise refuse(Code.MALFORMED, "Goods on the counter need method counter and node", fault)
    if wish.node is not None:
        node_takes(runtime, wish.node)
        if wish.received:
            work.actor.require_node(wish.node)


def _known_reasons(runtime: Runtime, wish: Announcing) -> None:
    reasons = runtime.networks.current.reasons
    for place, one in enumerate(wish.wishes):
        if one.reason:
            reasons.require(Occasion.RETURN, one.reason, one.note, f"/lines/{place}/reason")


def _orders(runtime: Runtime, work: Work, wish: Announcing) -> dict[str, Order]:
    """The orders named, ours until the commit, in the order of their ids."""
    opens = _opened_by(runtime, wish.tokens)
    trusts = work.actor.role is not Role.STOREFRONT
    found = {}
    for order_id in sorted({one.order_id for one in wish.wishes if one.order_id is not None}):
        place = next(n for n, one in enumerate(wish.wishes) if one.order_id == order_id)
        order = load_order(work.conn, order_id, lock=True) if trusts or order_id in opens else None
        if order is None or not work.actor.may_channel(order.channel):
            raise unknown_line(place, "order")
        found[order_id] = order
    return found


def _opened_by(runtime: Runtime, tokens: Sequence[str]) -> set[str]:
    found = set()
    for token in tokens:
        with suppress(BadToken):
            found.add(str(runtime.signer.read(ORDER, token)))
    return found


def _lines(runtime: Runtime, room: Room, wish: Announcing) -> Iterator[ReturnLine]:
    no = 1
    for place, one in enumerate(wish.wishes):
        if one.order_id is not None:
            made = list(lines_of_wish(room, place, one, no))
        else:
            made = list(_without_order(runtime, wish, place, one, no))
        yield from made
        no += len(made)


def _without_order(
    runtime: Runtime, wish: Announcing, place: int, one: Wish, first_no: int
) -> Iterator[ReturnLine]:
    if not wish.received or one.sku is None:
        raise unknown_line(place, "order")
    parts = runtime.pool.catalogue.explode([BasketLine(str(place), one.sku, one.quantity)])
    if isinstance(parts, Unknown):
        fault = Fault(f"/lines/{place}/sku", Code.UNKNOWN_SKU, "There is no such SKU")
        raise refuse(Code.UNKNOWN_SKU, "A line names a SKU that does not exist", fault)
    for no, part in enumerate(parts, first_no):
        yield ReturnLine(
            no, part.sku, part.quantity, reason=one.reason, note=one.note, condition=one.condition
        )


def _broken(runtime: Runtime, work: Work, orders: Mapping[str, Order], wish: Announcing) -> Sequence[str]:
    """The rules that are broken and waived, or to be decided on. Raises Refused return_refused, forbidden."""
    policy = runtime.networks.current.returns
    faults = []
    for place, one in enumerate(wish.wishes):
        if one.order_id is None and policy.without_order == "refuse":
            faults.append(Fault(f"/lines/{place}", NO_ORDER, RULES[NO_ORDER]))
        if one.order_id is not None:
            claim = claim_of(runtime, work.conn, orders[one.order_id], one)
            faults += [
                Fault(f"/lines/{place}", rule, RULES[rule]) for rule in breaches(policy, claim, work.at)
            ]
    if wish.exception and work.actor.role is Role.STOREFRONT:
        fault = Fault("/exception", Code.FORBIDDEN, "Exceptions are made by the shop")
        raise refuse(Code.FORBIDDEN, "This key may not waive rules", fault)
    if faults and not wish.exception and (policy.on_breach == "refuse" or wish.received):
        raise refuse(Code.RETURN_REFUSED, _refusal(work), *faults)
    return list(dict.fromkeys(fault.code for fault in faults))


def _refusal(work: Work) -> str:
    said = "The policy does not take this back"
    return said if work.actor.role is Role.STOREFRONT else f"{said}; give an exception to do so all the same"
