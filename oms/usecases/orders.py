"""Place an order: from a quote, from a reservation, or bare; exactly as promised, or a named no."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from inventory.outcomes import Closed, Diminished, Firmed
from inventory.requests import FirmRequest
from inventory.stock_groups import firm
from oms import translate
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.group_commit import OrderKey, replayed
from oms.memory.ground import Ground, Question, from_memory, located
from oms.orders.matching import matches, mismatch
from oms.orders.placing import ByMethod, ByQuote, ByReservation, Placing, duplicate_faults, money_faults
from oms.refusals import Code, Fault, Refused, refuse
from oms.steps.backorders import with_limits
from oms.steps.deciding import decision_of
from oms.steps.holding import HeldPlan, Hold
from oms.steps.new_orders import Settled, draft_order, require_sums, with_customer
from oms.steps.settling import Choose, Chosen, Run, settle
from oms.steps.writing import Wish, settle_together
from oms.store.drafts import Draft, write_drafts
from oms.store.held_quotes import HeldQuote, held_quote_of
from oms.store.orders import first_answer, one_at_a_time
from oms.store.two_clocks import agreed
from oms.usecases.promises import (
    Basket,
    cannot,
    kept,
    offered,
    option_of,
    question_of,
    read_quote,
    with_fresh_options,
)
from oms.usecases.reservations import own_reservation
from oms.work import Answer, Work, transact
from routing.promise import CHEAPEST


async def place_order(runtime: Runtime, actor: Actor, placing: Placing) -> Answer:
    """201 and the order; the same body again 200 and the same answer. Raises Refused."""
    actor.require_channel(placing.channel)

    def run(fn: Callable[[Work], Answer]) -> Answer:
        return transact(runtime, actor, lambda work: _once(work, placing, fn))

    if isinstance(placing.choice, ByReservation):
        return await asyncio.to_thread(place_within, runtime, actor, placing, run)
    try:
        question, wish, choose = _wished(runtime, actor, placing)
    except Refused as refused:
        return await asyncio.to_thread(run, raising(refused))
    key = OrderKey(placing.id, placing.digest)
    return await settle_together(runtime, actor, question, key, run, choose, wish)


def place_within(runtime: Runtime, actor: Actor, placing: Placing, run: Run) -> Answer:
    """Place an order in the transaction that ``run`` makes, which sees to it that it is done once. Raises
    Refused.
    """
    if isinstance(placing.choice, ByReservation):
        reservation_id = placing.choice.reservation_id
        return run(lambda work: _from_reservation(runtime, work, placing, reservation_id))
    try:
        question, wish, choose = _wished(runtime, actor, placing)
    except Refused as refused:
        return run(raising(refused))
    return settle(runtime, question, run, choose, wish.write)


def _wished(runtime: Runtime, actor: Actor, placing: Placing) -> tuple[Question, Wish, Choose]:
    """What is asked of the stock, how to choose, and what is made of it. Raises Refused."""
    _well_formed(runtime, placing)
    question, quote_ref, choose = _asked(runtime, actor, placing)

    def to_hold(work: Work, chosen: Chosen) -> Hold:
        require_sums(placing, chosen.promise)
        return Hold(work.ids.new("res"), placing.id)

    def draft(work: Work, chosen: Chosen, plan: HeldPlan) -> Draft:
        ground = chosen.ground
        decision = decision_of(work, chosen, placing.id, "placed")
        where = ground.question.destination
        settled = Settled(chosen.promise, plan, ground.parts, where, quote_ref, decision)
        return draft_order(runtime, work, placing, settled)

    def finish(work: Work, drafted: Draft) -> Draft:
        return with_customer(work, placing, drafted)

    return question, Wish(to_hold, draft, finish), choose


def _once(work: Work, placing: Placing, fn: Callable[[Work], Answer]) -> Answer:
    one_at_a_time(work.conn, placing.id)
    before = first_answer(work.conn, placing.id)
    if before is None:
        return fn(work)
    answer = replayed(placing.digest, *before)
    if isinstance(answer, Refused):
        raise answer
    return answer


def raising(refused: Refused) -> Callable[[Work], Answer]:
    """Work that says no, inside the transaction, where a replay is given its first answer before."""

    def work_on(work: Work) -> Answer:
        raise refused

    return work_on


def _well_formed(runtime: Runtime, placing: Placing) -> None:
    """What can be said without looking at stock."""
    repeated = list(duplicate_faults(placing.wanted))
    if repeated:
        raise refuse(Code.DUPLICATE_LINE, "Every line has an id of its own", *repeated)
    # Shipping is not known yet for a bare order; what it costs is judged once more when it is.
    shipping = placing.shipping_minor or 0
    currency = runtime.networks.current.network.currency
    faults = list(money_faults(placing, shipping, currency))
    if placing.shipping_minor is None:
        faults = [fault for fault in faults if fault.pointer not in ("/payments", "/discount_minor")]
    if faults:
        code = Code(faults[0].code)
        foreign = "This network is priced in another currency"
        detail = foreign if code is Code.CURRENCY_MISMATCH else "The sums of the order do not add up"
        raise refuse(code, detail, *faults)


def _asked(runtime: Runtime, actor: Actor, placing: Placing) -> tuple[Question, str, Choose]:
    choice = placing.choice
    if isinstance(choice, ByQuote):
        quote = read_quote(runtime, choice.quote_id)
        shown = option_of(quote, choice.option_id)
        where = quote.destination
        matches(placing, quote, where.digest if where else "", shown.price_minor, shown.partial)
        if where and placing.destination and not where.same_place(placing.destination.whereabouts):
            raise mismatch("/destination", "The quote is for another destination")
        question = Question(quote.lines, quote.channel, where, shown.pickup_node)
        return question, quote.id, lambda ground: kept(runtime, actor, ground, quote, shown)
    assert isinstance(choice, ByMethod), "a reservation has no plan to choose"
    basket = Basket(
        wanted=placing.wanted,
        channel=placing.channel,
        methods=(choice.method,),
        destination=placing.destination.whereabouts if placing.destination else None,
        pickup_node=choice.pickup_node,
        partial=placing.allow_partial,
    )
    return question_of(runtime, actor, basket), "", lambda ground: _cheapest(runtime, ground, basket)


def _cheapest(runtime: Runtime, ground: Ground, basket: Basket) -> Chosen:
    found = offered(runtime, ground, basket, cheapest_only=True)
    if not found.options:
        raise with_limits(runtime.pool.catalogue, ground, cannot(found.unavailable[0], ground))
    quoted, option = found.tagged(CHEAPEST) or found.options[0]
    return Chosen(option, quoted.promise, ground)


def _from_reservation(runtime: Runtime, work: Work, placing: Placing, reservation_id: str) -> Answer:
    _well_formed(runtime, placing)
    held = held_quote_of(work.conn, reservation_id)
    if held is None:
        fault = Fault("/reservation_id", Code.UNKNOWN_RESERVATION, "No such reservation")
        raise refuse(Code.UNKNOWN_RESERVATION, "There is no such reservation", fault)
    group = own_reservation(work, reservation_id)
    option = held.quote.options[0]
    matches(placing, held.quote, held.whereabouts, option.price_minor, option.partial)
    if group.state == "firm" or group.state == "posted":
        raise refuse(Code.ILLEGAL_TRANSITION, "Another order was placed from this reservation")
    outcome = firm(work.conn, agreed(work.conn, work.at), [FirmRequest(reservation_id, placing.id)])[0]
    if isinstance(outcome, Closed | Diminished):
        raise _reservation_gone(runtime, work, placing, held, isinstance(outcome, Closed))
    assert isinstance(outcome, Firmed), f"the group is there, so not {outcome}"
    where = placing.destination.whereabouts if placing.destination else None
    parts = translate.exploded(runtime.pool.catalogue, placing.wanted)
    plan = HeldPlan(reservation_id, held.parcels, held.backordered)
    require_sums(placing, option.promise)
    draft = draft_order(runtime, work, placing, Settled(option.promise, plan, parts, where, reservation_id))
    write_drafts(work.conn, [with_customer(work, placing, draft)])
    return draft.answer


def _reservation_gone(
    runtime: Runtime, work: Work, placing: Placing, held: HeldQuote, expired: bool
) -> Refused:
    """Why not, with what can be promised now."""
    no = (
        refuse(Code.RESERVATION_EXPIRED, "The reservation is over; here is what can be promised now")
        if expired
        else refuse(Code.INSUFFICIENT_STOCK, "Units of the reservation turned out not to be there")
    )
    option = held.quote.options[0]
    where = located(runtime, placing.destination.whereabouts if placing.destination else None)
    basket = Basket(placing.wanted, placing.channel, (option.method,), where, option.pickup_node)
    ground = from_memory(runtime, Question(placing.wanted, placing.channel, where, option.pickup_node))
    return with_fresh_options(runtime, work.actor, ground, basket, no)
