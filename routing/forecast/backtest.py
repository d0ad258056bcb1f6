"""Rolling origin: what each method would have said at moments of the past, and what came.

As in Tashman, "Out-of-sample Tests of Forecasting Accuracy", International Journal of Forecasting 16(4),
2000. Errors are scaled by those of the naive method within the history: MASE by Hyndman and Koehler, "Another
Look at Measures of Forecast Accuracy", the same 22(4), 2006; RMSSE and the scaled pinball loss as in
Makridakis, Spiliotis and Assimakopoulos, "The M5 Uncertainty Competition", the same 38(4), 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.forecast.counts import Recalibration, count_cdf, dispersion, met_at, recalibration
from routing.forecast.demand import Demand, demand_class, since_first_sale
from routing.forecast.methods import CANDIDATES, mean_ahead
from routing.problem import Floats, Ints

LEAST_PERIODS, LEAST_SALES = 8, 4
"""Periods of history from the first sale on, and periods with sales, below which a series is not judged."""
LAST = 3
"""How many origins distributions are calibrated on: the last whose outcome was known."""


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """One series as it stood at one origin, and what came in the ``h`` periods after it."""

    series: int
    origin: int
    history: Floats
    kind: Demand
    came: Floats  # [h]
    means: Mapping[str, Floats]  # method → [h]
    off: float  # mean |error| of the naive method in the history
    off_squared: float

    def mase(self, method: str) -> float:
        return float(np.abs(self.means[method] - self.came).mean()) / self.off

    def rmsse(self, method: str) -> float:
        return float(np.sqrt(((self.means[method] - self.came) ** 2).mean() / self.off_squared))


def pasts(
    units: Floats,
    origins: Sequence[int],
    horizon: int,
    season: int,
    methods: Mapping[Demand, Sequence[str]] = CANDIDATES,
) -> list[Past]:
    """What the methods said of series [S, T] at each origin, a number of periods known by then.

    Left out: series too short by then, or without any change to scale an error by.
    """
    found = []
    for origin in origins:
        for series, row in enumerate(units):
            history = since_first_sale(row[:origin])
            if not enough(history):
                continue
            kind, steps = demand_class(history), np.diff(history)
            means = {name: mean_ahead(name, history, horizon, season) for name in methods[kind]}
            came = row[origin : origin + horizon]
            off, off_squared = float(np.abs(steps).mean()), float((steps**2).mean())
            found.append(Past(series, origin, history, kind, came, means, off, off_squared))
    return found


def enough(history: Floats) -> bool:
    """Whether a series, from its first sale on, says enough to be judged by itself."""
    long = len(history) >= LEAST_PERIODS and np.count_nonzero(history) >= LEAST_SALES
    return bool(long and (history != history[0]).any())


def known_by(seen: Sequence[Past], origin: int) -> list[Past]:
    """Those of the ``LAST`` origins whose outcome was known at an origin."""
    over = [past for past in seen if past.origin + len(past.came) <= origin]
    last = sorted({past.origin for past in over})[-LAST:]
    return [past for past in over if past.origin in last]


def best_methods(seen: Sequence[Past]) -> dict[Demand, str]:
    """The method of least mean RMSSE, among those that were asked, for each kind that was seen: means are
    what costs are reckoned with.
    """
    best = {}
    for kind in Demand:
        of_kind = [past for past in seen if past.kind is kind]
        if of_kind:
            asked = of_kind[0].means
            best[kind] = min(asked, key=lambda name: sum(past.rmsse(name) for past in of_kind))
    return best


def usual_dispersion(seen: Sequence[Past]) -> dict[Demand, float]:
    """The median of the series' variance over mean, by kind."""
    return {
        kind: float(
            np.median([past.history.var() / past.history.mean() for past in seen if past.kind is kind])
        )
        for kind in {past.kind for past in seen}
    }


def targets(past: Past, method: str) -> list[tuple[str, float, int]]:
    """What a distribution is asked for: (group, mean, what came), each period, then all of them together."""
    mean, came = past.means[method], past.came
    each = [("period", float(m), round(float(c))) for m, c in zip(mean, came, strict=True)]
    return [*each, ("total", float(mean.sum()), round(float(came.sum())))]


def distributions(past: Past, method: str, usual: Mapping[Demand, float]) -> list[Floats]:
    """One distribution for each of the ``targets``."""
    wide, known = dispersion(past.history, usual.get(past.kind, 1.0)), {}
    for _, mean, _ in targets(past, method):
        if mean not in known:
            known[mean] = count_cdf(mean, wide)
    return [known[mean] for _, mean, _ in targets(past, method)]


def calibrated(
    seen: Sequence[Past], chosen: Mapping[Demand, str], usual: Mapping[Demand, float], seed: int = 0
) -> dict[tuple[Demand, str], Recalibration]:
    """By kind and group of target, how past distributions met what came."""
    chance = np.random.default_rng(seed)
    met: dict[tuple[Demand, str], list[float]] = {}
    for past in seen:
        method = chosen[past.kind]
        told = zip(targets(past, method), distributions(past, method, usual), strict=True)
        for (group, _, came), cdf in told:
            met.setdefault((past.kind, group), []).append(met_at(cdf, came, chance.random()))
    return {key: recalibration(np.array(levels)) for key, levels in met.items()}


def pinball(quantiles: Floats, came: Floats, levels: Floats) -> Floats:
    """[n, q]: loss of quantiles [n, q] at levels [q] when ``came`` [n] came."""
    short = came[:, None] - quantiles
    loss: Floats = np.maximum(levels * short, (levels - 1) * short)
    return loss


def coverage(quantiles: Floats, came: Ints | Floats) -> tuple[Floats, Floats]:
    """Shares of what came that lay below each quantile [n, q], and at it or below. A right quantile of a
    count lies where the level is between the two.
    """
    return (came[:, None] < quantiles).mean(axis=0), (came[:, None] <= quantiles).mean(axis=0)
