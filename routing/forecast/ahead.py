"""How many units of each series will be wanted in the periods ahead: kind, method, distribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from routing.forecast.backtest import (
    LAST,
    LEAST_PERIODS,
    Past,
    best_methods,
    calibrated,
    enough,
    pasts,
    usual_dispersion,
)
from routing.forecast.counts import Recalibration, count_cdf, count_quantile, dispersion
from routing.forecast.demand import Demand, demand_class, since_first_sale
from routing.forecast.methods import SLOW, mean_ahead
from routing.problem import Floats

USUAL: Mapping[Demand, str] = {
    Demand.SMOOTH: "sba",
    Demand.ERRATIC: "sba",
    Demand.INTERMITTENT: "adida",
    Demand.LUMPY: "adida",
}
"""What is taken for a kind of which too little is known to choose (`docs/forecasts.md`)."""
LEAST_PASTS = 30
"""Outcomes of a kind without which nothing is chosen or put right by them."""
NOTHING_KNOWN = Recalibration(np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """Units of one series wanted in all periods ahead together. ``kind`` and ``method``: None where it has
    sold too seldom to say; its mean then is what it sold per period so far. ``cdf`` [K + 1]: P(at most k).
    """

    kind: Demand | None
    method: str | None
    mean: float
    cdf: Floats

    def quantile(self, level: float) -> int:
        """The fewest units that suffice with probability ``level``."""
        return count_quantile(self.cdf, level)


def outlooks(units: Floats, horizon: int, season: int = 1) -> list[Outlook]:
    """One for each series of whole units per period [S, T], for the next ``horizon`` periods.

    The series' own past, all of them together, chooses the method for each kind and puts its quantiles
    right; ``season`` is after how many periods demand repeats. Raises NoForecasts, and ValueError on negative
    units or a horizon below 1.
    """
    if horizon < 1 or (units.size and units.min() < 0):
        raise ValueError("units are not negative, and a horizon is at least one period")
    periods = units.shape[1]
    origins = [o for k in range(LAST, 0, -1) if (o := periods - k * horizon) >= LEAST_PERIODS]
    seen = pasts(units, origins, horizon, season, dict.fromkeys(Demand, SLOW)) if len(units) else []
    methods, usual = _methods(seen), usual_dispersion(seen)
    right = calibrated(seen, methods, usual)
    return [_outlook(since_first_sale(row), horizon, season, methods, usual, right) for row in units]


def _methods(seen: list[Past]) -> dict[Demand, str]:
    known = {kind for kind in Demand if sum(past.kind is kind for past in seen) >= LEAST_PASTS}
    return {**USUAL, **best_methods([past for past in seen if past.kind in known])}


def _outlook(
    history: Floats,
    horizon: int,
    season: int,
    methods: Mapping[Demand, str],
    usual: Mapping[Demand, float],
    right: Mapping[tuple[Demand, str], Recalibration],
) -> Outlook:
    if not enough(history):
        mean = horizon * float(history.mean()) if len(history) else 0.0
        return Outlook(None, None, mean, count_cdf(mean, dispersion(history)))
    kind = demand_class(history)
    mean = float(mean_ahead(methods[kind], history, horizon, season).sum())
    cdf = count_cdf(mean, dispersion(history, usual.get(kind, 1.0)))
    known = right.get((kind, "total"), NOTHING_KNOWN)
    return Outlook(kind, methods[kind], mean, cdf if len(known.met) < LEAST_PASTS else known.put_right(cdf))
