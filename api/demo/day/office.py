"""The back office: money is reserved when an order is placed, taken when its first parcel leaves, and what is
owed goes back. The payments themselves happen elsewhere; here they are recorded.
"""

from __future__ import annotations

from api.demo.day.chance import throw
from api.demo.day.desk import OFFICE, Desk, Json

FAILS = 0.02
CARD = "card"


def authorise(desk: Desk, order: str) -> None:
    """The customer's bank reserves what the order costs."""
    owed = _money(desk, order)
    if owed and owed["total_minor"] and not owed["authorised_minor"]:
        _pay(desk, order, "authorised", owed["total_minor"])


def capture(desk: Desk, order: str) -> None:
    """Goods have left: take the money."""
    owed = _money(desk, order)
    if owed and not owed["captured_minor"] and owed["total_minor"]:
        _pay(desk, order, "captured", owed["total_minor"])


def give_up(desk: Desk, order: str) -> None:
    """What stays reserved and is owed no more is set free."""
    owed = _money(desk, order)
    if owed is None:
        return
    wanted = owed["total_minor"] if not owed["captured_minor"] else 0
    reserved = owed["authorised_minor"] - owed["voided_minor"] - owed["captured_minor"]
    if reserved > wanted:
        _pay(desk, order, "voided", reserved - wanted)


def pay_back(desk: Desk) -> int:
    """Settle every refund that is due; how many."""
    found = desk.every(OFFICE, "/v1/refunds", state=["due", "sent", "failed"])
    for refund in found:
        id = refund["id"]
        if refund["state"] != "sent":
            desk.post(OFFICE, f"/v1/refunds/{id}/send", {"reference": f"psp-{id}"})
        if throw("provider", id) < FAILS:
            desk.post(OFFICE, f"/v1/refunds/{id}/fail")
            desk.post(OFFICE, f"/v1/refunds/{id}/send", {"reference": f"psp-{id}-again"})
        if not refund["return_id"]:
            _pay(desk, refund["order_id"], "refunded", refund["amount_minor"], refund_id=id)
    for back in dict.fromkeys(refund["return_id"] for refund in found if refund["return_id"]):
        desk.post(OFFICE, f"/v1/returns/{back}/refund", {"method": CARD, "reference": f"psp-{back}"})
    return len(found)


def _money(desk: Desk, order: str) -> Json | None:
    account = desk.get(OFFICE, f"/v1/orders/{order}/payments")
    return account["money"] if account else None


def _pay(desk: Desk, order: str, kind: str, amount_minor: int, **more: str) -> None:
    fact = {"kind": kind, "method": CARD, "amount_minor": amount_minor, "reference": f"psp-{order}", **more}
    desk.post(OFFICE, f"/v1/orders/{order}/payments", {"payments": [fact]})
