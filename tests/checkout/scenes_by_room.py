"""Address → scene, room by room. A room whose POSTs need scenes has a function here or in a module of its
own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.checkout.scenes import Asked, Scenes
from tests.courier.scenes import couriers
from tests.handover.scenes import handing_over
from tests.lab.scenes import lab
from tests.nodes.scenes import node_work
from tests.picking.scenes import picking
from tests.returns.scenes import returns
from tests.support import HOME
from tests.webhooks.scenes import webhooks

ByPath = Mapping[str, Callable[[], Asked]]


def checkout_and_stock(scenes: Scenes) -> ByPath:
    receipt = {"lines": [{"sku": "A1", "quantity": 1}]}
    verdict = {"lines": [{"sku": "A1", "quantity": 1, "disposition": "restock"}]}
    movement = {"node": "WH", "sku": "A1", "cause": "sale", "quantity": 1}
    return {
        "/v1/promises": scenes.reserving,
        "/v1/reservations": scenes.quoted,
        "/v1/reservations/{id}/extend": lambda: (
            f"/v1/reservations/{scenes.reservation()}/extend",
            {"ttl_s": 1800},
        ),
        "/v1/reservations/{id}/void": lambda: (f"/v1/reservations/{scenes.reservation()}/void", None),
        "/v1/reservations/void": lambda: (
            "/v1/reservations/void",
            {"ids": [scenes.reservation()], "reason": "stuck"},
        ),
        "/v1/orders/{id}/cancel": lambda: (f"/v1/orders/{scenes.order()}/cancel", {}),
        "/v1/orders/{id}/address": lambda: (
            f"/v1/orders/{scenes.order()}/address",
            {"destination": HOME},
        ),
        "/v1/orders/{id}/method": lambda: (f"/v1/orders/{scenes.order()}/method", {"method": "courier"}),
        "/v1/orders/{id}/lines": lambda: (
            f"/v1/orders/{scenes.order()}/lines",
            {"lines": [{"id": "1", "quantity": 1}]},
        ),
        "/v1/stock/movements": lambda: ("/v1/stock/movements", {"movements": [movement]}),
        "/v1/inbound": scenes.inbound,
        "/v1/inbound/{id}/receive": lambda: (f"{scenes.arriving()}/receive", receipt),
        "/v1/inbound/{id}/inspect": lambda: (f"{scenes.to_inspect()}/inspect", verdict),
        "/v1/transfers": scenes.transfer,
        "/v1/transfers/{id}/ship": lambda: (f"{scenes.planned()}/ship", {}),
        "/v1/transfers/{id}/receive": lambda: (f"{scenes.shipped()}/receive", receipt),
        "/v1/transfers/{id}/inspect": lambda: (f"{scenes.carried_to_inspect()}/inspect", verdict),
        "/v1/transfers/{id}/cancel": lambda: (f"{scenes.planned()}/cancel", None),
    }


def money(scenes: Scenes) -> ByPath:
    fact = {"payments": [{"kind": "authorised", "method": "card", "amount_minor": 100}]}
    return {
        "/v1/orders/{id}/payments": lambda: (f"/v1/orders/{scenes.order()}/payments", fact),
        "/v1/refunds/{id}/send": lambda: (f"/v1/refunds/{scenes.refund()}/send", {"reference": "r-1"}),
        "/v1/refunds/{id}/fail": lambda: (f"/v1/refunds/{scenes.sent_refund()}/fail", {}),
        "/v1/refunds/{id}/void": lambda: (f"/v1/refunds/{scenes.refund()}/void", {}),
    }


def customers(scenes: Scenes) -> ByPath:
    said = {"direction": "note", "note": "Rings at noon"}
    return {
        "/v1/customers": lambda: ("/v1/customers", {"email": f"{scenes.fresh('kim')}@example.com"}),
        "/v1/customers/{id}": lambda: (f"/v1/customers/{scenes.customer()}", {"name": "Kim"}),
        "/v1/customers/{id}/merge": lambda: (
            f"/v1/customers/{scenes.customer()}/merge",
            {"into": scenes.customer()},
        ),
        "/v1/customers/{id}/erase": lambda: (
            f"/v1/customers/{scenes.customer()}/erase",
            {"reason": "asked_for_it"},
        ),
        "/v1/customers/{id}/contacts": lambda: (f"/v1/customers/{scenes.customer()}/contacts", said),
    }


def keys(scenes: Scenes) -> ByPath:
    def rotated() -> Asked:
        made = scenes.post("/v1/keys", {"name": "till", "role": "staff"})
        return f"/v1/keys/{made['id']}/rotate", {"overlap_s": 60}

    return {"/v1/keys/{id}/rotate": rotated}


ROOMS: tuple[Callable[[Scenes], ByPath], ...] = (
    checkout_and_stock,
    money,
    picking,
    couriers,
    handing_over,
    returns,
    customers,
    node_work,
    webhooks,
    keys,
    lab,
)
"""One line per room."""


def scenes_of(scenes: Scenes) -> dict[str, Callable[[], Asked]]:
    """The POSTs that need a scene; all others are sent their documented example."""
    return {path: scene for room in ROOMS for path, scene in room(scenes).items()}
