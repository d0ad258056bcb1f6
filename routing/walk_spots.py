"""A picking floor as a lattice: parallel aisles, cut into blocks by cross-aisles, and how far things are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from routing.problem import Floats


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in an aisle: its number from the left, and metres along it from the front cross-aisle."""

    aisle: int
    metre: float


@dataclass(frozen=True, slots=True)
class Floor:
    """``aisles`` [A]: metres of each aisle along the cross-aisles, ascending; ``crossings`` [B + 1]: metres
    of the cross-aisles along the aisles, ascending from 0, so that there are B ≥ 1 blocks. Raises ValueError
    on anything else."""

    aisles: tuple[float, ...]
    crossings: tuple[float, ...]

    def __post_init__(self) -> None:
        rising = all(a < b for row in (self.aisles, self.crossings) for a, b in pairwise(row))
        if not self.aisles or len(self.crossings) < 2 or self.crossings[0] != 0 or not rising:
            raise ValueError("aisles and at least two crossings, the first at 0, in ascending order")

    @property
    def blocks(self) -> int:
        return len(self.crossings) - 1

    def judge(self, spots: Sequence[Spot]) -> None:
        """Raises ValueError where a spot is not on the floor."""
        for spot in spots:
            if not (0 <= spot.aisle < len(self.aisles) and 0 <= spot.metre <= self.crossings[-1]):
                raise ValueError(f"not on the floor: {spot}")

    def metres(self, one: Spot, other: Spot) -> float:
        """The shortest walk between two spots: along the aisle, or through the cross-aisle that suits."""
        if one.aisle == other.aisle:
            return abs(one.metre - other.metre)
        across = abs(self.aisles[one.aisle] - self.aisles[other.aisle])
        low, high = sorted((one.metre, other.metre))
        if any(low <= crossing <= high for crossing in self.crossings):
            return across + high - low
        front = max(crossing for crossing in self.crossings if crossing < low)
        back = min(crossing for crossing in self.crossings if crossing > high)
        return across + min(low + high - 2 * front, 2 * back - low - high)

    def matrix(self, spots: Sequence[Spot]) -> Floats:
        """[N, N] metres between spots."""
        return np.array([[self.metres(one, other) for other in spots] for one in spots]).reshape(
            len(spots), len(spots)
        )

    def length(self, walk: Sequence[Spot]) -> float:
        """Metres of a walk from spot to spot in this order, not back to its start."""
        return sum(self.metres(one, other) for one, other in pairwise(walk))
