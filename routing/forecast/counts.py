"""How many units a mean may become: counts, and their quantiles put right by how the past came out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from routing.problem import Floats

TAIL, MOST = 1e-7, 200_000
"""Probability that is cut off above, and units beyond which nothing is looked at."""
POISSON = 1.001
"""Dispersions below this are a Poisson's."""
USUAL_PERIODS = 8.0
"""How many periods of its own a series' dispersion needs to count as much as that of its kind."""
LEAST_MEAN = 1e-3
"""Units per period that even a series which sells no more is thought to sell."""


def count_cdf(mean: float, dispersion: float = 1.0) -> Floats:
    """[K + 1]: P(D ≤ 0), P(D ≤ 1) … of a count with this mean and variance ``dispersion`` × mean.

    Negative binomial, Poisson where the dispersion is 1 or less; K is where hardly anything is left. Sums of
    such counts with one dispersion have it too (their means add up). Negative binomial demand: Syntetos and
    Boylan, "On the Stock Control Performance of Intermittent Demand Estimators", International Journal of
    Production Economics 103(1), 2006. Raises ValueError on a negative or endless mean.
    """
    if not 0 <= mean < math.inf:
        raise ValueError("a mean is a number of units")
    mean, wide = max(mean, LEAST_MEAN), max(dispersion, 1.0)
    reach = mean + 10 * math.sqrt(mean * wide) - wide * math.log(TAIL) + 10
    k = np.arange(int(min(reach, MOST)), dtype=np.float64)
    if wide < POISSON:
        first, steps = -mean, mean / (k + 1)
    else:
        shape = mean / (wide - 1)
        first, steps = -shape * math.log(wide), (k + shape) / (k + 1) * ((wide - 1) / wide)
    logs = np.concatenate([[first], first + np.cumsum(np.log(steps))])
    found: Floats = np.minimum(np.cumsum(np.exp(logs)), 1.0)
    return found


def count_quantile(cdf: Floats, level: float) -> int:
    """The fewest units that suffice with probability ``level``."""
    return min(int(np.searchsorted(cdf, level - 1e-12)), len(cdf) - 1)


def dispersion(units: Floats, usual: float = 1.0, weight: float = USUAL_PERIODS) -> float:
    """Variance over mean of a series, drawn towards what is ``usual`` as if that had ``weight`` periods."""
    mean = float(units.mean()) if len(units) else 0.0
    own = float(units.var()) / mean if mean > 0 else usual
    return max(1.0, (len(units) * own + weight * usual) / (len(units) + weight))


@dataclass(frozen=True, slots=True, eq=False)
class Recalibration:
    """Levels put right: asked for a quantile at ``level``, take the distribution's at ``of(level)``.

    ``met`` [n], ascending: at which level past distributions met what came. As in Vovk, Shen, Manokhin and
    Xie, "Nonparametric Predictive Distributions Based on Conformal Prediction", Machine Learning 108(3),
    2019: with n exchangeable past outcomes the level is met at least as often as asked.
    """

    met: Floats

    def of(self, level: float) -> float:
        """The level at which at least ``level`` of the past, and the one to come, would have been met."""
        place = math.ceil(level * (len(self.met) + 1) - 1e-9) - 1
        return float(self.met[place]) if 0 <= place < len(self.met) else level

    def put_right(self, cdf: Floats) -> Floats:
        """The distribution [K + 1] whose quantiles are these, for whoever needs more than quantiles."""
        if not len(self.met):
            return cdf
        n, most = len(self.met), float(self.met[-1])
        share = np.searchsorted(self.met, cdf, side="right") / (n + 1)
        beyond = cdf > most  # nothing of the past went so far: the distribution's own tail
        share[beyond] += (cdf[beyond] - most) / (1 - most) / (n + 1)
        share[-1] = 1.0
        found: Floats = share
        return found


def recalibration(met: Floats) -> Recalibration:
    """From levels in any order; none: levels stay as they are."""
    return Recalibration(np.sort(met))


def met_at(cdf: Floats, units: int, chance: float) -> float:
    """At which level a distribution met ``units``; ``chance`` in [0, 1] places it within the step of a count,
    so that the levels of a right distribution are uniform (Smith, "Diagnostic Checks of Non-standard Time
    Series Models", Journal of Forecasting 4(3), 1985).
    """
    top = len(cdf) - 1
    below = float(cdf[min(units - 1, top)]) if units > 0 else 0.0
    return below + chance * (float(cdf[min(units, top)]) - below)
