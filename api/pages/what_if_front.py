"""Which policies of a what-if nothing beats in cost, days, parcels and CO₂, as dots a template can draw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routing.replay.report import front, ranks

WIDTH, HEIGHT = 320, 200
LEFT, ROOM_X, ROOM_Y = 40, 230, 150
SMALLEST, LARGEST = 5.0, 12.0
WORLDS = (("base", "as it was"), ("changed", "with the changes"))

MARKS = ("cost_per_order_minor", "days", "parcels_per_order", "co2_kg_per_order")


@dataclass(frozen=True, slots=True)
class Dot:
    """``numbers`` of all policies that stand in this place, of the first of which is the look."""

    x: float
    y: float
    radius: float
    dark: float
    front: bool
    numbers: str
    names: str


@dataclass(frozen=True, slots=True)
class Front:
    """``best``: the policies that nothing beats in this world."""

    world: str
    dots: tuple[Dot, ...]
    best: tuple[str, ...]


def fronts(result: Mapping[str, Any]) -> list[Front]:
    """One for each world; a policy's number is its place in the table."""
    return [_front(words, result[world]) for world, words in WORLDS]


def standing(policy: str, found: Sequence[Front]) -> str:
    """How a policy stands in words."""
    where = [one.world for one in found if policy in one.best]
    return (
        f"nothing beats it {' and '.join(where)}" if where else "another is as good in all and better in one"
    )


def _front(words: str, world: Sequence[Mapping[str, Any]]) -> Front:
    figures = {one["policy"]: one for one in world}
    best = front({name: [one[mark] for mark in MARKS] for name, one in figures.items()})
    x, y, size, dark = (ranks({name: one[mark] for name, one in figures.items()}) for mark in MARKS)
    numbers = {name: str(number) for number, name in enumerate(figures, 1)}
    places: dict[tuple[float, float], list[str]] = {}
    for name in figures:
        places.setdefault((x[name], y[name]), []).append(name)
    dots = (
        Dot(
            round(LEFT + 20 + at_x * ROOM_X, 1),
            round(HEIGHT - 40 - at_y * (ROOM_Y - 20), 1),
            round(SMALLEST + (LARGEST - SMALLEST) * size[names[0]], 1),
            round(0.25 + 0.65 * dark[names[0]], 2),
            any(name in best for name in names),
            ", ".join(numbers[name] for name in names),
            ", ".join(names),
        )
        for (at_x, at_y), names in places.items()
    )
    return Front(words, tuple(dots), best)
