"""The pictures of docs/mathematics-prices.md: waves, prices, forecasts, shelves and safety stocks, drawn from
runs of the real functions and from the newest dated results.

python -m benchmarks.price_pictures
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.machine import RESULTS
from benchmarks.pictures import begin, save
from benchmarks.wave_instances import instance
from routing.forecast.counts import count_cdf
from routing.on_shelf import failure_rates
from routing.problem import Floats
from routing.safety_stock import critical_ratio, missing_cdf, safety_stock
from routing.wave.problem import Wave, WaveResult
from routing.wave.solve import solve_wave

WAVE = 300, 60
STOPS = (2, 4, 8, 16, 32)
NODES, MEAN, ALIKE = 200, 0.05, 20.0
DRAWS = range(20)
LINES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SHELF_UNITS, UNSEEN, NOT_FOUND = 8, count_cdf(1.2, 1.5), 0.04
CANCEL = 1, 3, 10
WAYS = {
    "known rates": "rates known",
    "learned from 2,000 orders": "from 2,000 orders",
    "learned on the way": "on the way",
    "rates off by σ 1.0": "off by σ 1.0",
}


def newest(name: str) -> dict[str, Any]:
    """The latest result of a benchmark."""
    found: dict[str, Any] = json.loads(max(RESULTS.glob(f"*-{name}.json")).read_text(encoding="utf-8"))
    return found


class Rounds:
    """A wave whose prices stop after ``most`` rounds and whose plans then take what time they need: nothing
    depends on a clock. ``bounds``: minor units after each round.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most, self.bounds, self.rung = most, list[float](), False

    def solved(self, wave: Wave) -> WaveResult:
        return solve_wave(wave, time_left=self._left, told=self._told)

    def _told(self, what: str, cost: float, bound: float) -> None:
        if what == "prices":
            self.bounds.append(bound)

    def _left(self) -> float:
        if self.rung or len(self.bounds) != self.most:
            return math.inf
        self.rung = True
        return 0.0


def draw_wave() -> None:
    """Cost of the plans and the bound by how many rounds prices were moved, ample and thin stock."""
    figure, both = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    for axes, thin in zip(both, (False, True), strict=True):
        wave = instance(*WAVE, thin=thin)
        last = Rounds()
        results = [*(Rounds(most).solved(wave) for most in STOPS), last.solved(wave)]
        orders = 100 * wave.shape[0]
        rounds = range(1, len(last.bounds) + 1)
        bounds = np.maximum.accumulate(last.bounds) / orders
        at = [result.rounds for result in results]
        costs = [result.cost_minor / orders for result in results]
        axes.axhline(results[0].before_minor / orders, color="0.5", linestyle="--", label="one by one")
        axes.plot(at, costs, "o-", color="tab:orange", label="plans, if prices stop here")
        axes.plot(rounds, bounds, color="tab:blue", label="no wave costs less")
        axes.fill_between(at, costs, np.interp(at, rounds, bounds), color="0.92", zorder=0)
        name = "thin stock" if thin else "a unit on every shelf"
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:.0f}")
        gap = f"gap at the end {100 * results[-1].gap:.3f} %"
        axes.set(title=f"{name}, {gap}", xlabel="rounds of prices", ylabel="mean cost of an order")
    both[1].legend(fontsize=9, loc="center right")
    save(figure, "wave")


def draw_prices() -> None:
    """Cost over the fluid programme by policy, and shares closed by what is known of demand."""
    result = newest("multi-item-small")
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
    over = sorted(result["cost_over_fluid"].items(), key=lambda row: -row[1])
    names = [
        name.replace(" rounding", "\nrounding").replace("lookahead, ", "lookahead,\n") for name, _ in over
    ]
    colours = ["tab:orange" if name.startswith("lookahead") else "0.7" for name, _ in over]
    left.barh(names, [100 * (value - 1) for _, value in over], color=colours)
    for n, (_, value) in enumerate(over):
        left.text(100 * (value - 1) + 0.2, n, f"{100 * (value - 1):.1f}", va="center", fontsize=8)
    left.tick_params(axis="y", labelsize=8)
    left.set(xlabel="% above the fluid programme", xlim=(0, 18))
    levels = list(result["closed"])
    for way, name in WAYS.items():
        right.plot(levels, [100 * result["closed"][level][way] for level in levels], "o-", label=name)
    right.set(ylim=(85, 100), xlabel="stock, of what is expected", ylabel="% of the way to hindsight")
    right.legend(fontsize=8, loc="lower right", title="demand")
    save(figure, "prices")


def draw_coverage() -> None:
    """How often outcomes lay below each quantile and at it or below: a right one lies in between."""
    result = newest("forecast")
    figure, both = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained", sharey=True)
    sets = {"store_sku_week": "a grocer's weeks", "daily_demand": "a gift shop's days"}
    for axes, (one, name) in zip(both, sets.items(), strict=True):
        found, horizon = result[one]["quantiles"]["recalibrated negative binomial"], result[one]["horizon"]
        for shift, (of, told) in enumerate(
            (("period", "one period"), ("total", f"{horizon} periods together"))
        ):
            _coverage(axes, found[of]["coverage"], shift, told)
        axes.set(title=name, xlabel="quantile, %")
        axes.legend(fontsize=9, loc="lower right")
    both[0].set_ylabel("% of what came, below to at most")
    save(figure, "coverage")


def _coverage(axes: Axes, covered: dict[str, list[float]], shift: int, name: str) -> None:
    levels = sorted(covered, key=float)
    low, high = (np.array([100 * covered[level][end] for level in levels]) for end in (0, 1))
    at = np.arange(len(levels)) + 0.3 * shift - 0.15
    axes.bar(at, high - low, 0.26, bottom=low, color=("0.75", "tab:blue")[shift], label=name)
    if shift:
        promised = [100 * float(level) for level in levels]
        axes.hlines(promised, at - 0.35, at + 0.2, color="tab:red", linewidth=1.5, label="promised")
    axes.set_xticks(range(len(levels)), [f"{100 * float(level):g}" for level in levels])


def draw_shelf() -> None:
    """What is believed of two nodes as lines come in, and how far off all nodes are, beside raw shares."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    true, raw, learned = _shelves(DRAWS[0])
    by_rate = np.argsort(true)
    for node, colour in ((by_rate[NODES // 10], "tab:blue"), (by_rate[-NODES // 20], "tab:orange")):
        left.axhline(100 * true[node], color=colour, linestyle=":", linewidth=1)
        left.plot(LINES, 100 * raw[:, node], "x--", color=colour, alpha=0.6)
        left.plot(LINES, 100 * learned[:, node], "o-", color=colour)
    for style, name in (("o-", "learned"), ("x--", "raw share"), (":", "true")):
        left.plot([], [], style, color="0.3", label=name)
    left.set(title="two of the nodes", ylabel="% of lines missed")
    drawn = [_shelves(seed) for seed in DRAWS]
    for name, style in (("raw share", "x--"), ("mean of all", "s:"), ("learned", "o-")):
        off = [_off(name, *one) for one in drawn]
        right.plot(LINES, 100 * np.mean(off, axis=0), style, label=name)
    right.set(title=f"all {NODES} nodes", ylabel="root mean square error, points", ylim=(0, 12))
    for axes in (left, right):
        axes.set_xscale("log", base=2)
        axes.xaxis.set_major_formatter("{x:.0f}")
        axes.set_xlabel("lines each node was asked for")
        axes.legend(fontsize=9)
    save(figure, "shelf")


def _shelves(seed: int) -> tuple[Floats, Floats, Floats]:
    """True rates [nodes], raw shares and learned rates [after so many lines, nodes]."""
    chance = np.random.default_rng(seed)
    true = chance.beta(MEAN * ALIKE, (1 - MEAN) * ALIKE, NODES)
    missed = chance.random((NODES, LINES[-1])) < true[:, None]
    failed = [missed[:, :lines].sum(axis=1).astype(np.float64) for lines in LINES]
    tried = [np.full(NODES, float(lines)) for lines in LINES]
    untold = np.full(NODES, np.nan)
    learned = [
        failure_rates(t[:, None], f[:, None], untold)[:, 0] for t, f in zip(tried, failed, strict=True)
    ]
    return true, np.array(failed) / np.array(tried), np.array(learned)


def _off(name: str, true: Floats, raw: Floats, learned: Floats) -> Floats:
    told = {"raw share": raw, "learned": learned, "mean of all": raw.mean(axis=1, keepdims=True)}[name]
    found: Floats = np.sqrt(((told - true) ** 2).mean(axis=1))
    return found


def draw_safety_stock() -> None:
    """What is missing of one shelf, and what each number of units kept back earns; the chosen ones marked."""
    missing = missing_cdf(UNSEEN, SHELF_UNITS, NOT_FOUND)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
    kept = np.arange(SHELF_UNITS + 1)
    left.step(kept, 100 * missing[: SHELF_UNITS + 1], where="post", color="0.3")
    for cancel, colour in zip(CANCEL, ("tab:green", "tab:blue", "tab:orange"), strict=True):
        level = 100 * critical_ratio(1.0, cancel)
        chosen = safety_stock(UNSEEN, SHELF_UNITS, NOT_FOUND, 1.0, cancel)
        left.plot([0, chosen], [level, level], ":", color=colour)
        left.plot(chosen, level, "o", color=colour)
        left.text(0, level + 1, f"{level:.0f} %", color=colour, fontsize=9)
        worth = [_earned(missing, int(units), cancel) for units in kept]
        right.plot(kept, worth, color=colour, label=f"{cancel} × the margin")
        right.plot(chosen, worth[chosen], "o", color=colour)
    left.set(title=f"missing of {SHELF_UNITS} units", xlabel="units s", ylabel="% that at most s are missing")
    right.set(title="earned", xlabel="units kept back", ylabel="margins", ylim=(-9, 8))
    right.legend(fontsize=9, title="a cancellation costs")
    save(figure, "safety-stock")


def _earned(missing: Floats, kept: int, cancel: float) -> float:
    """Margins of all units that are promised and there, less cancellations: somebody wants every unit."""
    mass = np.diff(missing, prepend=0.0)
    sent = np.minimum(SHELF_UNITS - kept, np.maximum(SHELF_UNITS - np.arange(len(mass)), 0))
    return float((mass * (sent - cancel * (SHELF_UNITS - kept - sent))).sum())


def draw() -> None:
    draw_wave()
    draw_prices()
    draw_coverage()
    draw_shelf()
    draw_safety_stock()


if __name__ == "__main__":
    begin()
    draw()
