"""Processes are killed at random instants under load; the full form is `python -m benchmarks.crash`."""

from __future__ import annotations

import secrets
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.crash import run, wrongs
from benchmarks.crash_clients import Ask, Told
from benchmarks.crash_house import KINDS
from benchmarks.crash_proof import Books, compared

KILLS, CLIENTS = 4, 6


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_kills_lose_nothing_and_do_nothing_twice() -> None:
    seed = secrets.randbelow(1_000_000)
    print(f"Seed {seed}")
    figures = run(seed, KILLS, CLIENTS, gap_s=1.0)
    said = {name: value for name, value in figures.items() if name != "schedule"}
    assert not wrongs(figures), (seed, figures["schedule"], wrongs(figures), said)
    assert [figures["killed"][kind]["kills"] for kind in KINDS] == [KILLS // len(KINDS)] * len(KINDS)
    assert figures["orders_acknowledged"] > CLIENTS and figures["retries"] > 0, said
    assert figures["replays"] > figures["orders_acknowledged"] and figures["events"] > 0, said


def order(id: str, status: int = 0) -> Told:
    body = {"lines": [{"sku": "A", "quantity": 2}]}
    return Told(Ask("order", "PUT", f"/v1/orders/{id}", body), status)


def row(**other: Any) -> Any:
    whole = {"status": "open", "answered": True, "lines": {"A": 2}, "units": 2, "worked": 2}
    return SimpleNamespace(**(whole | {"told": 1, "decided": 1} | other))


def delivery(status: int) -> Told:
    lines = [{"reference": "po-1/0"}, {"reference": "po-1/1"}]
    return Told(Ask("receive", "POST", "/v1/stock/movements", {"movements": lines}, "k"), status)


def books(orders: dict[str, Any], receipts: dict[str, int] | None = None) -> Books:
    return Books(orders, Counter(receipts or {}), {"res": "active"}, 0)


def test_what_was_lost_or_halved_would_be_seen() -> None:
    told = [order("a", 201), order("b", 201), order("c"), order("d")]
    found = compared(books({"a": row(), "c": row(), "x": row()}), told)
    assert (found["orders_unacknowledged_whole"], found["orders_unacknowledged_absent"]) == (1, 1)
    assert (found["acknowledged_missing"], found["never_asked"]) == (1, 1)
    for half in ({"told": 0}, {"told": 2}, {"worked": 1}, {"lines": {"A": 1}}, {"answered": False}):
        assert compared(books({"c": row(**half)}), [order("c")])["orders_not_whole"] == 1


def test_what_was_entered_twice_or_not_taken_back_would_be_seen() -> None:
    once, twice, half = (
        {"po-1/0": 1, "po-1/1": 1},
        {"po-1/0": 2, "po-1/1": 2},
        {"po-1/0": 1},
    )
    wrong = [compared(books({}, found), [delivery(201)])["deliveries_wrong"] for found in (once, twice, half)]
    assert wrong == [0, 1, 1]
    assert compared(books({}), [delivery(0)])["deliveries_wrong"] == 0
    assert compared(books({}), [delivery(201)])["deliveries_wrong"] == 1
    void = Told(Ask("void", "POST", "/v1/reservations/res/void"), 200)
    cancel = Told(Ask("cancel", "POST", "/v1/orders/a/cancel"), 200)
    found = compared(books({"a": row()}), [order("a", 201), void, cancel])
    assert (found["voided_not"], found["cancelled_not"]) == (1, 1)
