"""Pages ask who somebody is before they show anything, and a form is read to the letter."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from api.access import ACCESS
from api.pages.app import ROUTERS
from api.pages.desk import ROOMS
from api.pages.forms import Form
from api.pages.render import window
from oms.actors import Role
from oms.refusals import Refused
from tests.api.conftest import Client

ASKS = "at.<locals>.desk"


def test_every_page_but_the_door_asks_who_it_is() -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    open_to_all = {
        route.path
        for route in routes
        if not any(getattr(one.call, "__qualname__", "") == ASKS for one in route.dependant.dependencies)
    }
    assert open_to_all == {"/sign-in"}
    assert len(routes) > 20


def test_every_room_shows_an_endpoint() -> None:
    assert all(("GET", endpoint) in ACCESS for _, _, endpoint in ROOMS)


def test_a_storefront_key_opens_no_session(client: Client) -> None:
    shop = client(Role.STOREFRONT, channels=["web"])
    key = shop.headers["Authorization"].removeprefix("Bearer ")
    answer = shop.post("/app/sign-in", data={"key": key}, follow_redirects=False)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_page_of_another_role_is_refused_and_a_form_without_its_session_too(client: Client) -> None:
    courier = client(Role.COURIER)
    key = courier.headers["Authorization"].removeprefix("Bearer ")
    cookie = courier.post("/app/sign-in", data={"key": key}, follow_redirects=False).headers["set-cookie"]
    courier.headers["Cookie"] = cookie.partition(";")[0]
    assert courier.get("/app/orders").status_code == 403
    assert courier.get("/app/runs").status_code == 200
    assert courier.get("/app/runs/none%00").status_code == 400
    assert courier.post("/app/runs", data={"do": "plan"}).status_code == 403
    assert courier.post("/app/runs", data={"do": "x" * 300_000}).status_code == 413
    assert courier.post("/app/runs", data={"do": "pl\0an"}).status_code == 400


@pytest.mark.parametrize(
    ("said", "currency", "minor"),
    [
        ("12.99", "USD", 1299),
        ("12,9", "EUR", 1290),
        ("5.", "GBP", 500),
        ("1200", "JPY", 1200),
        ("", "USD", None),
    ],
)
def test_amounts_as_people_write_them(said: str, currency: str, minor: int | None) -> None:
    assert Form([("amount", said)]).minor("amount", currency) == minor


@pytest.mark.parametrize("said", ["-1", "1.234", "1e9", "NaN", "1.2.3", "٣", ".5", "9" * 40])
def test_amounts_that_mean_nothing(said: str) -> None:
    with pytest.raises(Refused):
        Form([("amount", said)]).minor("amount", "USD")


def test_fields_by_line() -> None:
    form = Form([("units:1", "2"), ("units:1/A1", " 3 "), ("units:2", ""), ("other:1", "4"), ("units", "9")])
    assert form.numbers("units") == {"1": 2, "1/A1": 3}
    with pytest.raises(Refused):
        Form([("units:1", "two")]).numbers("units")


MORNING, NOON = "2026-01-14T08:00:00+00:00", "2026-01-14T12:00:00+00:00"


@pytest.mark.parametrize(
    ("begins", "ends", "zone", "said"),
    [
        (MORNING, NOON, "UTC", "Wed 14 Jan 2026, 08:00 to 12:00 UTC"),
        (None, NOON, "UTC", "by Wed 14 Jan 2026, 12:00 UTC"),
        (
            "2026-01-14T02:00:00+00:00",
            NOON,
            "America/New_York",
            "between Tue 13 Jan 2026, 21:00 EST and Wed 14 Jan 2026, 07:00 EST",
        ),
        (
            "2026-03-29T00:30:00+00:00",
            "2026-03-29T02:30:00+00:00",
            "Europe/London",
            "Sun 29 Mar 2026, 00:30 GMT to 03:30 BST",
        ),
    ],
)
def test_windows_as_people_say_them(begins: str | None, ends: str, zone: str, said: str) -> None:
    assert window({"from": begins, "to": ends}, zone) == said
