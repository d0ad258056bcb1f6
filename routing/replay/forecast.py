"""What may still be ordered, as weights on orders of a pool: past orders, or basket types by region.

A forecast is asked for one sampled future at a time. How far it spreads is how little is known, so that
prices averaged over several futures are bold only where the past bears them out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from routing.problem import Floats, Ints
from routing.replay.stream import Stream

SHAPES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0)
"""How far rates may be off, as shapes of a gamma distribution: a coefficient of variation of shape^−½."""


class Forecast(Protocol):
    """``pool``: the orders that weights are of."""

    @property
    def pool(self) -> Stream: ...

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        """[orders of the pool] how often each comes in one future of about ``coming`` orders, told before
        order ``now`` of the stream.
        """
        ...


@dataclass(frozen=True, slots=True, eq=False)
class PastOrders:
    """The past itself, drawn anew: for baskets that hardly ever repeat."""

    pool: Stream

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        weights = np.zeros(len(self.pool.order_ids))
        if now > 0:
            weights[:now] = chance.poisson(coming / now, now)
        return weights


@dataclass(frozen=True, slots=True, eq=False)
class BasketTypes:
    """A pool with one order for each of T basket types by region. ``type_of`` [O] of the stream's orders,
    ``region`` [T], ``basket`` [T].

    ``given`` [T]: shares that somebody forecast, None where nobody did. They are trusted as far as the orders
    since bear them out, and dropped where popularity of baskets × size of regions explains these better.
    ``sure``: they are the true ones.
    """

    pool: Stream
    type_of: Ints
    region: Ints
    basket: Ints
    given: Floats | None = None
    sure: bool = False

    def future(self, now: int, coming: float, chance: np.random.Generator) -> Floats:
        shares = self.given if self.sure and self.given is not None else self.rates(now, chance)
        return np.asarray(chance.poisson(shares * coming), np.float64)

    def rates(self, now: int, chance: np.random.Generator) -> Floats:
        """[T] shares of orders as they may be after the first ``now`` orders: one draw of what is unknown."""
        seen = np.bincount(self.type_of[:now], minlength=len(self.region)).astype(np.float64)
        bases = [] if self.given is None else [self.given]
        if now > 0:
            bases.append(self._independent(seen))
        if not bases:
            return np.zeros(len(self.region))
        told = np.array([[likelihood(seen, now * base, shape) for shape in SHAPES] for base in bases])
        odds = np.exp(told - told.max())
        pick = int(chance.choice(told.size, p=(odds / odds.sum()).ravel()))
        base, shape = bases[pick // len(SHAPES)], SHAPES[pick % len(SHAPES)]
        rate = np.where(base > 0, chance.gamma(shape + seen) / (shape / np.maximum(base, 1e-12) + now), 0.0)
        total = rate.sum()
        return rate / total if total > 0 else rate

    def _independent(self, seen: Floats) -> Floats:
        by_region = np.bincount(self.region, seen) + 0.5
        by_basket = np.bincount(self.basket, seen) + 0.5
        shares: Floats = by_region[self.region] * by_basket[self.basket]
        shares /= shares.sum()
        return shares


def likelihood(seen: Floats, expected: Floats, shape: float) -> float:
    """Logarithm of how likely these counts are where rates vary about ``expected`` with that shape: negative
    binomial, up to what does not depend on shape and expectation.
    """
    mean = np.maximum(expected, 1e-12)
    size, counts = np.unique(seen, return_inverse=True)
    rising = np.array([np.log(shape + np.arange(int(most))).sum() for most in size])
    return float(
        (rising[counts] + seen * np.log(mean / (shape + mean)) + shape * np.log(shape / (shape + mean))).sum()
    )
