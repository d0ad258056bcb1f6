"""Maps without tiles: points laid out in a box, as numbers a template puts into SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sqrt

WIDTH = 720.0
MARGIN = 28.0
SMALLEST, LARGEST = 3.5, 15.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A circle; `radius` grows with the square root of the value, so that areas compare."""

    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Sheet:
    width: float
    height: float
    dots: tuple[Dot, ...]


def lay_out(points: Sequence[tuple[float, float]], values: Sequence[float]) -> Sheet:
    """Points (lat, lon in degrees) on a sheet, north up, scaled alike both ways (equirectangular)."""
    if not points:
        return Sheet(WIDTH, 2 * MARGIN, ())
    squeeze = cos(radians(sum(lat for lat, _ in points) / len(points)))
    across = [lon * squeeze for _, lon in points]
    down = [-lat for lat, _ in points]
    extent = max(max(across) - min(across), 1e-6)
    scale = (WIDTH - 2 * MARGIN) / max(extent, (max(down) - min(down)) * 1.3, 1e-6)
    left = (WIDTH - extent * scale) / 2
    most = max([*values, 1e-9])
    dots = tuple(
        Dot(
            left + (x - min(across)) * scale,
            MARGIN + (y - min(down)) * scale,
            SMALLEST + (LARGEST - SMALLEST) * sqrt(max(value, 0.0) / most),
        )
        for x, y, value in zip(across, down, values, strict=True)
    )
    return Sheet(WIDTH, 2 * MARGIN + (max(down) - min(down)) * scale, dots)
