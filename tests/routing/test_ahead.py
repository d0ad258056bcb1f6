"""What a unit, and room on a node's day, are worth to later orders, as an order feels it."""

from datetime import date

import numpy as np

from routing.ahead import MOST_PARCELS, above_least, ahead_prices, day_prices, days_above_least
from routing.network import build_network
from routing.network_spec import NetworkSpec, NodeSpec, TariffSpec
from routing.policy import Policy
from routing.promise_values import Prices

NETWORK = build_network(
    NetworkSpec(
        version=1,
        currency="USD",
        nodes=tuple(NodeSpec(id, 40.0, -74.0, "US", "UTC", fixed_minor=100) for id in ("A", "B", "C")),
        tariffs=(TariffSpec("only", ((1000, 400),)),),
    )
)


def test_what_one_node_alone_has_is_free() -> None:
    worth, available = np.array([[700.0, 200.0, 0.0]]), np.array([[3, 0, 0]])
    assert above_least(worth, available).tolist() == [[0.0, 0.0, 0.0]]


def test_only_the_difference_to_the_least_worth_is_felt() -> None:
    worth, available = np.array([[700.0, 200.0, 0.0]]), np.array([[3, 1, 0]])
    assert above_least(worth, available).tolist() == [[500.0, 0.0, 0.0]]


def test_no_unit_is_worth_more_than_some_parcels() -> None:
    worth, available = np.array([[1e9, 0.0, 10.0]]), np.array([[1, 1, 1]])
    felt = ahead_prices(NETWORK, Policy(lookahead_weight=1.0), Prices(), worth, available).bid_minor
    assert felt is not None and felt.tolist() == [[MOST_PARCELS * 500.0, 0.0, 10.0]]


def test_prices_add_up_and_weigh_what_the_policy_says() -> None:
    worth, available = np.array([[80.0, 0.0, 0.0]]), np.array([[1, 1, 1]])
    before = Prices(bid_minor=np.array([[1.0, 2.0, 3.0]]))
    felt = ahead_prices(NETWORK, Policy(lookahead_weight=0.5), before, worth, available).bid_minor
    assert felt is not None and felt.tolist() == [[41.0, 2.0, 3.0]]


def test_only_the_difference_to_the_least_busy_node_of_the_day_is_felt() -> None:
    days = np.array([[700.0, 50.0], [200.0, 0.0], [300.0, 90.0]])
    assert days_above_least(days).tolist() == [[500.0, 50.0], [0.0, 0.0], [100.0, 90.0]]


def test_room_is_weighed_as_units_are_and_found_by_date() -> None:
    first, worth = date(2026, 1, 12), np.array([[80.0, 1e9], [0.0, 6.0], [0.0, 0.0]])
    felt = day_prices(NETWORK, Policy(lookahead_weight=0.5), first, worth)
    assert felt.minor.tolist() == [[40.0, MOST_PARCELS * 500.0], [0.0, 3.0], [0.0, 0.0]]
    nodes, day = np.array([0, 1, 0, 1]), np.array([2, 3, 1, 4])
    assert felt.of(nodes, date(2026, 1, 10), day).tolist() == [40.0, 3.0, 0.0, 0.0]
