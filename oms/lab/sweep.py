"""What a sweep came to: variants averaged over their seeds, and in each world those that nothing beats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from oms.adapters.folder_values import Folder
from oms.lab.axes import Named
from oms.lab.playing import Variant, felt_by
from routing.replay.places import BY_COST
from routing.replay.policies import POLICIES
from routing.replay.report import Figures, unbeaten

GAP = "gap_closed"
FULL = 1.0
"""Prices that look ahead, felt as they are solved."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One policy in one world. ``figures`` are means over the seeds, ``cost_from`` and ``cost_to`` the least
    and the greatest cost an order of one seed in minor units; ``digests`` name the runs, one a seed.

    ``bound_per_order_minor``: what no policy costs less than, the mean of the seeds; None: not computed.
    ``install``: what to store in the product's policy to route so; None where the product does not.
    """

    policy: str
    world: str
    figures: Figures
    cost_from: float
    cost_to: float
    digests: tuple[str, ...]
    front: bool
    bound_per_order_minor: float | None
    install: Mapping[str, float] | None


def outcomes(
    folder: Folder, named: Sequence[Named], played: Sequence[Figures], bounds: Sequence[float | None] = ()
) -> list[Outcome]:
    """In the order of ``named``; ``played`` are the figures of each, ``bounds`` those of their worlds."""
    groups: dict[tuple[str, str], list[int]] = {}
    for number, one in enumerate(named):
        groups.setdefault((one.world, one.policy), []).append(number)
    means = {key: _mean([played[number] for number in numbers]) for key, numbers in groups.items()}
    fronts = {world: _front(world, means) for world, _ in groups}
    return [
        Outcome(
            policy,
            world,
            means[world, policy],
            min(played[number].cost_per_order_minor for number in numbers),
            max(played[number].cost_per_order_minor for number in numbers),
            tuple(played[number].digest for number in numbers),
            policy in fronts[world],
            _mean_of([bounds[number] for number in numbers] if bounds else [None]),
            to_install(folder, named[numbers[0]].variant),
        )
        for (world, policy), numbers in groups.items()
    ]


def document(
    folder: Folder, found: Sequence[Outcome], name: str, missing: Sequence[str] = ()
) -> dict[str, Any]:
    """The sweep as JSON, from which ``anyshelf policy install`` takes a variant by its name. ``missing``:
    what was not played.
    """
    return {
        "folder": name,
        "currency": folder.network.currency,
        "variants": [asdict(one) for one in found],
        "missing": list(missing),
    }


def _front(world: str, means: Mapping[tuple[str, str], Figures]) -> frozenset[str]:
    return frozenset(unbeaten({policy: one for (where, policy), one in means.items() if where == world}))


def _mean(some: Sequence[Figures]) -> Figures:
    """The mean of every number, of the gap only where all have one; nodes and digest of the first."""
    first = some[0]
    numbers = [one.name for one in fields(first) if type(getattr(first, one.name)) in (int, float)]
    if len(some) == 1:
        return first
    means = {name: sum(getattr(one, name) for one in some) / len(some) for name in numbers if name != GAP}
    return replace(first, **means, gap_closed=_mean_of([one.gap_closed for one in some]))


def _mean_of(some: Sequence[float | None]) -> float | None:
    there = [one for one in some if one is not None]
    return sum(there) / len(there) if len(there) == len(some) else None


def to_install(folder: Folder, variant: Variant) -> Mapping[str, float] | None:
    """The weights by which the product routes as this variant does; None for a rule to compare with."""
    policy = POLICIES[variant.policy]
    if policy.rule != BY_COST:
        return None
    felt = felt_by(folder, variant)
    if not policy.sparing:
        felt["breadth_weight"] = 0.0
    return felt | {"lookahead_weight": FULL if policy.foresight else 0.0}  # waves run by themselves
