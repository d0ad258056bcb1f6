"""Learned failure rates: calibrated on simulated picks, pooled as far as nodes are alike."""

import numpy as np
import pytest

from routing.on_shelf import drawn, failure_rates, goods_of, strength, usual_rate
from routing.problem import Floats

UNTOLD = np.full(400, np.nan)


def picks(seed: int, spread: float, lines: int = 40, nodes: int = 400) -> tuple[Floats, Floats, Floats]:
    """Nodes of mean rate 5 % that differ with ``spread`` lines of prior: true rates, tried and failed."""
    chance = np.random.default_rng(seed)
    true = chance.beta(0.05 * spread, 0.95 * spread, nodes)
    tried = chance.poisson(lines, nodes).astype(float)
    return true, tried, chance.binomial(tried.astype(int), true).astype(float)


@pytest.mark.parametrize("spread", [5.0, 30.0, 200.0])
def test_learned_rates_are_calibrated_and_nearer_the_truth_than_their_own_or_the_mean(spread: float) -> None:
    true, tried, failed = picks(1, spread)
    found = failure_rates(tried[:, None], failed[:, None], UNTOLD)[:, 0]
    by_rate = np.argsort(found)
    for fifth in np.array_split(by_rate, 5):  # what is said of a fifth of the nodes is what they do
        assert found[fifth].mean() == pytest.approx(true[fifth].mean(), abs=0.015)
    own, mean = failed / np.maximum(tried, 1), np.full(400, usual_rate(tried, failed))
    error = np.sqrt(((found - true) ** 2).mean())
    assert error < np.sqrt(((own - true) ** 2).mean())
    assert error < np.sqrt(((mean - true) ** 2).mean()) * 1.01


def test_learned_rates_tell_future_picks_better_than_the_mean() -> None:
    true, tried, failed = picks(2, 10.0)
    later = np.random.default_rng(9).binomial(50, true) / 50
    found = failure_rates(tried[:, None], failed[:, None], UNTOLD)[:, 0]
    assert ((found - later) ** 2).mean() < 0.6 * ((usual_rate(tried, failed) - later) ** 2).mean()


def test_nodes_that_differ_are_drawn_less() -> None:
    wide, narrow = picks(3, 4.0), picks(3, 500.0)
    found = [strength(tried, failed, np.full(400, 0.05)) for _, tried, failed in (wide, narrow)]
    assert found[0] <= 8 < 64 <= found[1]


def test_a_node_nobody_knows_is_as_usual_or_as_it_was_told() -> None:
    tried, failed = np.array([[200.0], [200.0], [0.0], [0.0]]), np.array([[20.0], [4.0], [0.0], [0.0]])
    rates = failure_rates(tried, failed, np.array([np.nan, np.nan, np.nan, 0.3]))[:, 0]
    assert rates[1] < rates[2] < rates[0]
    assert rates[2] == pytest.approx(usual_rate(tried, failed), rel=0.05)
    assert rates[3] == pytest.approx(0.3, rel=0.05)


def test_goods_that_fail_everywhere_fail_at_a_node_that_never_had_them_too() -> None:
    tried = np.full((10, 2), 300.0)
    failed = np.tile([6.0, 60.0], (10, 1))
    tried[0, 1] = failed[0, 1] = 0.0
    rates = failure_rates(tried, failed, np.full(10, np.nan))
    assert rates[0, 1] > 4 * rates[0, 0]


def test_without_evidence_everything_is_as_usual() -> None:
    nothing = np.zeros((3, 2))
    assert failure_rates(nothing, nothing, np.full(3, np.nan)) == pytest.approx(np.full((3, 2), 0.02))


def test_shares_of_lines_count_too() -> None:
    rates = drawn(np.array([10.0, 10.0]), np.array([0.5, 4.5]), np.array([0.25, 0.25]))
    assert 0.05 < rates[0] < 0.25 < rates[1] < 0.45


def test_more_cannot_fail_than_is_tried() -> None:
    with pytest.raises(ValueError, match="tried"):
        failure_rates(np.ones((1, 1)), np.full((1, 1), 2.0), np.full(1, np.nan))


def test_goods_are_named_by_their_category_else_by_their_flags_in_order() -> None:
    assert goods_of("Dairy", frozenset({"cold", "age"})) == "Dairy"
    assert goods_of("", frozenset({"cold", "age"})) == "age+cold"
    assert goods_of("", ()) == ""
