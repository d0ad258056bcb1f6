"""What a client can do, and in short what it is answered."""

from __future__ import annotations

from typing import Any

from oms.actors import Role
from oms.steps.expiring import expire_reservations
from oms.usecases.resourcing import resource_orders
from tests.races.world import Process, Verb
from tests.support import HOME

Lines = tuple[tuple[str, int], ...]
ONE: Lines = (("A1", 1),)


def lines_of(lines: Lines) -> list[dict[str, Any]]:
    return [{"id": str(no), "sku": sku, "quantity": units} for no, (sku, units) in enumerate(lines, 1)]


def reserve(lines: Lines = ONE, key: str | None = None) -> Verb:
    """Promise and hold in one breath."""

    def verb(process: Process) -> str:
        body = {"lines": lines_of(lines), "destination": HOME, "methods": ["ship"]}
        said = process.post("/v1/promises", {**body, "reserve": {"option": "cheapest"}}, key=key)
        if said.startswith("200"):
            process.memo["reservation"] = process.memo["answer"]["reservation"]["reservation_id"]
        return said

    return verb


def order(id: str, lines: Lines = ONE, channel: str = "web", **choice: Any) -> Verb:
    """Place an order, bare unless told otherwise."""

    def verb(process: Process) -> str:
        body = {
            "channel": channel,
            "currency": "USD",
            "lines": [line | {"unit_price_minor": 1000} for line in lines_of(lines)],
            "destination": HOME,
            **(choice or {"method": "ship"}),
        }
        return process.put(f"/v1/orders/{id}", body)

    return verb


def order_from(what: str, id: str, lines: Lines = ONE) -> Verb:
    """Place an order from what was quoted or reserved in the setup."""

    def verb(process: Process) -> str:
        return order(id, lines, **given[what])(process)

    return verb


given: dict[str, dict[str, Any]] = {}
"""What setups leave for the verbs: a quote, a reservation."""


def on_reservation(action: str, **body: Any) -> Verb:
    """Extend or void the one of the setup."""

    def verb(process: Process) -> str:
        path = f"/v1/reservations/{given['reservation']['reservation_id']}/{action}"
        return process.post(path, body or None)

    return verb


def own_void(process: Process) -> str:
    """Void what one reserved oneself, where one got it."""
    held = process.memo.get("reservation")
    return process.post(f"/v1/reservations/{held}/void", None) if held else "none"


def own_order(id: str) -> Verb:
    """Buy what one reserved oneself, where one got it."""

    def verb(process: Process) -> str:
        held = process.memo.get("reservation")
        return order(id, reservation_id=held)(process) if held else "none"

    return verb


def cancel(id: str) -> Verb:
    """Cancel an order whole."""
    return lambda process: process.post(f"/v1/orders/{id}/cancel", {})


def preview(id: str, units: int) -> Verb:
    """See what other units of an order's first line would mean."""

    def verb(process: Process) -> str:
        wish = {"lines": [{"id": "1", "quantity": units}]}
        said = process.post(f"/v1/orders/{id}/lines", wish)
        shown = process.memo["answer"]
        if shown.get("options"):
            choice = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}
            process.memo["change"] = wish | {"confirm": choice}
        return said

    return verb


def confirm(id: str) -> Verb:
    """Have what one has seen, if there was anything."""

    def verb(process: Process) -> str:
        wish = process.memo.get("change")
        return process.post(f"/v1/orders/{id}/lines", wish) if wish else "none"

    return verb


def work(action: str, id: str, **body: Any) -> Verb:
    """What a node does with a fulfilment order."""
    return lambda process: process.post(f"/v1/fulfilment-orders/{id}/{action}", body, Role.ADMIN)


def count(node: str, sku: str, units: int) -> Verb:
    """Count a shelf."""
    body = {"counts": [{"node": node, "sku": sku, "quantity": units}]}
    return lambda process: process.put("/v1/stock/counts", body, Role.ADMIN)


def fence(units: int, channel: str = "app") -> Verb:
    """Keep units of A1 at WH for a channel."""
    line = {"node": "WH", "sku": "A1", "name": "launch", "channels": [channel], "quantity": units}
    return lambda process: process.put("/v1/stock/fences", {"lines": [line]}, Role.ADMIN)


def transfer(id: str, units: int) -> Verb:
    """Plan a transfer of A1 from WH to ST-1."""
    line = {"line_id": "1", "sku": "A1", "quantity": units}
    body = {"id": id, "from_node": "WH", "to_node": "ST-1", "eta": "2026-01-20T08:00:00+00:00"}
    return lambda process: process.post("/v1/transfers", {**body, "lines": [line]}, Role.ADMIN)


def ship(id: str) -> Verb:
    """The units of a transfer leave."""
    return lambda process: process.post(f"/v1/transfers/{id}/ship", {}, Role.ADMIN)


def later(minutes: int) -> Verb:
    """Time passes, for all."""

    def verb(process: Process) -> str:
        process.runtime.clock.forward(minutes=minutes)  # type: ignore[attr-defined]
        return "later"

    return verb


def expire(process: Process) -> str:
    """What the worker does every five seconds. How many it finds depends on what requests swept before."""
    expire_reservations(process.runtime)
    return "swept"


def resource(process: Process) -> str:
    """What the worker does where units lost their home."""
    resource_orders(process.runtime)
    return "routed"
