"""Exchange: a return and a linked new order, placed at once and held until the goods are asked for, scanned
or received.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.orders.placing import Placing
from oms.refusals import Code, refuse
from oms.returns.announcing import LineKey
from oms.returns.inspecting import credit, fee_of
from oms.returns.lifecycle import OVER, RELEASED_IN, Release, ReturnState
from oms.returns.values import Return
from oms.store.orders import first_answer, load_order, one_at_a_time
from oms.store.returns import exchange_order_of, load_return, save_return
from oms.usecases.exchange_money import authorise, owed_back
from oms.usecases.orders import place_within
from oms.usecases.return_steps import EXCHANGE, RETURN, Opened, opened_return
from oms.views.returns import shown
from oms.work import Answer, RequestKey, Work, answer_once


def exchange(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    id: str,
    placing: Placing,
    release: Release,
    token: str | None = None,
) -> Answer:
    """201, the return and the order placed for it. Raises Refused like placing an order, and not_found,
    illegal_transition when the return was credited or exchanged already.
    """
    actor.require_channel(placing.channel, "/order/channel")
    placing = replace(placing, exchange_of=id, holds=_holds(runtime, id, release))

    def run(fn: Callable[[Work], Answer]) -> Answer:
        return answer_once(
            runtime, actor, key, lambda work: _swapped(runtime, work, id, placing, release, fn, token)
        )

    return place_within(runtime, actor, placing, run)


def _swapped(
    runtime: Runtime,
    work: Work,
    id: str,
    placing: Placing,
    release: Release,
    place: Callable[[Work], Answer],
    token: str | None,
) -> Answer:
    one_at_a_time(work.conn, placing.id)
    opened = opened_return(runtime, work, id, token)
    _may_swap(work, opened)
    if first_answer(work.conn, placing.id) is not None:
        raise refuse(Code.ORDER_EXISTS, "An order of this id was placed before")
    if placing.holds != _holds_of(opened.back, release):
        raise refuse(Code.UNAVAILABLE, "The return moved on meanwhile; ask again")
    place(work)
    order = load_order(work.conn, placing.id, lock=True)
    assert order is not None, "it was placed just now"
    credit_minor = authorise(work, opened.back, order, expected_credit(runtime, work, opened))
    after = replace(opened.back, release=release, credit_minor=credit_minor)
    saved = save_return(work.conn, opened.back, after)
    said = {"orders": list(saved.order_ids), "order": order.id, "credit_minor": credit_minor}
    work.emit("return.exchanged", RETURN, saved.id, said, reason=release.value)
    return Answer.of(201, shown(work.conn, saved))


def expected_credit(runtime: Runtime, work: Work, opened: Opened) -> int:
    """What will be owed to the customer once every unit announced is back and accepted."""
    policy = runtime.networks.current.returns
    units: dict[LineKey, int] = {}
    for line in opened.back.lines:
        if line.order_id is not None and line.line_id is not None:
            key = (line.order_id, line.line_id)
            units[key] = units.get(key, 0) + max(line.quantity, line.received)
    after = credit(opened.orders, units, policy, fee_of(opened.back, policy))
    return sum(owed_back(work, order) for order in after.values())


def _may_swap(work: Work, opened: Opened) -> None:
    back = opened.back
    over = back.state in (*OVER, ReturnState.INSPECTED, ReturnState.CLOSED)
    if over or any(line.refundable for line in back.lines):
        raise refuse(
            Code.ILLEGAL_TRANSITION,
            "The return is over, or is being paid back: place an order of its own",
            state=back.state.value,
        )
    taken = exchange_order_of(work.conn, back.id)
    if taken is not None:
        raise refuse(Code.ILLEGAL_TRANSITION, "The return was exchanged for another order", order=taken)


def _holds(runtime: Runtime, id: str, release: Release) -> tuple[str, ...]:
    with runtime.engine.connect() as conn:
        back = load_return(conn, id)
    return (EXCHANGE,) if back is None else _holds_of(back, release)


def _holds_of(back: Return, release: Release) -> tuple[str, ...]:
    return () if back.state in RELEASED_IN[release] else (EXCHANGE,)
