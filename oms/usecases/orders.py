"""Place an order: from a quote, from a reservation, or bare; exactly as promised, or a named no."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inventory.outcomes import Closed, Diminished, Firmed
from inventory.requests import FirmRequest
from inventory.stock_groups import firm
from oms import translate
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.fulfilment import layout
from oms.memory.ground import Ground, Question, from_memory, located
from oms.money.ledger import Payment, PaymentKind
from oms.orders.making import lines_of
from oms.orders.matching import matches, mismatch
from oms.orders.order import Order, Promise
from oms.orders.placing import (
    ByMethod,
    ByQuote,
    ByReservation,
    Placing,
    Tender,
    duplicate_faults,
    money_faults,
)
from oms.orders.quote import Whereabouts
from oms.refusals import Code, Fault, Refused, refuse
from oms.steps.backorders import with_limits
from oms.steps.deciding import keep_decision
from oms.steps.holding import HeldPlan, Hold, hold
from oms.steps.recording import ORDER, record_new, tell_job
from oms.steps.settling import Choose, Chosen, Run, settle
from oms.store.fulfilments import insert_fulfilments
from oms.store.held_quotes import HeldQuote, held_quote_of
from oms.store.orders import first_answer, keep_answer, one_at_a_time
from oms.store.payments import add_payments
from oms.store.people import keep_address, keep_customer
from oms.translate import Parts
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
from oms.views.orders import placed
from oms.work import Answer, Work, transact
from routing.promise import CHEAPEST


@dataclass(frozen=True, slots=True)
class Settled:
    """What an order is written from, whichever way it came."""

    promise: Promise
    plan: HeldPlan
    parts: Parts
    whereabouts: Whereabouts | None
    quote_ref: str = ""


def place_order(runtime: Runtime, actor: Actor, placing: Placing) -> Answer:
    """201 and the order; the same body again 200 and the same answer. Raises Refused."""
    actor.require_channel(placing.channel)

    def run(fn: Callable[[Work], Answer]) -> Answer:
        return transact(runtime, actor, lambda work: _once(work, placing, fn))

    return place_within(runtime, actor, placing, run)


def place_within(runtime: Runtime, actor: Actor, placing: Placing, run: Run) -> Answer:
    """Place an order in the transaction that ``run`` makes, which sees to it that it is done once. Raises
    Refused.
    """
    if isinstance(placing.choice, ByReservation):
        reservation_id = placing.choice.reservation_id
        return run(lambda work: _from_reservation(runtime, work, placing, reservation_id))
    try:
        _well_formed(runtime, placing)
        question, quote_ref, choose = _asked(runtime, actor, placing)
    except Refused as refused:
        return run(raising(refused))

    def write(work: Work, chosen: Chosen) -> Answer:
        plan = hold(work, chosen, Hold(work.ids.new("res"), placing.id))
        keep_decision(work, chosen, placing.id, "placed")
        ground = chosen.ground
        return _write(
            runtime,
            work,
            placing,
            Settled(chosen.promise, plan, ground.parts, ground.question.destination, quote_ref),
        )

    return settle(runtime, question, run, choose, write)


def _once(work: Work, placing: Placing, fn: Callable[[Work], Answer]) -> Answer:
    one_at_a_time(work.conn, placing.id)
    before = first_answer(work.conn, placing.id)
    if before is None:
        return fn(work)
    digest, body = before
    if digest != placing.digest:
        raise refuse(Code.ORDER_EXISTS, "An order of this id was placed with another body")
    return Answer(200, body, {})


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
    outcome = firm(work.conn, work.at, [FirmRequest(reservation_id, placing.id)])[0]
    if isinstance(outcome, Closed | Diminished):
        raise _reservation_gone(runtime, work, placing, held, isinstance(outcome, Closed))
    assert isinstance(outcome, Firmed), f"the group is there, so not {outcome}"
    where = placing.destination.whereabouts if placing.destination else None
    parts = translate.exploded(runtime.pool.catalogue, placing.wanted)
    plan = HeldPlan(reservation_id, held.parcels, held.backordered)
    return _write(runtime, work, placing, Settled(option.promise, plan, parts, where, reservation_id))


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


def _write(runtime: Runtime, work: Work, placing: Placing, settled: Settled) -> Answer:
    promise, plan = settled.promise, settled.plan
    shipping = promise.price_minor if placing.shipping_minor is None else placing.shipping_minor
    faults = list(money_faults(placing, shipping, placing.currency))
    if faults:
        raise refuse(Code.BAD_AMOUNT, "The sums of the order do not add up", *faults)
    ordered = {part.id: part.quantity for part in settled.parts}
    counts = layout.counts(ordered, plan.parcels, plan.backordered)
    customer_id = _customer(work, placing)
    order = Order(
        id=placing.id,
        version=1,
        channel=placing.channel,
        currency=placing.currency,
        placed_at=work.at,
        promise=promise,
        group_id=plan.group_id,
        body_digest=placing.digest,
        actor=work.actor.key_id,
        lines=lines_of(placing.lines, settled.parts, counts),
        shipping_minor=shipping,
        discount_minor=placing.discount_minor,
        allow_partial=placing.allow_partial,
        substitution=placing.substitution,
        customer_id=customer_id,
        address_id=_address(work, placing, settled.whereabouts, customer_id),
        quote_ref=settled.quote_ref,
        external_refs=dict(placing.external_refs or {}),
        holds=placing.holds,
        exchange_of=placing.exchange_of,
    )
    event = {
        "channel": order.channel,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "method": promise.method,
    }
    record_new(work, order, event)
    add_payments(work.conn, order.id, [_authorised(work, tender) for tender in placing.payments])
    jobs = layout.fulfilments(order.id, 1, promise, plan.group_id, work.at, plan.parcels)
    insert_fulfilments(work.conn, jobs)
    for job in jobs:
        tell_job(work, job)
    token = order_token(runtime, order.id)
    answer = Answer.of(201, placed(order, jobs, token, work.actor))
    keep_answer(work.conn, order.id, answer.body)
    return answer


def _customer(work: Work, placing: Placing) -> str | None:
    if placing.customer is None:
        return None
    cards = [tender.card for tender in placing.payments if tender.card]
    return keep_customer(work.conn, work.at, work.ids.new("cus"), placing.customer, cards)


def _authorised(work: Work, tender: Tender) -> Payment:
    return Payment(
        kind=PaymentKind.AUTHORISED,
        method=tender.method,
        amount_minor=tender.amount_minor,
        reference=tender.reference,
        terminal=tender.terminal,
        acquirer=tender.acquirer,
        card=tender.card,
        at=work.at,
        actor=work.actor.key_id,
        channel=work.actor.through,
    )


def order_token(runtime: Runtime, order_id: str) -> str:
    """What lets the customer of an order read it; the same every time."""
    return runtime.signer.sign(ORDER, order_id)


def _address(work: Work, placing: Placing, where: Whereabouts | None, customer_id: str | None) -> str | None:
    if placing.destination is None:
        return None
    return keep_address(work.conn, work.ids.new("adr"), customer_id, placing.destination.at(where))
