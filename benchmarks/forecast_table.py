"""The tables of a backtest of forecasts: errors by method, losses and coverage by distribution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from routing.forecast.backtest import (
    Past,
    calibrated,
    coverage,
    distributions,
    known_by,
    pinball,
    targets,
)
from routing.forecast.counts import Recalibration, count_cdf, count_quantile
from routing.forecast.demand import Demand
from routing.forecast.methods import CANDIDATES, SLOW
from routing.problem import Floats

LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975, 0.99])
Chosen = Mapping[Demand, str]
Usual = Mapping[Demand, float]


def error_table(after: Sequence[Past], chosen: Chosen) -> dict[str, Any]:
    """MASE and RMSSE, means over series and origins, by kind of demand and for all of them."""
    table: dict[str, Any] = {}
    for kind in Demand:
        of_kind = [past for past in after if past.kind is kind]
        if of_kind:
            table[kind.value] = {
                name: _errors(of_kind, dict.fromkeys(Demand, name)) for name in CANDIDATES[kind]
            }
    table["all"] = {name: _errors(after, dict.fromkeys(Demand, name)) for name in SLOW}
    table["all"]["chosen by kind"] = _errors(after, chosen)
    return table


def _errors(of: Sequence[Past], method: Chosen) -> dict[str, float]:
    bias = [float((past.means[method[past.kind]] - past.came).mean()) / past.off for past in of]
    return {
        "mase": round(float(np.mean([past.mase(method[past.kind]) for past in of])), 4),
        "rmsse": round(float(np.mean([past.rmsse(method[past.kind]) for past in of])), 4),
        "bias": round(float(np.mean(bias)), 4),
    }


def quantile_table(
    seen: Sequence[Past], after: Sequence[Past], chosen: Chosen, usual: Usual, season: int
) -> dict[str, Any]:
    """Scaled pinball loss and coverage of each way to quantiles, for one period and for all together. What
    was ``seen`` by then calibrates each origin of ``after``.
    """
    known, residuals = {}, {}
    for origin in {past.origin for past in after}:
        over = [past for past in known_by(seen, origin) if past.kind in chosen]
        known[origin] = calibrated(over, chosen, usual)
        residuals[origin] = _residuals(over, chosen)
    ways: dict[str, Callable[[Past], list[Floats]]] = {
        "naive": lambda past: _differences(past, 1),
        "seasonal_naive": lambda past: _differences(past, season),
        "own past": _own_past,
        "poisson": lambda past: _counts(past, chosen, dict.fromkeys(Demand, 1.0), None, wide=False),
        "negative binomial": lambda past: _counts(past, chosen, usual, None),
        "conformal residuals": lambda past: _conformal(past, chosen, residuals[past.origin]),
        "recalibrated negative binomial": lambda past: _counts(past, chosen, usual, known[past.origin]),
    }
    return {name: _judged(after, way) for name, way in ways.items()}


def _judged(after: Sequence[Past], way: Callable[[Past], list[Floats]]) -> dict[str, Any]:
    told = [way(past) for past in after]
    found: dict[str, Any] = {}
    for group, pick in (("period", slice(0, -1)), ("total", slice(-1, None))):
        quantiles = np.array([row for rows in told for row in rows[pick]])
        came = np.array([c for past in after for c in [*past.came, past.came.sum()][pick]])
        each = len(came) // len(after)
        off = np.repeat([past.off for past in after], each) * (1 if group == "period" else len(after[0].came))
        below, at_most = coverage(quantiles, came)
        found[group] = {
            "scaled_pinball": round(float((pinball(quantiles, came, LEVELS) / off[:, None]).mean()), 4),
            "coverage": {
                f"{level:g}": [round(float(b), 4), round(float(a), 4)]
                for level, b, a in zip(LEVELS, below, at_most, strict=True)
            },
        }
    return found


def _counts(
    past: Past,
    chosen: Chosen,
    usual: Usual,
    known: Mapping[tuple[Demand, str], Recalibration] | None,
    wide: bool = True,
) -> list[Floats]:
    method = chosen[past.kind]
    asked = targets(past, method)
    cdfs = distributions(past, method, usual) if wide else [count_cdf(mean) for _, mean, _ in asked]
    rows = []
    for (group, _, _), cdf in zip(asked, cdfs, strict=True):
        right = known.get((past.kind, group)) if known is not None else None
        levels = LEVELS if right is None else [right.of(float(level)) for level in LEVELS]
        rows.append(np.array([count_quantile(cdf, float(level)) for level in levels], np.float64))
    return rows


def _own_past(past: Past) -> list[Floats]:
    """Quantiles of the history itself, and of its sums over as many periods."""
    one = np.quantile(past.history, LEVELS, method="inverted_cdf")
    h = len(past.came)
    sums = np.convolve(past.history, np.ones(h), "valid") if len(past.history) >= h else past.history * h
    return [one] * h + [np.quantile(sums, LEVELS, method="inverted_cdf")]


def _differences(past: Past, lag: int) -> list[Floats]:
    """The naive mean and the quantiles of how far it was off in the history."""
    h, lag = len(past.came), min(lag, len(past.history) - 1)
    means = past.means["naive" if lag == 1 else "seasonal_naive"]
    off = np.quantile(past.history[lag:] - past.history[:-lag], LEVELS, method="inverted_cdf")
    rows = [np.maximum(mean + off, 0) for mean in means]
    return [*rows, np.maximum(means.sum() + off * np.sqrt(h), 0)]


def _residuals(before: Sequence[Past], chosen: Chosen) -> dict[tuple[Demand, str], Floats]:
    """Quantiles, by kind and group, of how far the chosen method was off for what it costs to be off."""
    gathered: dict[tuple[Demand, str], list[float]] = {}
    for past in before:
        for group, mean, came in targets(past, chosen[past.kind]):
            gathered.setdefault((past.kind, group), []).append((came - mean) / np.sqrt(mean + past.off))
    return {key: np.quantile(off, LEVELS, method="higher") for key, off in gathered.items()}


def _conformal(past: Past, chosen: Chosen, residuals: Mapping[tuple[Demand, str], Floats]) -> list[Floats]:
    nothing = np.zeros(len(LEVELS))
    return [
        np.round(np.maximum(mean + residuals.get((past.kind, group), nothing) * np.sqrt(mean + past.off), 0))
        for group, mean, _ in targets(past, chosen[past.kind])
    ]
