"""How many units of a shelf a channel had better not promise, because books lag and shelves lie.

Books say ``n`` units. Some walk out before anybody tells (the demand until the picker comes), some were never
there. With ``M`` missing, the last unit that a channel may promise while ``s`` stay unpromised is there if
``M ≤ s``: promised in vain it costs a cancellation or another home, withheld in vain its margin. So ``s`` is
the newsvendor's quantile: the least with ``P(M ≤ s) ≥ cancel / (cancel + margin)`` (Arrow, Harris and
Marschak, "Optimal Inventory Policy", Econometrica 19(3), 1951), on what is believed of the shelf rather than
on what the books say, as in DeHoratius, Mersereau and Schrage, "Retail Inventory Management When Records Are
Inaccurate", Manufacturing & Service Operations Management 10(2), 2008.
"""

from __future__ import annotations

from math import exp, lgamma

import numpy as np

from routing.forecast.counts import count_quantile
from routing.problem import Floats

TOGETHER = 4.0
"""How alike the units of one shelf fare: few are lost one by one. The weight of a beta-binomial's prior."""


def critical_ratio(margin_minor: float, cancel_minor: float) -> float:
    """How sure one has to be of a unit: cancel / (cancel + margin). Raises ValueError on negative costs, and
    where both are 0.
    """
    if min(margin_minor, cancel_minor) < 0 or margin_minor + cancel_minor == 0:
        raise ValueError("costs are not negative, and one of them is something")
    return cancel_minor / (cancel_minor + margin_minor)


def safety_stock(
    demand: Floats, units: int, not_found: float, margin_minor: float, cancel_minor: float
) -> int:
    """Units of ``units`` on hand to keep from a channel, all of them at most.

    ``demand`` [K + 1]: distribution of what leaves unseen until an order is picked, P(at most k);
    ``not_found``: chance that a unit of the books is not there. Raises ValueError as ``critical_ratio``, and
    on a chance or a number of units out of bounds.
    """
    return least_kept(missing_cdf(demand, units, not_found), units, margin_minor, cancel_minor)


def least_kept(missing: Floats, units: int, margin_minor: float, cancel_minor: float) -> int:
    """As ``safety_stock``, of a shelf whose ``missing_cdf`` is known: channels share it."""
    level = critical_ratio(margin_minor, cancel_minor)
    if level == 0 or units == 0:
        return 0
    return min(count_quantile(missing, level), units)


def missing_cdf(demand: Floats, units: int, not_found: float) -> Floats:
    """P(at most k of the books' ``units`` are missing): demand unseen and units never there together."""
    if units < 0 or not 0 <= not_found <= 1:
        raise ValueError("units are not negative, a chance lies within 0 and 1")
    mass = np.convolve(np.diff(demand, prepend=0.0), _never_there(units, not_found))
    found: Floats = np.minimum(np.cumsum(mass), 1.0)
    return found


def unseen(demand: Floats, share: float) -> Floats:
    """The distribution [K + 1] of demand after ``share`` of the time it is for: each unit by itself."""
    if not 0 <= share <= 1:
        raise ValueError("a share lies within 0 and 1")
    mass = np.diff(demand, prepend=0.0)[: int(np.searchsorted(demand, 1 - 1e-9)) + 1]
    k = np.arange(len(mass))
    logs = np.array([lgamma(n + 1.0) for n in range(len(mass))])
    of, kept = np.meshgrid(k, k, indexing="ij")
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.maximum(of - kept, 0)
        chance = np.exp(logs[of] - logs[kept] - logs[others]) * share**kept * (1 - share) ** others
    found: Floats = np.minimum(np.cumsum(mass @ np.where(kept <= of, chance, 0.0)), 1.0)
    return found


def _never_there(units: int, not_found: float) -> Floats:
    """[units + 1]: beta-binomial mass of how many are not there."""
    if not_found in (0.0, 1.0) or not units:
        certain = np.zeros(units + 1)
        certain[units if not_found == 1.0 else 0] = 1.0
        return certain
    a, b = not_found * TOGETHER, (1 - not_found) * TOGETHER
    whole = lgamma(units + 1.0) + lgamma(a + b) - lgamma(a) - lgamma(b) - lgamma(units + a + b)
    logs = [
        lgamma(k + a) + lgamma(units - k + b) - lgamma(k + 1.0) - lgamma(units - k + 1.0)
        for k in range(units + 1)
    ]
    return np.array([exp(whole + one) for one in logs])
