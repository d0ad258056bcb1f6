"""One key cannot starve the rest, is told how much is left, and checkout is the last to be refused."""

import re

import pytest

from api.limits import RESERVE, WINDOW_S, Bucket
from oms.actors import Role
from tests.api.conftest import Client
from tests.api.test_problems import assert_problem
from tests.api.walking import sign_in
from tests.checkout.conftest import Shop, basket
from tests.checkout.conftest import shop as shop
from tests.support import HOME


def test_a_bucket_empties_and_fills_evenly() -> None:
    bucket = Bucket(quota=60, left=60, at_s=0.0, policy=b"")
    assert [bucket.take(0.0, 0.0) for _ in range(60)] == [0.0] * 60
    assert bucket.take(0.0, 0.0) == pytest.approx(1.0)
    assert bucket.take(1.0, 0.0) == 0.0
    assert bucket.take(1.0, 0.0) == pytest.approx(1.0)
    assert bucket.take(1.0 + 2 * WINDOW_S, 0.0) == 0.0
    assert bucket.left == 59


def test_everything_but_checkout_stops_at_the_reserve() -> None:
    bucket = Bucket(quota=10, left=10, at_s=0.0, policy=b"")
    floor = RESERVE * 10
    taken = 0
    while bucket.take(0.0, floor) == 0.0:
        taken += 1
    assert taken == 8
    assert [bucket.take(0.0, 0.0) for _ in range(2)] == [0.0, 0.0]
    assert bucket.take(0.0, 0.0) > 0


def test_the_headers_count_down_and_the_refusal_says_when(client: Client) -> None:
    office = client(Role.BACKOFFICE, rate_per_minute=10)
    answers = [office.get("/v1/events") for _ in range(9)]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=10;w=60'
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers[:8]] == [
        f"r={n}" for n in range(7, -1, -1)
    ]
    assert_problem(answers[8], 429, "rate_limited")
    assert int(answers[8].headers["retry-after"]) in (5, 6)


def test_one_key_does_not_use_up_another(client: Client) -> None:
    first, second = client(Role.BACKOFFICE, rate_per_minute=2), client(Role.BACKOFFICE, rate_per_minute=2)
    assert [first.get("/v1/events").status_code for _ in range(2)] == [200, 429]
    assert second.get("/v1/events").status_code == 200


def test_checkout_passes_where_everything_else_is_refused(shop: Shop) -> None:
    """The last fifth of the bucket, over HTTP."""
    office = shop.client(Role.BACKOFFICE, rate_per_minute=10)
    assert [office.get("/v1/events").status_code for _ in range(9)] == [200] * 8 + [429]
    ask = {"lines": basket(("A1", 1)), "destination": HOME, "channel": "web"}
    asked = [office.post("/v1/promises", json=ask) for _ in range(3)]
    assert [answer.status_code for answer in asked] == [200, 200, 429], asked[0].text
    assert office.get("/v1/events").status_code == 429


def test_pages_are_of_the_same_bucket(client: Client) -> None:
    office = client(Role.BACKOFFICE, rate_per_minute=10)
    assert office.get("/v1/events").status_code == 200
    sign_in(office)
    seen = [office.get("/app/orders") for _ in range(7)]
    assert [answer.status_code for answer in seen] == [200] * 6 + [429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in seen[:2]] == ["r=5", "r=4"]
    assert int(seen[6].headers["retry-after"]) in (5, 6)
    assert seen[6].headers["content-type"].startswith("text/html")
    assert "Too many requests with this key; slow down. Try again in" in seen[6].text
    assert office.get("/v1/events").status_code == 429
    assert office.get("/app/static/page.css").status_code == 200, "a file is nobody's request"


def test_a_form_is_one_request_whatever_it_calls(shop: Shop) -> None:
    assert shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    office = shop.client(Role.BACKOFFICE, rate_per_minute=100)
    sign_in(office)
    page = office.get("/app/orders/o-1")
    (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
    form = {"csrf": csrf, "once": "once-1", "do": "cancel"}
    done = office.post("/app/orders/o-1", data=form, follow_redirects=False)
    assert done.status_code == 303, done.text
    left = [answer.headers["ratelimit"].split(";")[1] for answer in (page, done)]
    assert left == ["r=78", "r=77"]
    assert shop.admin.get("/v1/orders/o-1").json()["status"] == "cancelled"
