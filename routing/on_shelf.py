"""How often a unit that the books have at a node cannot be sent from there, learned from what nodes did.

Books are wrong (DeHoratius and Raman, "Inventory Record Inaccuracy: An Empirical Analysis", Management
Science 54(4), 2008), and nodes refuse. Few lines are known of most nodes and kinds of goods, so each rate is
drawn towards what is usual: the share of a beta-binomial (Skellam, "A Probability Distribution Derived from
the Binomial Distribution", Journal of the Royal Statistical Society B 10(2), 1948), whose prior comes from
the data themselves, as in Casella, "An Introduction to Empirical Bayes Data Analysis", The American
Statistician 39(2), 1985. How far is decided by how much nodes differ: where they do not, one learns from all
others, where they do, a little evidence of its own is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import lgamma, log2

import numpy as np

from routing.problem import Floats

USUAL, WEIGHT = 0.02, 20.0
"""What is believed before anything is known, and with the weight of how many lines."""
PLAIN = ""
"""Goods of no category and no flag, as which all count of which nothing was learned."""
LEAST = 1e-4
"""No rate is below this, nor above one less this: nothing is ever certain."""
STRENGTHS: Sequence[float] = tuple(2.0**k for k in range(0, 15))
"""Weights of a prior, in lines, among which the likeliest is taken."""
EXPECTED, DOUBLINGS = 32.0, 2.0
"""Which weight is believed in before the data speak, and within how many doublings: where there is hardly any
evidence, one bad day must not look like a difference between nodes.
"""


def goods_of(category: str, flags: Collection[str]) -> str:
    """The kind of goods a SKU is for this: its category, else its flags in order; "" for plain ones."""
    return category or "+".join(sorted(flags))


def usual_rate(tried: Floats, failed: Floats) -> float:
    """The rate of all together."""
    return float((failed.sum() + USUAL * WEIGHT) / (tried.sum() + WEIGHT))


def strength(tried: Floats, failed: Floats, towards: Floats) -> float:
    """With the weight of how many lines rates are drawn ``towards``: the likeliest of ``STRENGTHS`` for these
    counts, which need not be whole.
    """
    known = tried > 0
    means = _inside(towards)[known]
    rows = list(zip(tried[known].tolist(), failed[known].tolist(), means.tolist(), strict=True))

    def belief(weight: float) -> float:
        before = -((log2(weight / EXPECTED) / DOUBLINGS) ** 2) / 2
        return before + sum(_likelihood(n, x, m * weight, (1 - m) * weight) for n, x, m in rows)

    return max(STRENGTHS, key=belief)


def drawn(tried: Floats, failed: Floats, towards: Floats) -> Floats:
    """Rates of the same shape: each its own, drawn ``towards`` another as far as the data say."""
    weight = strength(tried.ravel(), failed.ravel(), towards.ravel())
    found: Floats = (failed + weight * _inside(towards)) / (tried + weight)
    return found


def failure_rates(tried: Floats, failed: Floats, told: Floats) -> Floats:
    """[N, G]: chance that a unit of each kind of goods cannot be sent from each node.

    ``tried`` [N, G]: lines a node was asked for, ``failed`` the share of their units it could not send, both
    counting old lines for less if the caller says so. ``told`` [N]: what the retailer believes of a node, nan
    where nothing. Nodes are drawn towards what they were told or the rate of all; goods at a node towards the
    node's rate times what is usual for such goods. Raises ValueError where more failed than was tried.
    """
    if (failed < 0).any() or (failed > tried + 1e-9).any():
        raise ValueError("no more can fail than is tried")
    of_all = usual_rate(tried, failed)
    believed = np.where(np.isnan(told), of_all, told)
    of_node = drawn(tried.sum(axis=1), failed.sum(axis=1), believed)
    lines = tried.sum(axis=0)
    of_goods = drawn(lines, failed.sum(axis=0), np.full(len(lines), of_all))
    on_average = float((lines * of_goods).sum() / lines.sum()) if lines.any() else of_all
    return drawn(tried, failed, of_node[:, None] * of_goods[None, :] / on_average)


def _inside(rates: Floats) -> Floats:
    return np.clip(rates, LEAST, 1 - LEAST)


def _likelihood(tried: float, failed: float, a: float, b: float) -> float:
    """Log-likelihood of a beta-binomial, without what does not depend on its prior."""
    after = lgamma(failed + a) + lgamma(tried - failed + b) - lgamma(tried + a + b)
    return after - (lgamma(a) + lgamma(b) - lgamma(a + b))
