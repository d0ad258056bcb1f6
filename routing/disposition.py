"""Where units that come back should go: where they are expected to fetch most, net of getting them there.

One more unit at a node is worth its price only once the node's own stock has run out, and only while the
SKU still sells. With Poisson demand of ``λ`` a day, ``s`` units there, ``l`` days on the way and value that
decays at ``δ`` a day (Guide, Souza, Van Wassenhove and Blackburn, "Time Value of Commercial Product
Returns", Management Science 52(8), 2006), the ``n``-th unit of a parcel is worth ``Σ_k P(D(l) = k) ·
V(max(s − k, 0) + n, T − l)``: whoever comes before it takes from the stock, and then it has its turn.
``V(m, t) = price · (λ / (λ + δ))^m · P(Poisson((λ + δ) t) ≥ m)`` is the discounted worth of selling to the
``m``-th buyer within ``t`` days. It falls with every unit, so returns are spread until what the next one
adds is balanced over nodes, as Ferguson, Fleischmann and Souza ("A Profit-Maximizing Approach to Disposition
Decisions for Product Returns", Decision Sciences 42(3), 2011) show; with fixed costs per parcel that is a
small knapsack, solved exactly whatever the curves look like.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.problem import Floats, Ints

TAIL = 1e-12
"""Poisson probabilities beyond this are left out."""


@dataclass(frozen=True, slots=True)
class Outlet:
    """A node that could take the units of one SKU. Money in minor units, times in days from now."""

    node: str
    price_minor: float  # what a buyer pays there today
    salvage_minor: float  # what is left of a unit nobody buys by the end of the season, counted as of today
    stock: int  # units there that are sold before a returned one
    daily_demand: float  # units a day; 0: nobody buys it there
    lead_days: float  # transport, inspection, back on the shelf
    season_days: float  # until the SKU is no longer sold there
    decay_per_day: float = 0.0  # share of the price lost a day, continuously
    sellable: float = 1.0  # probability that a unit passes inspection there as new
    fixed_minor: float = 0.0  # per parcel sent there
    unit_minor: float = 0.0  # per unit: transport by weight, inspection, repacking


@dataclass(frozen=True, slots=True)
class Placement:
    """``net_minor = resale_minor − transport_and_handling_minor``, all expectations."""

    node: str
    units: int
    resale_minor: float
    transport_and_handling_minor: float

    @property
    def net_minor(self) -> float:
        return self.resale_minor - self.transport_and_handling_minor


@dataclass(frozen=True, slots=True)
class Disposition:
    """The best split of the units; ``given_up`` are worth more left where they are. ``alone`` tells for each
    outlet, in the order given, what it would bring if it took all units."""

    placements: tuple[Placement, ...]
    given_up: int
    net_minor: float
    alone: tuple[Placement, ...]


def dispose(units: int, outlets: Sequence[Outlet], left_minor: float = 0.0) -> Disposition:
    """Split ``units`` ≥ 0 of one SKU over outlets so that the expected net worth is greatest, exactly.

    ``left_minor``: what a unit brings that goes nowhere (sold off on the spot, or 0: the customer keeps it).
    Among equals the earlier outlet takes more. Raises ValueError on negative units and on values out of
    bounds.
    """
    if units < 0:
        raise ValueError("units are negative")
    curves = [_net(outlet, units) for outlet in outlets]
    best: Floats = np.arange(units + 1, dtype=np.float64) * left_minor
    chosen = []
    for curve in reversed(curves):
        best, taken = _joined(curve, best)
        chosen.append(taken)
    placements, left = [], units
    for outlet, taken in zip(outlets, reversed(chosen), strict=True):
        if taken[left]:
            placements.append(placement(outlet, int(taken[left])))
            left -= int(taken[left])
    alone = tuple(placement(outlet, units) for outlet in outlets)
    return Disposition(tuple(placements), left, float(best[units]), alone)


def placement(outlet: Outlet, units: int) -> Placement:
    """What ``units`` more at an outlet are expected to bring and to cost."""
    costs = outlet.fixed_minor + units * outlet.unit_minor if units else 0.0
    return Placement(outlet.node, units, float(marginal_minor(outlet, units).sum()), costs)


def marginal_minor(outlet: Outlet, units: int) -> Floats:
    """[units]: what the first, second, … unit sent to an outlet is expected to fetch; it falls with every
    unit, unless the price decays below salvage before the season's end.

    Raises ValueError on a negative rate, stock or time, and on a probability out of bounds.
    """
    _judge(outlet)
    passed = outlet.sellable
    worth = np.array([_unit_minor(outlet, n + 1) for n in range(units)], dtype=np.float64)
    expected: Floats = passed * worth + (1 - passed) * outlet.salvage_minor
    return expected


def _net(outlet: Outlet, units: int) -> Floats:
    """[units + 1]: net worth of sending 0, 1, … units to one outlet."""
    net = np.zeros(units + 1)
    gained = np.cumsum(marginal_minor(outlet, units) - outlet.unit_minor)
    net[1:] = gained - outlet.fixed_minor
    return net


def _joined(curve: Floats, rest: Floats) -> tuple[Floats, Ints]:
    """Best worth of 0..U units over one outlet and those behind it, and how many the one takes."""
    best, taken = np.empty_like(rest), np.zeros(len(rest), dtype=np.int64)
    for units in range(len(rest)):
        worth = curve[: units + 1] + rest[units::-1]
        taken[units] = len(worth) - 1 - int(np.argmax(worth[::-1])) if units else 0
        best[units] = worth[taken[units]]
    return best, taken


def _unit_minor(outlet: Outlet, nth: int) -> float:
    """Expected worth of the ``nth`` sellable unit of a parcel, sold after the stock and those before it."""
    time = outlet.season_days - outlet.lead_days
    if time <= 0 or outlet.daily_demand == 0:
        return outlet.salvage_minor
    gone = poisson(outlet.daily_demand * outlet.lead_days, outlet.stock)
    gone[-1] = max(0.0, 1 - float(gone[:-1].sum()))  # whoever finds the shelf empty goes away
    left = range(outlet.stock, -1, -1)
    worth = [
        p * _buyer_minor(outlet, n + nth, time) for p, n in zip(gone.tolist(), left, strict=True) if p > TAIL
    ]
    return math.fsum(worth)


def _buyer_minor(outlet: Outlet, which: int, time: float) -> float:
    """Worth, as of today, of a unit that the ``which``-th buyer after its arrival gets, or nobody in time."""
    rate, decay = outlet.daily_demand, outlet.decay_per_day
    discount = (rate / (rate + decay)) ** which * at_least((rate + decay) * time, which)
    sold = at_least(rate * time, which)
    on_the_way = math.exp(-decay * outlet.lead_days)
    return outlet.price_minor * on_the_way * discount + outlet.salvage_minor * (1 - sold)


def poisson(mean: float, most: int) -> Floats:
    """[most + 1]: probabilities of 0, 1, …, ``most``."""
    counts = np.arange(most + 1)
    if mean == 0:
        none: Floats = (counts == 0).astype(np.float64)
        return none
    logs = counts * math.log(mean) - mean - np.array([math.lgamma(n + 1) for n in counts])
    probabilities: Floats = np.exp(logs)
    return probabilities


def at_least(mean: float, count: int) -> float:
    """P(Poisson(mean) ≥ count)."""
    return min(1.0, max(0.0, 1.0 - float(poisson(mean, count - 1).sum())))


def _judge(outlet: Outlet) -> None:
    signed = (outlet.stock, outlet.daily_demand, outlet.lead_days, outlet.season_days, outlet.decay_per_day)
    if min(signed) < 0 or not 0 <= outlet.sellable <= 1:
        raise ValueError(f"{outlet.node}: negative stock, rate or time, or a probability out of bounds")
    if outlet.salvage_minor > outlet.price_minor:
        raise ValueError(f"{outlet.node}: a unit nobody buys is not worth more than one that is bought")
