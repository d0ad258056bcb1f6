"""Two at once, on real threads: one winner, one named refusal, nothing lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from oms.usecases.offers import expire_offers
from oms.usecases.resourcing import resource_orders
from tests.checkout.conftest import Shop
from tests.nodes.conftest import act, jobs, offered, seen

ROUNDS = 4
UNITS = """
    SELECT jsonb_build_array((SELECT coalesce(sum(quantity), 0) FROM reservation WHERE state = 'held'),
        (SELECT sum(reserved) FROM position),
        (SELECT coalesce(sum(quantity), 0) FROM resourcing WHERE resolved_at IS NULL))
"""


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    barrier = Barrier(len(deeds))

    def run(deed: Callable[[], Any]) -> Any:
        barrier.wait()
        return deed()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result() for future in [pool.submit(run, deed) for deed in deeds]]


@pytest.mark.parametrize("round", range(ROUNDS))
def test_reject_while_the_customer_cancels(shop: Shop, round: int) -> None:
    id = offered(shop, "o-1", ("C3", 2))
    said = at_once(
        lambda: act(shop, id, "reject", reason="no_staff"),
        lambda: shop.post("/v1/orders/o-1/cancel", {}),
    )
    assert said[1].status_code == 200, "an order nobody has picked can always be cancelled"
    assert said[0].status_code == 200 or said[0].json()["code"] == "illegal_transition"
    resource_orders(shop.runtime)
    order = seen(shop, "o-1")
    assert (order["status"], order["lines"][0]["cancelled"]) == ("cancelled", 2)
    assert {state for _, state in jobs(shop, "o-1").values()} <= {"cancelled", "rejected"}
    assert shop.scalar(UNITS) == [0, 0, 0]


def test_one_of_two_rejects_counts(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    said = at_once(*[lambda: act(shop, id, "reject", reason="mismatch")] * 3)
    assert sorted(answer.status_code for answer in said) == [200, 409, 409]
    assert [node for node, _ in jobs(shop, "o-1").values()] == ["ST-2", "FAR"]
    assert shop.scalar("SELECT count(*) FROM movement WHERE cause = 'short'") == 1
    assert shop.scalar(UNITS) == [1, 1, 0]


def test_accepting_at_the_last_moment_is_in_time_or_too_late(shop: Shop) -> None:
    id = offered(shop, "o-1", ("C3", 1))
    shop.watch.forward(minutes=30)
    said = at_once(lambda: act(shop, id, "accept"), lambda: expire_offers(shop.runtime))
    state = jobs(shop, "o-1")[id][1]
    assert (said[0].status_code, said[1], state) in ((200, 0, "accepted"), (409, 1, "expired"))
    assert shop.scalar(UNITS) == [1, 1, 0]


def test_moving_while_it_is_rejected(shop: Shop) -> None:
    id = offered(shop, "o-1", ("A1", 1))
    other = "ST-1" if jobs(shop, "o-1")[id][0] == "WH" else "WH"
    said = at_once(
        lambda: act(shop, id, "reject", reason="no_staff"), lambda: act(shop, id, "move", node=other)
    )
    assert sorted(answer.status_code for answer in said) in ([200, 409], [409, 409])
    assert shop.scalar(UNITS) == [1, 1, 0]
