"""Customers change their minds: another way to get it, less of it, and an answer to a later promise."""

from __future__ import annotations

from collections.abc import Mapping

from api.demo.day.chance import pick, throw
from api.demo.day.desk import OFFICE, SHOP, Desk, Json

PICKUP, COURIER, CANCELS, DECLINES = 0.3, 0.2, 0.02, 0.15
CHANNELS = ("web", "app", "care", "store")


def change(desk: Desk, order: str) -> None:
    """The sample's orders are all to be shipped: some customers want to collect, or a courier to come. The
    change is asked for, its price shown, and it is confirmed. Where that cannot be had all stays as it is.
    """
    luck = throw("method", order)
    method = "pickup" if luck < PICKUP else "courier" if luck < PICKUP + COURIER else None
    if method is None:
        return
    path, body = f"/v1/orders/{order}/method", {"method": method, "channel": pick(CHANNELS, "through", order)}
    shown = desk.post(OFFICE, path, body)
    dated = [one for one in shown["options"] if one["window"]] if shown else []
    if not shown or not dated:
        return
    best = min(dated, key=lambda one: (one["difference"]["total_minor"], one["window"]["to"]))
    wish = {"quote_id": shown["quote_id"], "option_id": best["option_id"]}
    desk.post(OFFICE, path, {**body, "confirm": wish})


def cancel(desk: Desk, order: str, lines: list[Json]) -> None:
    """Some take an order back, or a unit of it, before anybody has begun."""
    if throw("cancels", order) >= CANCELS:
        return
    whole = len(lines) == 1 or throw("all of it", order) < 0.5
    body = {"reason": "customer", "channel": pick(CHANNELS, "through", order)}
    part = {"lines": [{"id": lines[0]["id"], "quantity": 1}]}
    desk.post(OFFICE, f"/v1/orders/{order}/cancel", body if whole else {**body, **part})


def answer(desk: Desk, order: str) -> None:
    """The promise became a later one: most wait, some do not."""
    wait = throw("waits", order) >= DECLINES
    desk.post(OFFICE, f"/v1/orders/{order}/promise", {"accept": wait, "channel": SHOP.replace(" ", "")})


def do_without(desk: Desk, order: str, unrouted: Mapping[str, int]) -> None:
    """The rest of it cannot be had: care agrees with the customer to do without, so that what there is need
    not wait for it.
    """
    lines = [{"id": line, "quantity": units} for line, units in unrouted.items()]
    desk.post(OFFICE, f"/v1/orders/{order}/cancel", {"reason": "too_late", "channel": "care", "lines": lines})
