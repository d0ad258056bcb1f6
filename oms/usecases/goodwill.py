"""The office pays for returned goods of which nobody found the order."""

from __future__ import annotations

from dataclasses import dataclass

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.returns.goodwill import Goodwill, left_to_pay, may_pay
from oms.returns.values import Return
from oms.store.goodwill import add_goodwill, goodwill_of
from oms.store.returns import load_return, save_return
from oms.usecases.return_steps import RETURN, Opened, step
from oms.work import Answer, RequestKey, Work


@dataclass(frozen=True, slots=True)
class Paying:
    """``amount_minor`` of the network's currency, paid outside by ``method`` under ``reference``."""

    method: str
    amount_minor: int
    reason: str
    reference: str | None = None


def pay_goodwill(runtime: Runtime, actor: Actor, key: RequestKey, id: str, wish: Paying) -> Answer:
    """Record what was paid for goods of no order. Raises Refused: not_found, illegal_transition where none
    came, bad_amount for more than they cost today.
    """

    def change(work: Work, opened: Opened) -> Opened:
        back, before = opened.back, goodwill_of(work.conn, id)
        may_pay(back, wish.amount_minor, before, _prices(runtime, back))
        paid = Goodwill(
            at=work.at,
            method=wish.method,
            amount_minor=wish.amount_minor,
            reason=wish.reason,
            reference=wish.reference,
            actor=work.actor.key_id,
            channel=work.actor.through,
        )
        add_goodwill(work.conn, id, len(before) + 1, paid)
        saved = save_return(work.conn, back, back)
        said = {"node": back.node, "amount_minor": paid.amount_minor, "method": paid.method}
        work.emit("return.goodwill_paid", RETURN, id, said, reason=paid.reason)
        return Opened(saved, opened.orders, opened.exchange)

    return step(runtime, actor, key, id, change)


def payable_minor(runtime: Runtime, id: str) -> int:
    """What may still be paid for the goods of no order that came with the return, in minor units."""
    with runtime.engine.connect() as conn:
        back = load_return(conn, id)
        return left_to_pay(back, goodwill_of(conn, id), _prices(runtime, back)) if back else 0


def _prices(runtime: Runtime, back: Return) -> dict[str, int]:
    known = runtime.pool.catalogue.skus
    return {line.sku: known[line.sku].unit_price_minor for line in back.lines if line.sku in known}
