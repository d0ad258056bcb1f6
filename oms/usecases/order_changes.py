"""Change an order that was placed: cancel units, or re-quote it for another address, method or lines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment import layout
from oms.fulfilment.job import Fulfilment
from oms.memory.ground import Ground, Question, from_memory
from oms.orders.changing import NewLine, changeable, ended, rebuilt, wanted, wished
from oms.orders.order import Order
from oms.orders.placing import AddressDetails, SoldLine
from oms.orders.possible import cancellable, possible
from oms.orders.quote import Quote, QuotedOption, Wanted
from oms.reasons import Occasion
from oms.refusals import Code, Fault, LostRace, Refused, not_found, refuse
from oms.steps.cancelling_units import cancel_units
from oms.steps.deciding import keep_decision
from oms.steps.following_up import follow_up
from oms.steps.holding import HeldPlan, Hold, hold
from oms.steps.new_orders import order_token
from oms.steps.recording import record, tell_job
from oms.steps.settling import ATTEMPTS, Chosen, settle
from oms.steps.unrouting import in_line
from oms.store.fulfilments import fulfilments_of, insert_fulfilments, save_fulfilments
from oms.store.node_work import excluded
from oms.store.orders import load_order
from oms.store.people import address_of, keep_address
from oms.usecases.change_previews import preview
from oms.usecases.orders import raising
from oms.usecases.promises import Basket, kept, option_of, question_of, read_quote, refreshed
from oms.views.orders import placed
from oms.work import Answer, RequestKey, Work, answer_once


@dataclass(frozen=True, slots=True)
class Cancelling:
    """``reason``: a code of the document `reasons`, None for the usual one. ``units`` maps lines to units,
    None for all of the line; ``units`` None cancels the whole order.
    """

    reason: str | None = None
    units: dict[str, int | None] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """``kind``: address, method or lines. ``confirm``: token and option of the preview, else a preview."""

    kind: str
    lines: tuple[NewLine, ...] = ()
    destination: AddressDetails | None = None
    method: str | None = None
    pickup_node: str | None = None
    confirm: tuple[str, str] | None = None


def cancel_order(
    runtime: Runtime, actor: Actor, key: RequestKey, order_id: str, wish: Cancelling, expected: int | None
) -> Answer:
    """Cancel units and set their stock free. Raises Refused: not_found, version_conflict, unknown_reason,
    invalid for a reason that wants a note, unknown_line, illegal_transition for units that have left.
    """

    def work_on(work: Work) -> Answer:
        return Answer.of(200, _cancelled(runtime, work, order_id, wish, expected))

    for _ in range(ATTEMPTS):
        try:
            return answer_once(runtime, actor, key, work_on)
        except LostRace:
            continue  # a fact took units between the look at the order and at its stock
    raise refuse(Code.UNAVAILABLE, "Too much is going on with these SKUs; nothing was changed")


def _cancelled(
    runtime: Runtime, work: Work, order_id: str, wish: Cancelling, expected: int | None
) -> dict[str, Any]:
    order = in_line(work, locked_order(work, order_id, expected))
    wanted = _all_of(order) if wish.units is None else wish.units
    reason = runtime.networks.current.reasons.given(Occasion.CANCEL, wish.reason, wish.note)
    saved = cancel_units(work, order, wanted, reason, note=wish.note)
    return placed(saved, fulfilments_of(work.conn, order_id), order_token(runtime, order_id), work.actor)


def change_order(
    runtime: Runtime, actor: Actor, key: RequestKey, order_id: str, change: Change, expected: int | None
) -> Answer:
    """Preview a change, or make the one that was previewed. Raises Refused, with fresh options where the
    promise previewed no longer stands.
    """
    with runtime.engine.connect() as conn:
        order = load_order(conn, order_id)
        address = address_of(conn, order.address_id) if order and order.address_id else None
        avoid = excluded(conn, order_id)
    if order is None or not actor.may_channel(order.channel):
        raise not_found("order")
    try:
        lines = wished(order, change.lines)
        basket = _basket(order, change, lines, address)
        question = replace(question_of(runtime, actor, basket, order.group_id), avoid=avoid)
        if change.confirm is None:
            ground = from_memory(runtime, question)
            return answer_once(
                runtime,
                actor,
                key,
                lambda work: _preview(runtime, work, order_id, expected, basket, ground, lines),
            )
        quote = read_quote(runtime, change.confirm[0])
        shown = option_of(quote, change.confirm[1])
        _previewed(order, quote, shown, basket, question)
    except Refused as refused:
        return answer_once(runtime, actor, key, raising(refused))

    def run(fn: Callable[[Work], Answer]) -> Answer:
        def locked_first(work: Work) -> Answer:
            locked_order(work, order_id, expected)
            return fn(work)

        return answer_once(runtime, actor, key, locked_first)

    def choose(ground: Ground) -> Chosen:
        try:
            return kept(runtime, actor, ground, quote, shown)
        except Refused as no:
            raise refreshed(no, preview(runtime, actor, order, basket, ground, lines)) from no

    def write(work: Work, chosen: Chosen) -> Answer:
        return Answer.of(200, _confirmed(runtime, work, order_id, change, quote, chosen, lines))

    return settle(runtime, question, run, choose, write)


def locked_order(work: Work, order_id: str, expected: int | None = None) -> Order:
    """The order, ours until the commit. Raises Refused: not_found, version_conflict."""
    order = load_order(work.conn, order_id, lock=True)
    if order is None or not work.actor.may_channel(order.channel):
        raise not_found("order")
    if expected is not None and expected != order.version:
        raise refuse(Code.VERSION_CONFLICT, "The order has changed since it was read", version=order.version)
    return order


def _all_of(order: Order) -> dict[str, int | None]:
    """Every unit that is alive; a part of them having left is no whole cancellation."""
    alive = {line.id: line.counts.total - line.counts.cancelled for line in order.sold_lines}
    left = [
        line.id for line in order.sold_lines if alive[line.id] > cancellable(line.counts) and not line.is_kit
    ]
    if left or not any(alive.values()):
        still = possible(order)
        detail = (
            "Some units have left; name the lines to cancel of the others"
            if still["cancel"]
            else "Nothing is left to cancel: all units have left or are cancelled already"
        )
        raise refuse(Code.ILLEGAL_TRANSITION, detail, possible=still)
    return {line: units for line, units in alive.items() if units}


def _basket(
    order: Order, change: Change, lines: Sequence[SoldLine], address: AddressDetails | None
) -> Basket:
    method = change.method or order.promise.method
    to_store = method == "pickup"
    where = change.destination or address
    return Basket(
        wanted=wanted(lines),
        channel=order.channel,
        methods=(method,),
        destination=where.whereabouts if where else None,
        pickup_node=(change.pickup_node or order.promise.pickup_node) if to_store else None,
        partial=order.allow_partial,
    )


def _preview(
    runtime: Runtime,
    work: Work,
    order_id: str,
    expected: int | None,
    basket: Basket,
    ground: Ground,
    lines: Sequence[SoldLine],
) -> Answer:
    order = locked_order(work, order_id, expected)
    changeable(order)
    return Answer.of(200, preview(runtime, work.actor, order, basket, ground, lines))


def _previewed(order: Order, quote: Quote, shown: QuotedOption, basket: Basket, question: Question) -> None:
    """Raises Refused unless the quote is the preview of this very change of this version of the order."""
    where = question.destination
    same_place = (
        where == quote.destination
        if where is None or quote.destination is None
        else where.same_place(quote.destination)
    )
    same_way = shown.method in basket.methods and basket.pickup_node in (None, shown.pickup_node)
    same_lines = set(quote.lines) == set[Wanted](basket.wanted)
    if quote.order != order.id or not (same_lines and same_place and same_way):
        fault = Fault("/confirm/quote_id", Code.QUOTE_MISMATCH, "The quote is for another change")
        raise refuse(Code.QUOTE_MISMATCH, "This is not the change that was previewed", fault)


def _confirmed(
    runtime: Runtime,
    work: Work,
    order_id: str,
    change: Change,
    quote: Quote,
    chosen: Chosen,
    lines: Sequence[SoldLine],
) -> dict[str, Any]:
    order = locked_order(work, order_id)
    if order.version != quote.order_version:
        raise refuse(Code.VERSION_CONFLICT, "The order has changed since the preview", version=order.version)
    jobs = fulfilments_of(work.conn, order_id)
    changeable(order)
    plan = hold(work, chosen, Hold(work.ids.new("res"), order_id, replaces=order.group_id))
    after, old, new = _after(work, order, jobs, chosen, plan, lines)
    if change.destination is not None:
        where = chosen.ground.question.destination
        address = keep_address(
            work.conn, work.ids.new("adr"), order.customer_id, change.destination.at(where)
        )
        after = replace(after, address_id=address)
    decision = keep_decision(work, chosen, order_id, f"{change.kind}_changed")
    event = {"change": change.kind, "decision": decision, "total_minor": after.total_minor}
    made = {"fulfilment_orders": [job.id for job in new]}
    saved = record(work, order, after, "order.changed", event | made, reason=change.kind)
    save_fulfilments(work.conn, old)
    insert_fulfilments(work.conn, new)
    for job in (*old, *new):
        tell_job(work, job)
    saved = follow_up(work, saved, old)
    return placed(saved, new, order_token(runtime, order_id), work.actor)


def _after(
    work: Work,
    order: Order,
    jobs: Sequence[Fulfilment],
    chosen: Chosen,
    plan: HeldPlan,
    lines: Sequence[SoldLine],
) -> tuple[Order, tuple[Fulfilment, ...], tuple[Fulfilment, ...]]:
    """The order, the fulfilment orders it takes back, and those it gets instead."""
    parts, promise = chosen.ground.parts, chosen.promise
    counts = layout.counts({part.id: part.quantity for part in parts}, plan.parcels, plan.backordered)
    old = ended(jobs, work.at)
    made = layout.fulfilments(order.id, len(jobs) + 1, promise, plan.group_id, work.at, plan.parcels)
    by_node = {job.node: job.id for job in old}
    first = old[0].id if old else None
    new = tuple(replace(job, replaces=by_node.get(job.node, first)) for job in made)
    after = replace(
        order,
        promise=promise,
        group_id=plan.group_id,
        shipping_minor=promise.price_minor,
        lines=rebuilt(order, lines, parts, counts),
    )
    return after, old, new
