"""From what was decided to a new order: its lines, parcels, money and people, and the answer to whoever
placed it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oms.bootstrap import Runtime
from oms.fulfilment import layout
from oms.money.ledger import Payment, PaymentKind
from oms.orders.making import lines_of
from oms.orders.order import Order, Promise
from oms.orders.placing import Placing, Tender, money_faults
from oms.orders.quote import Whereabouts
from oms.refusals import Code, refuse
from oms.steps.holding import HeldPlan
from oms.steps.recording import ORDER, tell_job, tell_placed
from oms.store.decisions import Decision
from oms.store.drafts import Draft
from oms.store.people import NewAddress, keep_customer
from oms.translate import Parts
from oms.views.orders import placed
from oms.work import Answer, Work


@dataclass(frozen=True, slots=True)
class Settled:
    """What an order is written from, whichever way it came. ``decision``: none from a reservation, whose own
    stands.
    """

    promise: Promise
    plan: HeldPlan
    parts: Parts
    whereabouts: Whereabouts | None
    quote_ref: str = ""
    decision: Decision | None = None


def require_sums(placing: Placing, promise: Promise) -> None:
    """The money once more, now that shipping has its price. Raises Refused bad_amount."""
    faults = list(money_faults(placing, _shipping(placing, promise), placing.currency))
    if faults:
        raise refuse(Code.BAD_AMOUNT, "The sums of the order do not add up", *faults)


def draft_order(runtime: Runtime, work: Work, placing: Placing, settled: Settled) -> Draft:
    """The order and its parcels, and what is answered; its customer is still to come. Tells of them."""
    address = _address(work, placing, settled.whereabouts)
    order = _order(work, placing, settled, address)
    event = {
        "channel": order.channel,
        "total_minor": order.total_minor,
        "currency": order.currency,
        "method": order.promise.method,
    }
    tell_placed(work, order, event)
    plan = settled.plan
    jobs = layout.fulfilments(order.id, 1, settled.promise, plan.group_id, work.at, plan.parcels)
    for job in jobs:
        tell_job(work, job)
    token = order_token(runtime, order.id)
    return Draft(
        answer=Answer.of(201, placed(order, jobs, token, work.actor)),
        decision=settled.decision,
        address=address,
        order=order,
        payments=tuple(_authorised(work, tender) for tender in placing.payments),
        jobs=jobs,
    )


def with_customer(work: Work, placing: Placing, draft: Draft) -> Draft:
    """The same as its customer's, who is recognised or written."""
    if placing.customer is None:
        return draft
    assert draft.order is not None, "an order was drafted"
    cards = [tender.card for tender in placing.payments if tender.card]
    customer_id = keep_customer(work.conn, work.at, work.ids.new("cus"), placing.customer, cards)
    address = replace(draft.address, customer_id=customer_id) if draft.address else None
    return replace(draft, order=replace(draft.order, customer_id=customer_id), address=address)


def order_token(runtime: Runtime, order_id: str) -> str:
    """What lets the customer of an order read it; the same every time."""
    return runtime.signer.sign(ORDER, order_id)


def _order(work: Work, placing: Placing, settled: Settled, address: NewAddress | None) -> Order:
    plan = settled.plan
    counts = layout.counts({part.id: part.quantity for part in settled.parts}, plan.parcels, plan.backordered)
    return Order(
        id=placing.id,
        version=1,
        channel=placing.channel,
        currency=placing.currency,
        placed_at=work.at,
        promise=settled.promise,
        group_id=plan.group_id,
        body_digest=placing.digest,
        actor=work.actor.key_id,
        lines=lines_of(placing.lines, settled.parts, counts),
        shipping_minor=_shipping(placing, settled.promise),
        discount_minor=placing.discount_minor,
        allow_partial=placing.allow_partial,
        substitution=placing.substitution,
        address_id=address.id if address else None,
        quote_ref=settled.quote_ref,
        external_refs=dict(placing.external_refs or {}),
        holds=placing.holds,
        exchange_of=placing.exchange_of,
    )


def _shipping(placing: Placing, promise: Promise) -> int:
    return promise.price_minor if placing.shipping_minor is None else placing.shipping_minor


def _address(work: Work, placing: Placing, where: Whereabouts | None) -> NewAddress | None:
    if placing.destination is None:
        return None
    return NewAddress(work.ids.new("adr"), None, placing.destination.at(where))


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
