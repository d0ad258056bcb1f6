"""Where pictures of the documents lie, and how they are written: the same run gives the same file."""

from __future__ import annotations

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from benchmarks.machine import ROOT

IMAGES = ROOT / "docs" / "images"


def begin() -> None:
    """Names inside the files come from what is drawn, not from chance."""
    plt.rcParams["svg.hashsalt"] = "anyshelf"


def save(figure: Figure, name: str) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    figure.savefig(IMAGES / f"{name}.svg", metadata={"Date": None})
    plt.close(figure)
