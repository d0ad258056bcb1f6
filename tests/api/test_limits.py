"""One key cannot starve the rest, is told how much is left, and checkout is the last to be refused."""

import pytest

from api.limits import RESERVE, WINDOW_S, Bucket
from oms.actors import Role
from tests.api.conftest import Client
from tests.api.test_problems import assert_problem


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
