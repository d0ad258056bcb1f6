"""Prices that look ahead: bold where the past bears them out, and never wild where it does not."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from routing.problem import Floats, Ints
from routing.replay.dual import ascend
from routing.replay.forecast import SHAPES, BasketTypes, PastOrders, likelihood
from routing.replay.foresight import HALF_A_UNIT, Foresight, Outlook
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES
from routing.replay.run import Run
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Arrivals, Ground, Stream
from tests.replay.world import ground, ints, random_world, stream


def contended() -> tuple[Ground, Stream]:
    """Orders for S0 alone could come from node 2 for 100 more a parcel; those for both need node 0."""
    orders = [{0: 1} if turn % 2 else {0: 1, 1: 1} for turn in range(120)]
    return ground([[70, 0, 70], [70, 0, 0]], weight_g=(400, 500)), stream(3, *orders)


def test_units_that_later_baskets_need_are_kept_for_them() -> None:
    there, orders = contended()
    myopic = simulate(there, orders, POLICIES["cheapest"], Settings(past=20))
    ahead = simulate(there, orders, POLICIES["lookahead"], Settings(past=20, outlook=Outlook(solves=10)))
    assert myopic.orders == ahead.orders == 100
    assert ahead.filled_units == myopic.filled_units
    assert ahead.cost_minor < myopic.cost_minor
    assert ahead.parcels < myopic.parcels


def test_the_same_seed_looks_the_same_way_ahead() -> None:
    there, orders = random_world(2, 40)
    digests = [
        simulate(there, orders, POLICIES["lookahead"], Settings(outlook=Outlook(solves=4, seed=seed))).digest
        for seed in (1, 1)
    ]
    assert digests[0] == digests[1]


def test_without_a_past_only_broad_nodes_are_spared() -> None:
    there, orders = random_world(2, 12)
    blind = Settings(outlook=Outlook(solves=1))
    assert (
        simulate(there, orders, POLICIES["lookahead"], blind).digest
        == simulate(there, orders, POLICIES["sparing"]).digest
    )


@pytest.mark.parametrize(
    ("days", "comes_h", "scarce"),
    [(1, 40, True), (2, 40, False), (None, 40, False), (1, None, False), (None, None, True)],
)
def test_a_solve_looks_as_far_as_its_horizon(days: int | None, comes_h: int | None, scarce: bool) -> None:
    """A unit is asked for every hour, of one node's. Ten units are too few for a day, but more
    come in within two; sixty are enough for two, but not for the four that are left.
    """
    there = ground([[60, 0, 0] if comes_h is None else [10, 0, 0]])
    orders = stream(3, *({0: 1},) * 120)
    if comes_h is not None:
        at = orders.placed_at[20:21] + np.timedelta64(comes_h, "h")
        orders = replace(orders, arrivals=Arrivals(at, ints(0), ints(0), ints(10_000)))
    horizon = None if days is None else np.timedelta64(days, "D")
    ahead = Foresight(there, orders, Outlook(solves=1, rounds=40, horizon=horizon), 20)
    worth = ahead.prices(20, Run(there, orders, BY_COST))
    assert (worth.units.max() > 0) == scarce


def test_a_price_is_what_others_would_lose_with_one_unit_less() -> None:
    """Five orders will want the five units of node 0; who had to do without one would pay 100 more elsewhere.
    That one unit more would save nothing is no reason to give one away.
    """
    there, orders = ground([[5, 0, 70]]), stream(3, *({0: 1},) * 5)
    run, weights = Run(there, orders, BY_COST), np.ones(5)
    whole = ascend(run, weights, there.on_hand, 60, 10.0).bids[0]
    less = ascend(run, weights, there.on_hand, 60, 10.0, held_back=HALF_A_UNIT).bids[0]
    assert whole.max() == 0
    assert 80 < less[0] < 120
    assert less[1:].max() == 0


@dataclass(frozen=True)
class Sure:
    """All of the pool comes once more, in every future."""

    pool: Stream

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        return np.ones(len(self.pool.order_ids))


@pytest.mark.parametrize(("futures", "least", "most"), [(1, 0, 0), (2, 40, 60), (4, 40, 60)])
def test_a_unit_that_is_just_enough_is_worth_half_of_what_its_loss_costs(
    futures: int, least: float, most: float
) -> None:
    """In every second future one is missing, which costs 100; in the others there is one for each."""
    there, orders = ground([[5, 0, 70]]), stream(3, *({0: 1},) * 5)
    outlook = Outlook(1, futures, rounds=60, step=0.1, forecast=Sure(orders))
    worth = Foresight(there, orders, outlook).worth(0, 5.0, there.on_hand)
    assert least <= worth.units[0, 0] <= most


def test_past_orders_come_again_as_often_as_is_to_be_expected() -> None:
    _, orders = random_world(1, 50)
    chance = np.random.default_rng(0)
    drawn = [PastOrders(orders).future(30, 60.0, chance) for _ in range(200)]
    assert np.mean([weights.sum() for weights in drawn]) == pytest.approx(60, rel=0.05)
    assert all((weights[30:] == 0).all() for weights in drawn)


def types_of(shares: np.ndarray, seen: int, given: np.ndarray | None, seed: int = 3) -> BasketTypes:
    """Two regions × five baskets; orders drawn from ``shares``."""
    drawn: Ints = np.random.default_rng(seed).choice(10, seen, p=shares)
    pool = stream(3, *({0: 1},) * 10)
    return BasketTypes(pool, drawn, np.tile(np.arange(2), 5), np.repeat(np.arange(5), 2), given)


def error(forecast: BasketTypes, now: int, shares: np.ndarray) -> float:
    drawn = [forecast.rates(now, np.random.default_rng(seed)) for seed in range(40)]
    return float(np.abs(np.mean(drawn, axis=0) - shares).sum())


def test_a_wrong_forecast_is_given_up_when_orders_say_otherwise() -> None:
    """Shares that are not popularity × size of region, so that only counting helps."""
    shares = np.random.default_rng(1).dirichlet(np.ones(10) * 3)
    wrong = shares[::-1].copy()
    for given in (wrong, None):
        assert error(types_of(shares, 3_000, given), 3_000, shares) < 0.1
    assert error(types_of(shares, 3_000, wrong), 0, shares) > 0.3, "nothing says otherwise yet"
    assert error(types_of(shares, 3_000, shares), 100, shares) < 0.15, "a right one is kept"


def test_counts_that_fit_speak_for_a_sure_forecast_and_others_for_a_loose_one() -> None:
    expected = np.full(40, 50.0)
    fits = np.random.default_rng(2).poisson(expected).astype(float)
    off = (
        np.random.default_rng(2)
        .poisson(expected * np.random.default_rng(3).gamma(1.0, 1.0, 40))
        .astype(float)
    )
    assert max(SHAPES, key=lambda shape: likelihood(fits, expected, shape)) >= 100
    assert max(SHAPES, key=lambda shape: likelihood(off, expected, shape)) <= 3
