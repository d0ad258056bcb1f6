"""One record of a customer across channels: found, kept, merged, and everything with him on one timeline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.customers.identity import Customer
from oms.orders.placing import CustomerDetails
from oms.refusals import Code, Fault, not_found, refuse
from oms.store.contacts import Contact, KeptContact, insert_contact, merge_records
from oms.store.orders import load_order
from oms.store.people import customer_of, find_customers, insert_customer, save_customer
from oms.views.customers import shown, timeline
from oms.work import Answer, RequestKey, Work, answer_once

CUSTOMER = "customer"
KNOWN = ("email", "name", "phone", "locale")


@dataclass(frozen=True, slots=True)
class Wanted:
    """By what a customer is looked for; all that is given has to fit."""

    email: str | None = None
    phone: str | None = None
    card: str | None = None


def create_customer(runtime: Runtime, actor: Actor, key: RequestKey, details: CustomerDetails) -> Answer:
    """A new record. Raises Refused already_exists when the e-mail is another's."""

    def work_on(work: Work) -> Answer:
        value = Customer(work.ids.new("cus"), details.email, details.name, details.phone, details.locale)
        if not insert_customer(work.conn, work.at, value):
            raise _taken()
        work.emit("customer.created", CUSTOMER, value.id, {})
        return Answer.of(201, shown(work.conn, value))

    return answer_once(runtime, actor, key, work_on)


def edit_customer(
    runtime: Runtime,
    actor: Actor,
    key: RequestKey,
    id: str,
    details: CustomerDetails,
    expected: int | None,
) -> Answer:
    """The record as it shall be. Raises Refused: not_found, version_conflict, already_exists."""

    def work_on(work: Work) -> Answer:
        value = _living(work, id)
        if expected is not None and expected != value.version:
            raise refuse(
                Code.VERSION_CONFLICT, "The record has changed since it was read", version=value.version
            )
        same = details.email is not None and find_customers(work.conn, details.email, None, None, "", 1)
        if same and same[0].id != id:
            raise _taken()
        after = replace(
            value, email=details.email, name=details.name, phone=details.phone, locale=details.locale
        )
        save_customer(work.conn, after)
        work.emit("customer.edited", CUSTOMER, id, {})
        return Answer.of(200, shown(work.conn, replace(after, version=value.version + 1)))

    return answer_once(runtime, actor, key, work_on)


def merge_customers(runtime: Runtime, actor: Actor, key: RequestKey, id: str, into: str) -> Answer:
    """The record becomes part of another: its orders, returns, cards and contacts are that one's from now
    on. Raises Refused: not_found, unknown_customer, illegal_transition for a record merged before.
    """

    def work_on(work: Work) -> Answer:
        first, second = sorted((id, into))
        if first == second:
            raise refuse(Code.INVALID, "A record is not merged with itself", Fault("/into", "invalid", ""))
        locked = {one: customer_of(work.conn, one, lock=True) for one in (first, second)}
        value, target = locked[id], locked[into]
        if value is None:
            raise not_found("customer")
        if target is None or target.merged_into is not None:
            fault = Fault("/into", Code.UNKNOWN_CUSTOMER, "No such record, or it is part of another itself")
            raise refuse(Code.UNKNOWN_CUSTOMER, "There is nobody to merge it with", fault)
        if value.merged_into is not None:
            raise refuse(Code.ILLEGAL_TRANSITION, f"The record is part of {value.merged_into} already")
        merge_records(work.conn, id, into)
        filled = {name: getattr(target, name) or getattr(value, name) for name in KNOWN}
        # By its own e-mail the customer is still found again, unless it is the other record's from now on.
        own = value.email if target.email else None
        save_customer(work.conn, replace(value, email=own, merged_into=into))
        save_customer(work.conn, replace(target, **filled))
        work.emit("customer.merged", CUSTOMER, id, {"into": into})
        return Answer.of(200, shown(work.conn, replace(target, **filled, version=target.version + 1)))

    return answer_once(runtime, actor, key, work_on)


def add_contact(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, said: Contact, channel: str | None
) -> Answer:
    """Write down what was said with a customer. Raises Refused: not_found, unknown_order."""

    def work_on(work: Work) -> Answer:
        value = _living(work, id)
        order = load_order(work.conn, said.order_id) if said.order_id else None
        if said.order_id and (order is None or order.customer_id != value.id):
            fault = Fault("/order", Code.UNKNOWN_ORDER, "The customer has no such order")
            raise refuse(Code.UNKNOWN_ORDER, "There is no such order", fault)
        kept = KeptContact(work.ids.new("con"), work.at, work.actor.through, work.actor.key_id, said)
        insert_contact(work.conn, value.id, kept)
        work.emit("customer.contacted", CUSTOMER, id, {"contact": kept.id, "order": said.order_id})
        return Answer.of(201, kept.as_document())

    return answer_once(runtime, actor.on(channel), key, work_on)


def list_customers(
    runtime: Runtime, actor: Actor, wanted: Wanted, after: str, limit: int
) -> list[dict[str, Any]]:
    """Records that fit, by id; one more than ``limit`` when there are more."""
    with runtime.engine.connect() as conn:
        found = find_customers(conn, wanted.email, wanted.phone, wanted.card, after, limit + 1)
        return [shown(conn, one) for one in found]


def read_customer(runtime: Runtime, actor: Actor, id: str) -> tuple[int, dict[str, Any]]:
    """(version, the record); a merged one says into which. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        value = customer_of(conn, id)
        if value is None:
            raise not_found("customer")
        return value.version, shown(conn, value)


def read_timeline(
    runtime: Runtime, actor: Actor, id: str, before: tuple[str, str] | None, limit: int
) -> list[dict[str, Any]]:
    """What happened with the customer, the latest first. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        if customer_of(conn, id) is None:
            raise not_found("customer")
        return timeline(conn, id, before, limit + 1)


def _living(work: Work, id: str) -> Customer:
    value = customer_of(work.conn, id, lock=True)
    if value is None:
        raise not_found("customer")
    if value.merged_into is not None:
        raise refuse(Code.ILLEGAL_TRANSITION, f"The record is part of {value.merged_into}")
    return value


def _taken() -> Exception:
    fault = Fault("/email", Code.ALREADY_EXISTS, "Another record has this address; merge the two instead")
    return refuse(Code.ALREADY_EXISTS, "The e-mail address is another customer's", fault)
