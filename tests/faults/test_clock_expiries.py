"""What was promised until a time is not taken away by one clock that jumps ahead of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from oms.actors import Role
from tests.api.test_sessions import Visitor
from tests.checkout.conftest import Shop, basket
from tests.courier.conftest import Road
from tests.courier.conftest import road as road
from tests.faults.test_clock import reserve, work_through
from tests.handover.test_pickups import waiting
from tests.handover.work import done, states
from tests.support import HOME, stock_up

AHEAD = {"days": 30}


def to_the_present(shop: Shop, **before: float) -> None:
    """Both clocks agree; or this process's is so far behind."""
    now = datetime.now(UTC) - timedelta(**before)
    shop.watch.forward(seconds=(now - shop.watch.now()).total_seconds())


def back(shop: Shop) -> None:
    shop.watch.forward(**{name: -value for name, value in AHEAD.items()})


def ordered(shop: Shop, held: str, id: str = "o") -> Any:
    lines = [line | {"unit_price_minor": 1000} for line in basket(("A1", 1))]
    body = {"channel": "web", "currency": "USD", "destination": HOME, "reservation_id": held, "lines": lines}
    return shop.web.put(f"/v1/orders/{id}", json=body)


def group_state(shop: Shop, held: str) -> Any:
    return shop.scalar("SELECT state FROM reservation_group WHERE id = :id", id=held)


def test_a_reservation_stays_and_is_sold_as_held(shop: Shop) -> None:
    to_the_present(shop)
    held, later = reserve(shop), reserve(shop)
    shop.watch.forward(**AHEAD)
    work_through(shop)
    assert shop.web.get(f"/v1/reservations/{held}").json()["state"] == "active"
    assert shop.post(f"/v1/reservations/{later}/extend", {"ttl_s": 1800}).status_code == 200
    assert ordered(shop, held).status_code == 201
    back(shop)
    assert ordered(shop, later, "o-2").status_code == 201


def test_the_last_unit_is_not_sold_to_somebody_else(shop: Shop) -> None:
    to_the_present(shop)
    with shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE position SET safety_stock = on_hand"))
    stock_up(shop.runtime, ("WH", "A1", 1))
    held = reserve(shop)
    shop.watch.forward(**AHEAD)
    refused = shop.place("o-else", ("A1", 1), method="ship")
    assert (refused.status_code, group_state(shop, held)) == (409, "active"), refused.text
    back(shop)
    assert ordered(shop, held).status_code == 201


def test_what_is_over_by_both_clocks_is_over(shop: Shop) -> None:
    to_the_present(shop, hours=2)
    held = reserve(shop)
    shop.watch.forward(hours=1)
    work_through(shop)
    assert group_state(shop, held) == "expired"
    answer = ordered(shop, held)
    assert (answer.status_code, answer.json()["code"]) == (410, "reservation_expired")


def test_goods_wait_at_the_counter_for_who_was_told_so(shop: Shop) -> None:
    to_the_present(shop)
    id, order = waiting(shop, ("A1", 2))
    shop.watch.forward(**AHEAD)
    work_through(shop)
    assert states(shop, "o-1") == ["ready_for_pickup"]
    back(shop)
    done(shop, f"/v1/pickups/{id}/verify", {"code": order["pickups"][0]["code"]})
    assert done(shop, f"/v1/pickups/{id}/collect")["state"] == "collected"


def test_work_offered_to_a_node_is_not_taken_from_it(shop: Shop) -> None:
    to_the_present(shop)
    assert shop.place("o", ("A1", 1), method="ship").status_code == 201
    offer = "UPDATE fulfilment_order SET state = 'offered', offer_expires_at = :at"
    with shop.runtime.engine.begin() as conn:
        conn.execute(text(offer), {"at": shop.watch.now() + timedelta(minutes=30)})
    shop.watch.forward(**AHEAD)
    work_through(shop)
    assert states(shop, "o") == ["offered"]
    back(shop)
    assert done(shop, "/v1/fulfilment-orders/o-1/accept")["state"] == "accepted"


def test_a_courier_s_run_goes_on_through_jumps(road: Road) -> None:
    """The phone's clock is right all the while; the server's is not."""
    shop = road.shop
    to_the_present(shop)
    jobs = [road.ready(f"o-{n}", ("A1", 1)) for n in (1, 2)]
    run = road.run(*jobs)
    first, second = (stop["id"] for stop in run["stops"])
    phone = shop.watch.now()
    steps = ("accepted", "en_route_to_pickup", "arrived_at_pickup", "picked_up", "en_route_to_dropoff")
    jumps = ({"hours": -5}, {"hours": 9}, {"days": -2}, {"days": 3}, {"hours": -30})
    sent = []
    for number, (step, jump) in enumerate(zip(steps, jumps, strict=True)):
        shop.watch.forward(**jump)
        told = [road.event(stop, step, phone + timedelta(minutes=number)) for stop in (first, second)]
        assert [one["result"] for one in road.send(*told)] == ["applied", "applied"], step
        work_through(shop)
        sent += told
    assert {one["result"] for one in road.send(*sent)} == {"duplicate"}
    done_at = phone + timedelta(minutes=9)
    road.tell(first, "completed", at=done_at, outcome="delivered")
    road.tell(second, "completed", at=done_at, outcome="delivered")
    ended = shop.post(f"/v1/courier/runs/{run['id']}/end", None, road.driver)
    assert ended.status_code == 200, ended.text
    assert [road.job(f"o-{n}") for n in (1, 2)] == ["completed", "completed"]
    assert [road.in_van(job) for job in jobs] == [0, 0]
    shop.audit()


def test_a_session_is_there_again_when_the_clock_is(shop: Shop) -> None:
    to_the_present(shop)
    key = shop.client(Role.BACKOFFICE).headers["Authorization"].split()[1]
    mine, out = (Visitor.signed_in(shop.runtime, key) for _ in range(2))
    out.sign_out()
    shop.watch.forward(**AHEAD)
    assert not mine.inside
    Visitor.signed_in(shop.runtime, key).sign_out()  # which forgets those that are over by both clocks
    back(shop)
    shop.runtime.refresher.look()
    assert mine.inside and not out.inside


@pytest.mark.parametrize("hours", [-6, 6])
def test_a_session_begun_under_a_wrong_clock_is_good_for_half_a_day_at_most(shop: Shop, hours: int) -> None:
    to_the_present(shop)
    key = shop.client(Role.BACKOFFICE).headers["Authorization"].split()[1]
    shop.watch.forward(hours=hours)
    mine = Visitor.signed_in(shop.runtime, key)
    assert mine.inside
    shop.watch.forward(hours=-hours)
    assert mine.inside is (hours < 0), "from the future nobody comes"
    good = 0
    for _ in range(30):
        shop.watch.forward(hours=1)
        good += mine.inside
    assert good == (12 if hours > 0 else 5)
