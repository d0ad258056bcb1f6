"""Prices by breadth: broad nodes are spared where others have the SKU, and only as far as it costs little."""

import numpy as np
import pytest

from routing.breadth import breadth_bids, breadth_prices
from routing.network import build_network
from routing.network_spec import NetworkSpec, NodeSpec, TariffSpec
from routing.policy import Policy
from routing.replay.policies import POLICIES
from routing.replay.simulate import simulate
from tests.replay.world import ground, sent, stream

SPEC = NetworkSpec(
    version=1,
    currency="USD",
    nodes=(
        NodeSpec("broad", 0.0, 0.0, "US", "UTC", fixed_minor=40),
        NodeSpec("narrow", 0.0, 1.0, "US", "UTC", fixed_minor=60),
        NodeSpec("shut", 0.0, 2.0, "US", "UTC", fixed_minor=1, active=False),
    ),
    tariffs=(TariffSpec("t", ((100, 160), (1_000, 300))),),
)


def bids(available: list[list[int]], quantity: list[int], breadth: list[float]) -> np.ndarray:
    return breadth_bids(100.0, np.array(quantity), np.array(available), np.array(breadth))


def test_a_line_costs_more_at_the_broader_node_whatever_its_quantity() -> None:
    found = bids([[5, 5], [50, 50]], [1, 10], [0.9, 0.1])
    assert found[0] == pytest.approx([40.0, 0.0])
    assert found[1] * 10 == pytest.approx([40.0, 0.0])


def test_what_one_node_alone_has_is_free_there_and_nothing_has_a_price_where_it_is_not() -> None:
    assert (bids([[5, 0, 0], [0, 0, 0]], [1, 1], [1.0, 0.5, 0.5]) == 0).all()


def test_the_more_of_it_lies_at_the_broad_node_the_less_it_is_spared() -> None:
    scarce, ample = bids([[1, 9], [9, 1]], [1, 1], [1.0, 0.0])[:, 0]
    assert scarce == pytest.approx(90.0)
    assert ample == pytest.approx(10.0)


def test_a_broad_node_is_not_spared_where_another_that_has_the_line_is_as_broad() -> None:
    alone, beside = bids([[1, 1, 0], [1, 1, 1]], [1, 1], [0.9, 0.1, 0.9])[:, 0]
    assert alone == pytest.approx(40.0)
    assert beside == pytest.approx(100 * (0.9 * 0.1 - 0.1 * 0.1) * 2 / 3)


@pytest.mark.parametrize("seed", range(20))
def test_no_line_is_ever_felt_to_cost_more_than_the_weight_says(seed: int) -> None:
    chance = np.random.default_rng(seed)
    available, quantity = chance.integers(0, 9, (6, 5)), chance.integers(1, 30, 6)
    found = breadth_bids(100.0, quantity, available, chance.random(5))
    assert (found >= 0).all()
    assert (found * quantity[:, None] <= 100.0 + 1e-9).all()
    somewhere = (available > 0).any(axis=1)
    assert (np.where(available > 0, found, np.inf).min(axis=1)[somewhere] == 0).all(), "some node is free"


def test_prices_are_in_cheapest_parcels_of_the_network_and_off_at_weight_0() -> None:
    network = build_network(SPEC)
    assert network.opening_minor == 40 + 160
    asked = (np.array([1]), np.array([[5, 5, 0]]), np.array([1.0, 0.0, 0.0]))
    found = breadth_prices(network, Policy(breadth_weight=2.0), *asked)
    assert found.bid_minor is not None
    assert found.bid_minor.tolist() == [[200.0, 0.0, 0.0]]
    assert breadth_prices(network, Policy(breadth_weight=0.0), *asked).bid_minor is None


def test_sparing_takes_a_lone_line_from_the_narrow_node_and_keeps_a_whole_basket_together() -> None:
    """Node 0 is broad and nearer, node 2 has one of the SKUs for 100 more a parcel."""
    there = ground([[1, 0, 1], [1, 0, 0]], weight_g=(400, 500))
    lone, both = stream(3, {0: 1}), stream(3, {0: 1, 1: 1})
    assert [node for _, node, _ in sent(there, lone, POLICIES["cheapest"])] == [0]
    assert [node for _, node, _ in sent(there, lone, POLICIES["sparing"])] == [2]
    assert [node for _, node, _ in sent(there, both, POLICIES["sparing"])] == [0]


def test_over_a_stream_the_unit_that_was_spared_saves_a_parcel() -> None:
    there = ground([[1, 0, 1], [1, 0, 0]], weight_g=(400, 500))
    orders = stream(3, {0: 1}, {0: 1, 1: 1})
    myopic, spared = (simulate(there, orders, POLICIES[name]) for name in ("cheapest", "sparing"))
    assert (myopic.parcels, spared.parcels) == (3, 2)
    assert spared.cost_minor < myopic.cost_minor
