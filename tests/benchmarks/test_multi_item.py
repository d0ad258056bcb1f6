"""The multi-item instances and the papers' ways to round: what they promise."""

import numpy as np
import pytest

from benchmarks.multi_item.instances import ITEMS, PARCEL, instance
from benchmarks.multi_item.rounding import ROUNDINGS, static_nearest


def test_an_instance_is_what_the_papers_say() -> None:
    one, again = instance("small", 1.0, 7), instance("small", 1.0, 7)
    assert (one.ground.on_hand == again.ground.on_hand).all()
    assert one.ground.on_hand.shape == (ITEMS, 6)
    assert len(one.share) == 25 * 10
    assert 0 < one.share.sum() < 1
    carried = (one.ground.on_hand[:, :5] > 0).mean()
    assert 0.4 < carried <= 0.9
    assert (one.unit_minor[:, 5] >= one.unit_minor[:, :5].max(axis=1)).all()
    types = one.arrivals(1)
    assert len(types) == pytest.approx(10_000 * one.share.sum(), rel=0.05)
    assert static_nearest(one, types) > PARCEL * len(types)


@pytest.mark.parametrize("name", sorted(ROUNDINGS))
def test_every_rounding_keeps_the_shares_of_every_item(name: str) -> None:
    chance = np.random.default_rng(4)
    shares = np.array([[0.6, 0.0, 0.4, 0.0], [0.3, 1.0, 0.5, 0.3], [0.1, 0.0, 0.1, 0.7]])
    drawn = np.array([ROUNDINGS[name](shares, chance) for _ in range(6_000)])
    found = np.array([(drawn == node).mean(axis=0) for node in range(3)])
    assert np.abs(found - shares).max() < 0.03
    used = np.mean([len(set(row)) for row in drawn])
    assert used >= shares.max(axis=1).sum() - 0.05
