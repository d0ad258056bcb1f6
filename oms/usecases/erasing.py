"""What a person may ask of us: everything we hold about him, and to be forgotten."""

from __future__ import annotations

from typing import Any

from oms.actors import Actor, Role
from oms.bootstrap import Runtime
from oms.customers.identity import Customer
from oms.refusals import Code, Fault, not_found, refuse
from oms.store.erasing import forget_person, lock_person, open_orders
from oms.store.people import customer_of
from oms.usecases.customers import CUSTOMER
from oms.views.person import everything
from oms.work import Answer, RequestKey, Work, answer_once


def export_customer(runtime: Runtime, actor: Actor, id: str) -> dict[str, Any]:
    """All there is about a customer, merged records included. Raises Refused: not_found, and
    illegal_transition for a record that is part of another.
    """
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with runtime.engine.connect().execution_options(**options) as conn:
        return everything(conn, _own(customer_of(conn, id)))


def erase_customer(
    runtime: Runtime, actor: Actor, key: RequestKey, id: str, reason: str, force: bool
) -> Answer:
    """Take out all that names the customer; orders, ledger and events stay. Raises Refused: not_found;
    in_use while an order or a return has not ended, unless an admin forces it.
    """
    if force and actor.role is not Role.ADMIN:
        fault = Fault("/force", Code.FORBIDDEN, "Only an admin may")
        raise refuse(Code.FORBIDDEN, "This key may not erase a customer who waits for something", fault)

    def work_on(work: Work) -> Answer:
        records, orders = lock_person(work.conn, id)
        _own(customer_of(work.conn, id))
        waiting = open_orders(work.conn, records)
        if waiting and not force:
            raise refuse(
                Code.IN_USE,
                "An order or a return of this customer has not ended; an admin may force it",
                orders=waiting[:100],
            )
        forget_person(work.conn, records, work.at)
        said = {"records": records, "orders": len(orders), "open_orders": waiting, "forced": force}
        work.emit("customer.erased", CUSTOMER, id, said, reason=reason)
        return Answer.of(200, {"id": id, "erased_at": work.at, **said})

    return answer_once(runtime, actor, key, work_on)


def _own(value: Customer | None) -> Customer:
    if value is None:
        raise not_found("customer")
    if value.merged_into is not None:
        raise refuse(Code.ILLEGAL_TRANSITION, f"The record is part of {value.merged_into}; ask for that one")
    return value
