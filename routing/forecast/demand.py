"""The four kinds of demand, by how often it comes and by how much its size varies."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from routing.problem import Floats

INTERVAL, VARIATION = 1.32, 0.49
"""Periods per period with demand, and squared coefficient of variation of its size, that divide the kinds."""


class Demand(StrEnum):
    """Quick movers (``SMOOTH``, ``ERRATIC``) and slow ones (``INTERMITTENT``, ``LUMPY``)."""

    SMOOTH = "smooth"
    ERRATIC = "erratic"
    INTERMITTENT = "intermittent"
    LUMPY = "lumpy"


def demand_class(units: Floats) -> Demand:
    """The kind of a series of units per period [T], from its first sale on.

    Syntetos, Boylan and Croston, "On the Categorization of Demand Patterns", Journal of the Operational
    Research Society 56(5), 2005: within these bounds Croston's method, corrected, has the least error.
    Raises ValueError on a series without demand, or with negative units.
    """
    sizes = units[units > 0]
    if not len(sizes) or units.min() < 0:
        raise ValueError("a series needs demand, and none that is negative")
    often = len(units) / len(sizes) < INTERVAL
    steady = sizes.var() / sizes.mean() ** 2 < VARIATION
    if often:
        return Demand.SMOOTH if steady else Demand.ERRATIC
    return Demand.INTERMITTENT if steady else Demand.LUMPY


def since_first_sale(units: Floats) -> Floats:
    """The series without the periods before anybody bought; empty where nobody did."""
    sold = np.flatnonzero(units)
    return units[sold[0] :] if len(sold) else units[:0]
