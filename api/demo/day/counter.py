"""Customers come for what lies ready at a counter, prove who they are, and take it, or a part; some never
come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from api.demo.day.chance import throw
from api.demo.day.desk import OFFICE, SHOP, Desk, Json
from api.demo.day.staff import staff

NO_SHOWS, PARTIAL = 0.05, 0.05
WITHIN = timedelta(hours=20)


def ready(desk: Desk) -> list[Json]:
    """What lies ready at all counters."""
    return [one for one in desk.every(OFFICE, "/v1/pickups") if one["state"] != "preparing"]


def comes(pickup: Json) -> datetime | None:
    """When its customer comes; None: never."""
    if throw("no show", pickup["id"]) < NO_SHOWS:
        return None
    lies = datetime.fromisoformat(pickup["instants"]["ready"])
    return lies + WITHIN * throw("comes", pickup["id"])


def collect(desk: Desk, pickup: Json) -> None:
    """The customer comes with the order's token, shows the code, and takes the goods."""
    id, there = pickup["id"], staff(pickup["node"])
    order = desk.get(OFFICE, f"/v1/orders/{pickup['order_id']}")
    if order is None:
        return
    token = order["order_token"]
    shown = desk.get(SHOP, f"/v1/pickups/{id}", token=token)
    desk.post(SHOP, f"/v1/pickups/{id}/arrived", {"token": token})
    if shown is None or not desk.post(there, f"/v1/pickups/{id}/verify", {"code": shown["code"]}):
        return
    desk.post(there, f"/v1/pickups/{id}/collect", _taken(pickup))


def _taken(pickup: Json) -> Json:
    units = sum(line["quantity"] for line in pickup["lines"])
    if units < 2 or throw("partial", pickup["id"]) >= PARTIAL:
        return {}
    first = pickup["lines"][0]
    left = {**first, "quantity": first["quantity"] - 1}
    kept = [line for line in (left, *pickup["lines"][1:]) if line["quantity"]]
    lines = [{"id": line["id"], "quantity": line["quantity"]} for line in kept]
    return {"lines": lines, "rest": "refuse"}
