"""What races: for each scenario the world before, and two or three clients of one to three verbs each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms.usecases.releasing import release_due
from tests.races.verbs import (
    ONE,
    Lines,
    cancel,
    confirm,
    count,
    expire,
    fence,
    given,
    later,
    lines_of,
    on_reservation,
    order,
    order_from,
    own_order,
    own_void,
    preview,
    reserve,
    resource,
    ship,
    transfer,
    work,
)
from tests.races.world import Process, Verb
from tests.support import HOME, stock_up


@dataclass(frozen=True)
class Scenario:
    """``clients``: the verbs of each, in order. ``setup`` is done once, before."""

    name: str
    setup: Callable[[Process], None]
    clients: tuple[tuple[Verb, ...], ...]


def shelves(*changes: tuple[str, str, int]) -> Callable[[Process], None]:
    """Only stock."""
    return lambda process: stock_up(process.runtime, *changes)


def quoted(units: int) -> Callable[[Process], None]:
    """A quote for one A1."""

    def setup(process: Process) -> None:
        stock_up(process.runtime, ("WH", "A1", units))
        process.post("/v1/promises", {"lines": lines_of(ONE), "destination": HOME, "methods": ["ship"]})
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
        "extend while time runs out",
        reserved(1, 14),
        ((on_reservation("extend", ttl_s=900),), (later(2), expire)),
    ),
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
"""Two clients, most of a verb each: every schedule with few preemptions can be run."""

LARGE = (
    Scenario(
        "extend and buy, while time runs out and another wants it",
        reserved(1, 14),
        (
            (on_reservation("extend", ttl_s=900), order_from("reservation", "o-a")),
            (later(2), expire),
            (order("o-c"),),
        ),
    ),
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
        "more of an order, the last unit, a cancellation",
        placed(("WH", "A1", 1)),
        ((preview("o-1", 2), confirm("o-1")), (order("o-b"),), (cancel("o-1"),)),
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
"""Two or three clients of up to three verbs: seeded schedules. Of three, one may free two at once, which
PostgreSQL then runs side by side to their next step: such a schedule need not be the same twice.
"""
