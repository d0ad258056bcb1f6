"""What a unit is worth to later orders, as an order feels it."""

import numpy as np

from routing.ahead import MOST_PARCELS, above_least, ahead_prices
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
