"""The world of the checkout, with orders that have reached their customers."""

from __future__ import annotations

from typing import Any

from inventory.outcomes import Posted
from inventory.places import CUSTOMER
from inventory.requests import PostRequest
from inventory.stock_groups import post
from oms.actors import SYSTEM
from oms.fulfilment.following import followed
from oms.fulfilment.lifecycle import FulfilmentEvent
from oms.orders.stages import Stage
from oms.steps.recording import record, tell_job
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.usecases.order_changes import locked_order
from oms.work import Work, transact
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop

_E = FulfilmentEvent
_WAY = (
    _E.OFFER,
    _E.ACCEPT,
    _E.START_PICKING,
    _E.FINISH_PICKING,
    _E.PACK,
    _E.READY_CARRIER,
    _E.HAND_OVER,
    _E.COMPLETE,
)


def deliver(shop: Shop, order_id: str) -> None:
    """All of the order's units reach the customer, through every state, with the books balanced."""

    def work_on(work: Work) -> None:
        before = order = locked_order(work, order_id)
        done = []
        for job in fulfilments_of(work.conn, order_id):
            out = job
            for event in _WAY:
                last, out = out, out.after(event, work.at)
                order = followed(order, last, out, Stage.DELIVERED)
            done.append(out)
        save_fulfilments(work.conn, done)
        groups = dict.fromkeys(job.group_id for job in done)
        outcomes = post(work.conn, work.at, [PostRequest(group, to_place=CUSTOMER) for group in groups])
        assert all(isinstance(outcome, Posted) for outcome in outcomes), outcomes
        record(work, before, order, "order.delivered", {})
        for job in done:
            tell_job(work, job)

    transact(shop.runtime, SYSTEM, work_on)


def sold(shop: Shop, order_id: str, *lines: tuple[str, int], **more: Any) -> str:
    """An order placed, paid in full and delivered; its token."""
    placed = shop.place(order_id, *lines, **{"method": "ship", **more})
    assert placed.status_code == 201, placed.text
    total = placed.json()["money"]["total_minor"]
    facts = [{"kind": kind, "method": "card", "amount_minor": total} for kind in ("authorised", "captured")]
    paid = shop.post(f"/v1/orders/{order_id}/payments", {"payments": facts}, shop.admin)
    assert paid.status_code == 201, paid.text
    deliver(shop, order_id)
    token: str = placed.json()["order_token"]
    return token


def ask(*lines: tuple[str, str, int], **more: Any) -> dict[str, Any]:
    """The body of a return: (order, line, units) each."""
    named = [{"order": order, "line": line, "quantity": units} for order, line, units in lines]
    return {"method": "ship", "lines": named, **more}


def done(answer: Any) -> Any:
    """The document of an answer that said yes."""
    assert answer.status_code < 300, answer.text
    return answer.json()


def no(answer: Any) -> tuple[int, str]:
    """Status and name of an answer that said no."""
    return answer.status_code, answer.json()["code"]


def balance(shop: Shop, place: str, sku: str) -> int:
    """Units of the SKU that the ledger has at a place."""
    found: int = shop.scalar(
        """
        SELECT coalesce(sum(CASE WHEN m.to_place = :place THEN m.quantity ELSE -m.quantity END), 0)
        FROM movement m JOIN sku s ON s.no = m.sku_no
        WHERE s.id = :sku AND :place IN (m.to_place, m.from_place)
        """,
        place=place,
        sku=sku,
    )
    return found


def inspected(shop: Shop, id: str, *lines: tuple[int, dict[str, Any]]) -> Any:
    """The return after units of its lines were inspected: (line, disposition) each."""
    body = {"lines": [{"no": line, "dispositions": [verdict]} for line, verdict in lines]}
    return done(shop.post(f"/v1/returns/{id}/inspect", body, shop.admin))
