"""The clock of the machine jumps: nothing is refused for it without a name, lost, or done twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.jobs import PERIODIC
from oms.store import outbox
from tests.checkout.conftest import Shop, basket
from tests.operate.test_people import EVERYTHING, PERSONAL, ended
from tests.support import HOME, stock_up

JUMPS = (
    {"hours": -3},
    {"hours": 5},
    {"days": -1},
    {"days": 2},
    {"minutes": -90},
    {"days": -2},
    {"days": 1, "hours": 1},
)
"""One after the other; they end an hour and a half behind where they began."""


def work_through(shop: Shop) -> None:
    """What a worker does, at the instant that the clock shows."""
    for _, job in PERIODIC:
        job(shop.runtime)
    with shop.runtime.engine.begin() as conn:
        outbox.publish(conn)


def told(shop: Shop, type: str) -> list[str]:
    """Of which orders the feed says so, in its order."""
    items = shop.admin.get("/v1/events", params={"limit": 200, "type": type}).json()["items"]
    return [one["subject_id"] for one in items]


def reserve(shop: Shop) -> Any:
    ask = {"lines": basket(("A1", 1)), "destination": HOME, "methods": ["ship"]}
    answer = shop.post("/v1/promises", ask | {"reserve": {"option": "cheapest", "ttl_s": 900}})
    assert answer.status_code == 200, answer.text
    return answer.json()["reservation"]["reservation_id"]


def test_orders_go_on_through_every_jump_and_each_is_placed_once(shop: Shop) -> None:
    stock_up(shop.runtime, ("WH", "A1", 100), ("WH", "B2", 100))
    first = {}
    for number, jump in enumerate(({"hours": 0}, *JUMPS)):
        shop.watch.forward(**jump)
        id = f"o{number}"
        first[id] = shop.place(id, ("A1", 1), ("B2", 1), method="ship")
        assert first[id].status_code == 201, first[id].text
        held = reserve(shop)
        path = f"/v1/reservations/{held}"
        assert shop.post(f"{path}/{('void', 'extend')[number % 2]}", {"ttl_s": 900}).status_code in (200, 400)
        work_through(shop)
        shop.audit()
    for id, answer in first.items():
        again = shop.place(id, ("A1", 1), ("B2", 1), method="ship")
        assert (again.status_code, again.content) == (200, answer.content)
    assert shop.scalar('SELECT count(*) FROM "order"') == len(first)
    assert told(shop, "order.placed") == list(first), "events keep the order in which it happened"


def receive_once(shop: Shop) -> int:
    """How often the goods have come in after their receipt was sent (again)."""
    receive = {"node": "WH", "sku": "A1", "cause": "receive", "quantity": 5, "reference": "po-1"}
    answer = shop.post("/v1/stock/movements", {"movements": [receive]}, shop.admin, key="once")
    assert answer.status_code == 201
    return int(shop.scalar("SELECT count(*) FROM movement WHERE reference = 'po-1'"))


@pytest.mark.parametrize(
    "jumps",
    [
        pytest.param(({"hours": -20}, {"hours": 40}, {"hours": -40}), id="hours"),
        pytest.param(({"days": 2}, {"days": -2}), id="forgotten by a clock ahead"),
        pytest.param(({"days": -3}, {"days": 3}), id="behind and back"),
        pytest.param(({"days": 40}, {"days": -400}, {"days": 360}), id="far"),
    ],
)
def test_a_repetition_is_known_across_jumps(shop: Shop, jumps: tuple[dict[str, int], ...]) -> None:
    assert receive_once(shop) == 1
    for jump in jumps:
        shop.watch.forward(**jump)
        work_through(shop)
        assert receive_once(shop) == 1


def test_what_was_answered_under_a_clock_behind_is_not_old(shop: Shop) -> None:
    shop.watch.forward(days=-3)
    assert receive_once(shop) == 1
    shop.watch.forward(days=3)
    work_through(shop)
    assert receive_once(shop) == 1


def test_nothing_is_forgotten_by_one_wrong_clock(shop: Shop) -> None:
    """What goes by its age goes when the database's clock says so too."""
    shop.watch.forward(seconds=(datetime.now(UTC) - shop.watch.now()).total_seconds())
    ended(shop)
    months = dict.fromkeys(("event_months", "ledger_months"), 2)
    rules = dict.fromkeys(("contact_days", "address_days", "courier_days"), 30) | months
    assert shop.admin.put("/v1/retention", json=rules).status_code == 200
    shop.runtime.refresher.look()
    work_through(shop)
    work_through(shop)  # what is old by both leaves, once its events have their numbers
    parts = """SELECT array_agg(inhrelid::regclass::text ORDER BY 1) FROM pg_inherits
        WHERE inhparent::regclass::text IN ('outbox', 'movement')"""
    before, there = shop.scalar(EVERYTHING).lower(), shop.scalar(parts)
    shop.watch.forward(days=400)
    work_through(shop)
    said = shop.scalar(EVERYTHING).lower()
    assert [one for one in PERSONAL if one in before and one not in said] == []
    assert "quibble" in said and set(there) <= set(shop.scalar(parts))


@pytest.mark.parametrize("hours", [6, -6])
def test_what_was_held_is_sold_as_held_or_refused_by_name(shop: Shop, hours: int) -> None:
    held = reserve(shop)
    shop.watch.forward(hours=hours)
    work_through(shop)
    body = {"channel": "web", "currency": "USD", "destination": HOME, "reservation_id": held}
    lines = [line | {"unit_price_minor": 1000} for line in basket(("A1", 1))]
    answer = shop.web.put("/v1/orders/o", json=body | {"lines": lines})
    if hours < 0:
        assert answer.status_code == 201, answer.text
    else:
        assert (answer.status_code, answer.json()["code"]) == (410, "reservation_expired")
        assert answer.json()["fresh"]["options"], "with what can be promised now"


def test_work_begun_under_a_wrong_clock_goes_on_under_the_right_one(shop: Shop) -> None:
    """A worker whose clock was a day ahead left instants in the future behind; nobody has to clear them."""
    assert shop.place("o", ("A1", 1), method="ship").status_code == 201
    shop.watch.forward(days=1)
    work_through(shop)
    shop.watch.forward(days=-1)
    work_through(shop)
    assert shop.place("p", ("A1", 1), method="ship").status_code == 201
    for _ in range(3):
        shop.watch.forward(hours=12)
        work_through(shop)
    assert {"o", "p"} <= set(told(shop, "fulfilment.offered"))
    overdue = "SELECT count(*) FROM fulfilment_order WHERE offer_expires_at < :at AND state = 'offered'"
    assert shop.scalar(overdue, at=shop.watch.now()) == 0
