"""Means ahead by the methods of `statsforecast`, each under one name.

``sba``: Syntetos and Boylan, "The Accuracy of Intermittent Demand Estimates", International Journal of
Forecasting 21(2), 2005. ``tsb``: Teunter, Syntetos and Babai, "Intermittent Demand: Linking Forecasting to
Inventory Obsolescence", European Journal of Operational Research 214(3), 2011. ``adida``: Nikolopoulos,
Syntetos, Boylan, Petropoulos and Assimakopoulos, "An Aggregate-Disaggregate Intermittent Demand Approach",
Journal of the Operational Research Society 62(3), 2011. ``imapa``: Petropoulos and Kourentzes, "Forecast
Combinations for Intermittent Demand", the same 66(6), 2015. ``ets``: Hyndman, Koehler, Snyder and Grose, "A
State Space Framework for Automatic Forecasting Using Exponential Smoothing Methods", International Journal
of Forecasting 18(3), 2002. ``theta``: Assimakopoulos and Nikolopoulos, "The Theta Model", the same 16(4),
2000.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from routing.forecast.demand import Demand
from routing.problem import Floats

WINDOW = 8
"""Periods, or seasons, that a window looks back."""
LEAST_SEASONS = 3
"""Seasons of history without which a seasonal method is asked for no season."""

SLOW = ("naive", "seasonal_naive", "mean", "window", "ses", "sba", "tsb", "adida", "imapa")
QUICK = (*SLOW, "seasonal_window", "theta", "ets")
CANDIDATES: Mapping[Demand, tuple[str, ...]] = {
    Demand.SMOOTH: QUICK,
    Demand.ERRATIC: QUICK,
    Demand.INTERMITTENT: SLOW,
    Demand.LUMPY: SLOW,
}
"""What is tried for each kind; the seasonal methods cost 100 ms a series and need demand to see a season."""


class NoForecasts(Exception):
    """The extra is not installed."""

    def __init__(self) -> None:
        super().__init__("Forecasts need the package statsforecast: pip install 'anyshelf[forecast]'")


def mean_ahead(method: str, units: Floats, horizon: int, season: int) -> Floats:
    """[horizon]: expected units of the next periods after a series [T], never negative.

    ``season``: periods after which demand repeats, 1 for none. Raises NoForecasts, and KeyError on a method
    that is not among ``QUICK``.
    """
    fits = season if len(units) >= LEAST_SEASONS * season else 1
    if method == "sba" and units[1:].any():
        units = units[1:]  # that a series begins with a sale says nothing of how often they come
    model = _model(method, fits)
    with warnings.catch_warnings():  # a constant series makes some of them divide by nothing, and say so
        warnings.simplefilter("ignore")
        mean = model.forecast(y=np.ascontiguousarray(units, np.float64), h=horizon)["mean"]
    found: Floats = np.maximum(np.nan_to_num(np.asarray(mean, np.float64)), 0.0)
    return found


@cache
def _model(method: str, season: int) -> Any:
    return _makers()[method](season)


@cache
def _makers() -> Mapping[str, Callable[[int], Any]]:
    try:
        from statsforecast import models  # seconds to import, and an extra
    except ImportError as missing:
        raise NoForecasts from missing
    return {
        "naive": lambda season: models.Naive(),
        "seasonal_naive": lambda season: models.SeasonalNaive(season),
        "mean": lambda season: models.HistoricAverage(),
        "window": lambda season: models.WindowAverage(WINDOW),
        "ses": lambda season: models.SimpleExponentialSmoothing(0.1),
        "sba": lambda season: models.CrostonSBA(),
        "tsb": lambda season: models.TSB(0.1, 0.1),
        "adida": lambda season: models.ADIDA(),
        "imapa": lambda season: models.IMAPA(),
        "seasonal_window": lambda season: models.SeasonalWindowAverage(season, WINDOW),
        "theta": lambda season: models.Theta(season),
        "ets": lambda season: models.AutoETS(season_length=season),
    }
