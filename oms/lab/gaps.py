"""How much of the distance from the myopic engine to hindsight the variants of a sweep close.

What is felt differs from variant to variant, so the share is one of costs: from what `cheapest` costs where
nothing is felt, down to the clairvoyant bound on costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oms.adapters.folder_values import Folder
from oms.lab.axes import Named
from oms.lab.playing import Bounding, Done, Task, Variant, Weights, World, felt_by
from routing.replay.report import MYOPIC, Figures, closed


@dataclass(frozen=True, slots=True)
class Measure:
    """What the variants of one world are measured by."""

    bound: Bounding
    myopic: Variant


Measures = Mapping[World, Measure]


def measures(folder: Folder, named: Sequence[Named], rounds: int) -> Measures:
    """For each world; equal streams share a bound, and a variant that is the myopic engine is not played
    twice. No ``rounds``: none.
    """
    if not rounds:
        return {}
    there = {one.variant.world: one.variant for one in named if _is_myopic(folder, one.variant)}
    return {
        world: Measure(
            Bounding(world.stream, rounds), there.get(world, Variant(MYOPIC, Weights(0.0, 0.0), world))
        )
        for world in dict.fromkeys(one.variant.world for one in named)
    }


def tasks(named: Sequence[Named], by: Measures) -> dict[Task, str]:
    """All that is to be done, each once, and its name; what takes longest of a world, its bound, is first."""
    found: dict[Task, str] = {}
    for one in named:
        world = one.variant.world
        if world in by:
            found.setdefault(by[world].bound, _name("bound", one.world))
            found.setdefault(by[world].myopic, _name(f"{MYOPIC} for the gap", one.world, world.seed))
        found[one.variant] = _name(one.policy, one.world, world.seed)
    return found


def measured(one: Named, done: Mapping[Task, Done], by: Measures) -> tuple[Figures, float | None]:
    """The figures of a variant that is done, with the share of the gap it closes, and the bound; None where
    that is not there.
    """
    figures = done[one.variant]
    assert isinstance(figures, Figures)
    measure = by.get(one.variant.world)
    if measure is None:
        return figures, None
    bound, myopic = done.get(measure.bound), done.get(measure.myopic)
    assert not isinstance(bound, Figures)
    usual = myopic.cost_per_order_minor if isinstance(myopic, Figures) else None
    return replace(figures, gap_closed=closed(figures.cost_per_order_minor, usual, bound)), bound


def _is_myopic(folder: Folder, variant: Variant) -> bool:
    felt = felt_by(folder, variant)
    return variant.policy == MYOPIC and not felt["parcel_minor"] and not felt["late_day_minor"]


def _name(what: str, world: str, seed: int | None = None) -> str:
    return f"{what}{f' with {world}' if world else ''}{'' if seed is None else f', seed {seed}'}"
