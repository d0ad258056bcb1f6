"""What requests have decided, written for all of them at once: one statement for each table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from oms.fulfilment.job import Fulfilment
from oms.money.ledger import Payment
from oms.orders.order import Order
from oms.store.decisions import Decision, insert_decisions
from oms.store.fulfilments import insert_fulfilments
from oms.store.held_quotes import HeldQuote, insert_held_quotes
from oms.store.orders import insert_orders
from oms.store.payments import insert_payments
from oms.store.people import NewAddress, insert_addresses
from oms.store.requests import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that one request makes besides what it holds of stock, and its answer: a new order or a new
    reservation.
    """

    answer: Answer
    decision: Decision | None = None
    address: NewAddress | None = None
    order: Order | None = None
    payments: tuple[Payment, ...] = ()
    jobs: tuple[Fulfilment, ...] = ()
    held_quote: HeldQuote | None = None


def write_drafts(conn: Connection, drafts: Sequence[Draft]) -> None:
    """Write them, in the order of the drafts within each table."""
    insert_decisions(conn, [one.decision for one in drafts if one.decision is not None])
    insert_addresses(conn, [one.address for one in drafts if one.address is not None])
    insert_orders(conn, [(one.order, one.answer.body) for one in drafts if one.order is not None])
    insert_payments(conn, {one.order.id: one.payments for one in drafts if one.order is not None})
    insert_fulfilments(conn, [job for one in drafts for job in one.jobs])
    insert_held_quotes(conn, [one.held_quote for one in drafts if one.held_quote is not None])
