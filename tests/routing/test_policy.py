"""What is felt but not paid: compiled into the problem, told apart in the cost to serve."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest

from routing.network import DeliverySpec, LaneSpec
from routing.network_spec import EVERY_DAY
from routing.policy import Policy
from routing.promise import Basket, Capacity, Offer, Prices, offer
from routing.promise_values import DayPrices
from tests.routing.shop import NEW_YORK, WEDNESDAY, line, network, node, offered, only, stock

DAILY = DeliverySpec("US", weekdays=EVERY_DAY, holidays=False)
LANES = (LaneSpec("flat", 1, up_to_km=500, co2_g_per_kg_km=0.1), LaneSpec("flat", 4, co2_g_per_kg_km=0.1))
NEAR = node("NEAR", reject_probability=0.2)
FAR = node("FAR", 34.05, -118.24)
NET = network(NEAR, FAR, lanes=LANES, deliveries=(DAILY,))


def test_weights_are_compiled_into_the_problem() -> None:
    policy = Policy(
        late_day_minor=100,
        parcel_minor=7,
        co2_minor_per_kg=1000,
        resource_minor=50,
        unfilled_penalty_minor=9_999,
    )
    option = only(offered(NET, {"FAR": {"1": 2}}, line("1", 2, weight_g=500), policy=policy))
    problem, cost = option.problem, option.cost_to_serve
    far_km = NET.distances_m(NEW_YORK.lat, NEW_YORK.lon)[1] / 1000
    assert problem.unfilled_penalty_minor == 9_999
    assert problem.arrive_day.tolist() == [5]
    assert problem.parcel_price_minor.tolist() == [507.0]
    assert problem.bid_price_minor[0, 0] == pytest.approx(1000 * 0.1 * 0.5 * far_km / 1000)
    assert cost.lateness_minor == 500
    assert cost.parcel_minor == 7
    assert cost.co2_minor == pytest.approx(2 * problem.bid_price_minor[0, 0])
    assert option.plan.objective_minor == pytest.approx(cost.cost_minor + cost.felt_minor)


def test_a_node_that_often_rejects_is_charged_for_it() -> None:
    units = {"NEAR": {"1": 1}}
    cost = only(offered(NET, units, line("1"), policy=Policy(resource_minor=400))).cost_to_serve
    assert cost.rejection_minor == pytest.approx(80.0)
    assert cost.cost_minor == only(offered(NET, units, line("1"))).cost_to_serve.cost_minor


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [(Policy(), "FAR"), (Policy(late_day_minor=100), "NEAR"), (Policy(co2_minor_per_kg=1000), "NEAR")],
)
def test_a_weight_turns_the_choice(policy: Policy, chosen: str) -> None:
    net = network(node("NEAR", fixed_minor=100), FAR, lanes=LANES, deliveries=(DAILY,))
    found = offered(net, {"NEAR": {"1": 1}, "FAR": {"1": 1}}, line("1", weight_g=1000), policy=policy)
    cheapest = next(option for option in found.options if "cheapest" in option.tags)
    assert cheapest.parcels[0].node == chosen


def test_room_is_felt_on_the_day_a_parcel_leaves_and_not_at_a_counter() -> None:
    lines, tomorrow = (line("1"),), WEDNESDAY + timedelta(days=1)
    there = stock(NET, lines, {"NEAR": {"1": 1}})
    prices = Prices(days=DayPrices(WEDNESDAY.date(), np.array([[900.0, 40.0], [0.0, 0.0]])))

    def felt(method: str, at: datetime) -> float:
        asked = Basket(lines, NEW_YORK, pickup_node="NEAR" if method == "pickup" else None)
        found = offer(NET, asked, there, Capacity(), Policy(), at, (method,), prices)
        return found.options[0].cost_to_serve.opportunity_minor

    assert felt("ship", WEDNESDAY) == 900.0
    assert felt("ship", tomorrow) == 40.0
    assert felt("ship", tomorrow + timedelta(days=1)) == 0.0
    assert felt("pickup", WEDNESDAY) == 0.0


def test_bid_prices_and_capacity_prices_count_but_are_not_paid() -> None:
    lines = (line("1"),)
    there = stock(NET, lines, {"NEAR": {"1": 1}, "FAR": {"1": 1}})

    def ask(prices: Prices) -> Offer:
        return offer(NET, Basket(lines, NEW_YORK), there, Capacity(), Policy(), WEDNESDAY, ("ship",), prices)

    scarce = ask(Prices(bid_minor=np.array([[900.0, 0.0]])))
    busy = ask(Prices(days=DayPrices(WEDNESDAY.date(), np.array([[900.0, 900.0], [0.0, 0.0]]))))
    for found in (scarce, busy):
        cheapest = next(option for option in found.options if "cheapest" in option.tags)
        fastest = next(option for option in found.options if "fastest" in option.tags)
        assert cheapest.parcels[0].node == "FAR"
        assert fastest.parcels[0].node == "NEAR"
        assert fastest.cost_to_serve.opportunity_minor == 900.0
        assert fastest.cost_to_serve.cost_minor == cheapest.cost_to_serve.cost_minor
