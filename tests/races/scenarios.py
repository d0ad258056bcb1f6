"""What races: for each scenario the world before, and two or three clients of one to three verbs each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oms.actors import Role
from oms.steps.expiring import expire_reservations
from oms.usecases.releasing import release_due
from oms.usecases.resourcing import resource_orders
from tests.races.world import Process, Verb
from tests.support import HOME, stock_up

Lines = tuple[tuple[str, int], ...]
ONE: Lines = (("A1", 1),)


@dataclass(frozen=True)
class Scenario:
    """``clients``: the verbs of each, in order. ``setup`` is done once, before."""

    name: str
    setup: Callable[[Process], None]
    clients: tuple[tuple[Verb, ...], ...]


def _lines(lines: Lines) -> list[dict[str, Any]]:
    return [{"id": str(no), "sku": sku, "quantity": units} for no, (sku, units) in enumerate(lines, 1)]


def reserve(lines: Lines = ONE, key: str | None = None) -> Verb:
    """Promise and hold in one breath."""

    def verb(process: Process) -> str:
        body = {"lines": _lines(lines), "destination": HOME, "methods": ["ship"]}
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
            "lines": [line | {"unit_price_minor": 1000} for line in _lines(lines)],
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


def expire(process: Process) -> str:
    """What the worker does every five seconds. How many it finds depends on what requests swept before."""
    expire_reservations(process.runtime)
    return "swept"


def resource(process: Process) -> str:
    """What the worker does where units lost their home."""
    resource_orders(process.runtime)
    return "routed"


def shelves(*changes: tuple[str, str, int]) -> Callable[[Process], None]:
    """Only stock."""
    return lambda process: stock_up(process.runtime, *changes)


def quoted(units: int) -> Callable[[Process], None]:
    """A quote for one A1."""

    def setup(process: Process) -> None:
        stock_up(process.runtime, ("WH", "A1", units))
        process.post("/v1/promises", {"lines": _lines(ONE), "destination": HOME, "methods": ["ship"]})
        shown = process.memo["answer"]
        given["quote"] = {"quote_id": shown["quote_id"], "option_id": shown["options"][0]["option_id"]}

    return setup


def reserved(units: int, minutes: int = 0) -> Callable[[Process], None]:
    """One A1 reserved for a quarter of an hour, of which so many minutes have passed."""

    def setup(process: Process) -> None:
        stock_up(process.runtime, ("WH", "A1", units))
        assert reserve()(process) == "200 active", process.memo
        given["reservation"] = {"reservation_id": process.memo["reservation"]}
        process.runtime.clock.forward(minutes=minutes)  # type: ignore[attr-defined]

    return setup


def placed(*changes: tuple[str, str, int], lines: Lines = ONE) -> Callable[[Process], None]:
    """An order that its node was offered; then more stock."""

    def setup(process: Process) -> None:
        stock_up(process.runtime, ("WH", "A1", 1), ("WH", "B2", 1))
        assert order("o-1", lines)(process) == "201 open", process.memo
        assert release_due(process.runtime) == 1
        stock_up(process.runtime, *changes)

    return setup


SMALL = (
    Scenario("reserve, reserve: the last unit", shelves(("WH", "A1", 1)), ((reserve(),), (reserve(),))),
    Scenario("reserve, expire", reserved(1, 20), ((reserve(),), (expire,))),
    Scenario("extend, expire", reserved(1, 14), ((on_reservation("extend", ttl_s=900),), (expire,))),
    Scenario(
        "extend what is over, expire", reserved(1, 20), ((on_reservation("extend", ttl_s=900),), (expire,))
    ),
    Scenario(
        "one quote, two orders",
        quoted(1),
        ((order_from("quote", "o-a"),), (order_from("quote", "o-b"),)),
    ),
    Scenario(
        "one quote, one order twice",
        quoted(2),
        ((order_from("quote", "o-a"),), (order_from("quote", "o-a"),)),
    ),
    Scenario("order, count down", shelves(("WH", "A1", 1)), ((order("o-a"),), (count("WH", "A1", 0),))),
    Scenario(
        "order from a reservation, void it",
        reserved(1),
        ((order_from("reservation", "o-a"),), (on_reservation("void"),)),
    ),
    Scenario("order, void what is over", reserved(1, 20), ((order("o-a"),), (on_reservation("void"),))),
    Scenario("cancel, reject", placed(), ((cancel("o-1"),), (work("reject", "o-1-1", reason="no_staff"),))),
    Scenario(
        "place, transfer",
        shelves(("WH", "A1", 2)),
        ((order("o-a", (("A1", 2),)),), (transfer("t-1", 1),)),
    ),
    Scenario(
        "two SKUs crosswise",
        shelves(("WH", "A1", 1), ("WH", "B2", 1)),
        ((order("o-a", (("A1", 1), ("B2", 1))),), (order("o-b", (("B2", 1), ("A1", 1))),)),
    ),
    Scenario("order, fence", shelves(("WH", "A1", 1)), ((order("o-a"),), (fence(1),))),
    Scenario(
        "the same request twice at once",
        shelves(("WH", "A1", 2)),
        ((reserve(key="once"),), (reserve(key="once"),)),
    ),
    Scenario("the same order twice at once", shelves(("WH", "A1", 2)), ((order("o-a"),), (order("o-a"),))),
)
"""Two clients of a verb each: every schedule with few preemptions can be run."""

LARGE = (
    Scenario(
        "three reserve the last unit, and one lets go",
        shelves(("WH", "A1", 1)),
        ((reserve(), own_void), (reserve(), own_order("o-b")), (order("o-c"),)),
    ),
    Scenario(
        "order, void, expire, order",
        reserved(1, 20),
        ((order("o-a"),), (on_reservation("void"),), (expire, order("o-c"))),
    ),
    Scenario(
        "cancel, reject, accept",
        placed(),
        (
            (cancel("o-1"),),
            (work("reject", "o-1-1", reason="not_in_stock"),),
            (work("accept", "o-1-1"), order("o-c")),
        ),
    ),
    Scenario(
        "order, transfer and ship, count",
        shelves(("WH", "A1", 2)),
        (
            (order("o-a", (("A1", 2),)), cancel("o-a")),
            (transfer("t-1", 1), ship("t-1")),
            (count("WH", "A1", 1),),
        ),
    ),
    Scenario(
        "displaced, re-sourced, cancelled",
        placed(("ST-1", "A1", 1)),
        ((count("WH", "A1", 0), resource), (cancel("o-1"), order("o-b")), (resource, order("o-c"))),
    ),
    Scenario(
        "crosswise with a cancellation",
        shelves(("WH", "A1", 1), ("WH", "B2", 1)),
        (
            (order("o-a", (("A1", 1), ("B2", 1))), cancel("o-a")),
            (order("o-b", (("B2", 1), ("A1", 1))),),
            (reserve((("B2", 1),)), own_void),
        ),
    ),
    Scenario(
        "fences up and down",
        shelves(("WH", "A1", 2)),
        ((fence(1), fence(0)), (order("o-b"), order("o-c")), (order("o-d", channel="app"),)),
    ),
    Scenario(
        "one order asked for three times, and a cancellation",
        shelves(("WH", "A1", 2)),
        ((order("o-a"), cancel("o-a")), (order("o-a"),), (order("o-a"), reserve((("A1", 2),)))),
    ),
)
"""Two or three clients of up to three verbs: seeded schedules."""
