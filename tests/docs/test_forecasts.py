"""The page of forecasts tells what the newest backtest measured."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.docs.blocks import ROOT

NEWEST = max((ROOT / "benchmarks" / "results").glob("*-forecast.json"))
RESULT: dict[str, Any] = json.loads(NEWEST.read_text())
SETS = ("store_sku_week", "daily_demand")
METHODS = (
    "naive",
    "seasonal_naive",
    "mean",
    "window",
    "ses",
    "sba",
    "tsb",
    "adida",
    "imapa",
    "chosen by kind",
)
WAYS = (
    "naive",
    "seasonal_naive",
    "own past",
    "poisson",
    "negative binomial",
    "conformal residuals",
    "recalibrated negative binomial",
)
LEVELS = ("0.5", "0.75", "0.9", "0.95", "0.975", "0.99")


def rows() -> Iterator[str]:
    """The rows of the page's tables."""
    for name in METHODS:
        told = [RESULT[one]["errors"]["all"][name] for one in SETS]
        cells = [f"{one[measure]:.3f}" for one in told for measure in ("mase", "rmsse")]
        yield _row(name, cells)
    for name in WAYS:
        told = [RESULT[one]["quantiles"][name] for one in SETS]
        yield _row(name, [f"{one[of]['scaled_pinball']:.3f}" for one in told for of in ("period", "total")])
    for level in LEVELS:
        found = [
            RESULT[one]["quantiles"][WAYS[-1]][of]["coverage"][level]
            for one in SETS
            for of in ("period", "total")
        ]
        yield _row(f"{float(level):.1%}", [f"{low:.1%} to {high:.1%}" for low, high in found])


def kept() -> Iterator[str]:
    """The rows of the safety stocks."""
    newest = max((ROOT / "benchmarks" / "results").glob("*-safety-stock.json"))
    for cancel, by in json.loads(newest.read_text())["by_cancel_cost"].items():
        for name, told in by.items():
            shares = f"{told['cancelled']:.1%} | {told['refused']:.1%}"
            yield f"| {cancel} | {name} | {shares} | {told['earned']:.1f} |"


def _row(name: str, cells: list[str]) -> str:
    return f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"


@pytest.mark.parametrize("row", [*rows(), *kept()])
def test_the_page_has_the_row_as_measured(row: str) -> None:
    assert row in (ROOT / "docs" / "forecasts.md").read_text()
