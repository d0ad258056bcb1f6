"""Ways of what comes back: returned goods, and the money for them."""

from __future__ import annotations

from collections.abc import Callable

from oms.money.refunds import RefundEvent, RefundState
from oms.returns.lifecycle import ReturnEvent, ReturnState
from tests.life.ways import Ways
from tests.life.world import World, answer, order_of, then


def returns(world: World) -> Ways:
    S, E = ReturnState, ReturnEvent

    def verb(name: str, **body: object) -> Callable[[str], str]:
        return lambda id: answer(world.asked(f"/v1/returns/{id}/{name}", body))

    def inspect(part: int = 0) -> Callable[[str], str]:
        """So many units, else all that are left."""

        def tried(id: str) -> str:
            line = world.get(f"/v1/returns/{id}")["lines"][0]
            units = part or line["received"] - line["inspected"] or 1
            return verb("inspect", lines=[{"no": 1, "dispositions": [{"quantity": units}]}])(id)

        return tried

    verbs = {
        E.APPROVE: verb("approve"),
        E.DECLINE: verb("decline", reason="not ours"),
        E.SEND: verb("send"),
        E.RECEIVE: verb("receive", node="WH"),
        E.INSPECT_PART: inspect(1),
        E.INSPECT: inspect(),
        E.CLOSE: verb("refund", method="card", reference="r-1"),
        E.CANCEL: verb("cancel"),
    }
    requested, approved = _asked_for(world, at_once=False), _asked_for(world, at_once=True)
    received = then(approved, verbs[E.RECEIVE])
    inspected = then(received, verbs[E.INSPECT])
    return Ways(
        reach={
            S.REQUESTED: requested,
            S.APPROVED: approved,
            S.DECLINED: then(requested, verbs[E.DECLINE]),
            S.IN_TRANSIT: then(approved, verbs[E.SEND]),
            S.RECEIVED: received,
            S.INSPECTED: inspected,
            S.CLOSED: then(inspected, verbs[E.CLOSE]),
            S.CANCELLED: then(approved, verbs[E.CANCEL]),
        },
        verbs=verbs,
    )


def _asked_for(world: World, at_once: bool) -> Callable[[], str]:
    def made() -> str:
        """Two units of a paid order, delivered and wanted no more."""
        job = world.handed_over()
        world.paid(order_of(job))
        world.delivered(job)
        world.put("/v1/return-policy", {"auto_approve": at_once})
        lines = [{"order": order_of(job), "line": "1", "quantity": 2}]
        return str(world.do("/v1/returns", {"method": "ship", "lines": lines})["id"])

    return made


def refunds(world: World) -> Ways:
    S, E = RefundState, RefundEvent

    def due() -> str:
        order = world.paid(world.order("ship"))
        world.cancel(order)
        return str(world.get(f"/v1/orders/{order}")["refunds"][0]["id"])

    def verb(name: str) -> Callable[[str], str]:
        return lambda id: answer(world.asked(f"/v1/refunds/{id}/{name}", {}))

    def pay(id: str) -> str:
        row = "SELECT order_id || ' ' || amount_minor FROM refund WHERE id = :id"
        order, _, amount = str(world.shop.scalar(row, id=id)).partition(" ")
        fact = {"kind": "refunded", "method": "card", "amount_minor": int(amount), "refund_id": id}
        return answer(world.asked(f"/v1/orders/{order}/payments", {"payments": [fact]}))

    sent = then(due, verb("send"))
    failed = then(sent, verb("fail"))
    return Ways(
        reach={
            S.DUE: due,
            S.SENT: sent,
            S.SETTLED: then(sent, pay),
            S.FAILED: failed,
            S.VOIDED: then(due, verb("void")),
        },
        verbs={
            E.SEND: verb("send"),
            E.RETRY: verb("send"),
            E.SETTLE: pay,
            E.FAIL: verb("fail"),
            E.VOID: verb("void"),
        },
        otherwise={
            (S.DUE, E.RETRY): "done",
            (S.FAILED, E.SEND): "done",
        },  # one verb: the first time, or again
    )
