"""From pytest-benchmark's figures to a dated result and the picture of growth.

python -m benchmarks.kernel_report FIGURES.json --date 2026-01-31 --commit abc1234
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PICTURE = ROOT / "docs" / "images" / "kernel.svg"
NAME = re.compile(r"test_(kernel|route|floor_arrays|floor_flat|cp_sat)\[(\d+)-(\d+)\]")


def medians_us(figures: dict[str, Any]) -> dict[str, dict[str, float]]:
    """``{"kernel": {"4x1000": 8.9, …}, …}`` in microseconds."""
    found: dict[str, dict[str, float]] = {}
    for entry in figures["benchmarks"]:
        match = NAME.fullmatch(entry["name"])
        if match:
            kind, lines, nodes = match.groups()
            found.setdefault(kind, {})[f"{lines}x{nodes}"] = round(entry["stats"]["median"] * 1e6, 3)
    return found


def result(figures: dict[str, Any], date: str, commit: str) -> dict[str, Any]:
    """Medians of one run, the machine, and the ratios that the kernel is judged by."""
    medians = medians_us(figures)
    kernel = medians["kernel"]
    machine = figures["machine_info"]
    return {
        "benchmark": "kernel",
        "date": date,
        "commit": commit,
        "machine": {
            "processor": machine["cpu"].get("brand_raw", machine["processor"]),
            "cores": machine["cpu"].get("count"),
            "python": machine["python_version"],
        },
        "median_us": medians,
        "kernel_over_floor_arrays": _ratios(kernel, medians.get("floor_arrays", {})),
        "kernel_over_floor_flat": _ratios(kernel, medians.get("floor_flat", {})),
        "cp_sat_over_kernel": _ratios(medians.get("cp_sat", {}), kernel),
    }


def _ratios(above: dict[str, float], below: dict[str, float]) -> dict[str, float]:
    return {size: round(above[size] / below[size], 2) for size in above if size in below}


def draw(medians: dict[str, dict[str, float]], into: Path) -> None:
    """Microseconds by lines, one curve per number of nodes; CP-SAT as crosses."""
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    sizes = {size: tuple(int(n) for n in size.split("x")) for size in medians["kernel"]}
    for nodes in sorted({n for _, n in sizes.values()}):
        curve = sorted((lines, medians["kernel"][size]) for size, (lines, n) in sizes.items() if n == nodes)
        (drawn,) = axes.plot(*zip(*curve, strict=True), marker="o", label=f"{nodes:,} nodes")
        crosses = [
            (int(size.split("x")[0]), us)
            for size, us in medians.get("cp_sat", {}).items()
            if int(size.split("x")[1]) == nodes
        ]
        if crosses:
            axes.plot(*zip(*crosses, strict=True), "x", color=drawn.get_color())
    axes.set(yscale="log", xlabel="lines of the order", ylabel="median, µs", title="Exact kernel (x: CP-SAT)")
    axes.grid(True, which="major", alpha=0.3)
    axes.legend()
    into.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(into, metadata={"Date": None})
    plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path)
    parser.add_argument("--date", required=True)
    parser.add_argument("--commit", required=True)
    given = parser.parse_args()
    figures = json.loads(given.figures.read_text())
    document = result(figures, given.date, given.commit)
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"kernel-{given.date}.json").write_text(json.dumps(document, indent=1) + "\n")
    draw(document["median_us"], PICTURE)


if __name__ == "__main__":
    main()
