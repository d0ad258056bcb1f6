"""From the lines of a wave to the pieces the kernel places.

As for one order (``routing.kernel_pieces``): lines of one SKU that differ in nothing else are one piece, a
kit kept together is one piece of quantity 1. Most waves have neither, and are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routing.kernel import INFINITE, SHIFT
from routing.problem import NO_GROUP, Bools, Ints
from routing.wave.problem import Wave
from routing.wave.search import WANTS


@dataclass(frozen=True, slots=True)
class WavePieces:
    """K pieces of all orders; ``members[k]`` lines (over the whole wave), whole kits or filled in order."""

    start: Ints  # [O + 1]
    members: tuple[tuple[int, ...], ...]
    kit: Bools  # [K]
    quantity: Ints  # [K]
    penalty: Ints  # [K] inner money per unit of the piece unfilled
    unfilled: Ints  # [K] how many of them may be
    weight_g: Ints
    volume_mm3: Ints
    alone: Bools
    component_start: Ints  # [K + 1] shelves' SKUs one unit of the piece draws on
    component_sku: Ints
    component_units: Ints
    tied: Bools  # [O] whether two pieces of the order draw on one SKU
    states: Ints  # [O] Π (quantity + 1), capped
    skipped: Bools  # [O] too many states, or SKUs in a kit


def pieces_of_wave(wave: Wave, most_unfilled: Ints, largest_states: int) -> WavePieces:
    """``most_unfilled`` [L]: units of each line that may stay behind."""
    start, members, kit = _gather(wave)
    first = np.array([lines[0] for lines in members], np.int64)
    quantity, unfilled = wave.quantity[first].copy(), most_unfilled[first].copy()
    weight, volume, alone = wave.unit_weight_g[first], wave.unit_volume_mm3[first], wave.ship_alone[first]
    per_unit = np.ones(first.size, np.int64)
    component: list[tuple[int, int, int]] = []
    for k in np.flatnonzero(np.array([len(lines) for lines in members]) + kit > 1).tolist():
        lines = np.array(members[k])
        q = wave.quantity[lines]
        if kit[k]:
            quantity[k], per_unit[k] = 1, q.sum()
            unfilled[k] = bool((most_unfilled[lines] >= q).all())
            weight[k], volume[k] = q @ wave.unit_weight_g[lines], q @ wave.unit_volume_mm3[lines]
            alone[k] = wave.ship_alone[lines].any()
            skus, inverse = np.unique(wave.sku[lines], return_inverse=True)
            units = np.bincount(inverse, weights=q).astype(np.int64)
            component += [(k, int(s), int(u)) for s, u in zip(skus, units, strict=True)]
        else:
            quantity[k], unfilled[k] = q.sum(), most_unfilled[lines].sum()
    plain = np.flatnonzero(~kit)
    rows = np.array(component, np.int64).reshape(-1, 3)
    piece_of = np.concatenate([plain, rows[:, 0]])
    sku_of = np.concatenate([wave.sku[first[plain]], rows[:, 1]])
    units_of = np.concatenate([np.ones(plain.size, np.int64), rows[:, 2]])
    by_piece = np.argsort(piece_of, kind="stable")
    states = _states(start, quantity, largest_states)
    owner = np.repeat(np.arange(start.size - 1), np.diff(start))
    return WavePieces(
        start=start,
        members=tuple(members),
        kit=kit,
        quantity=quantity,
        penalty=np.where(unfilled > 0, (wave.unfilled_penalty_minor << SHIFT) * per_unit, INFINITE),
        unfilled=unfilled,
        weight_g=weight,
        volume_mm3=volume,
        alone=alone,
        component_start=np.searchsorted(piece_of[by_piece], np.arange(quantity.size + 1)),
        component_sku=sku_of[by_piece],
        component_units=units_of[by_piece],
        tied=_tied(owner[piece_of], sku_of, start.size - 1),
        states=states,
        skipped=(states > largest_states) | _broad(owner, piece_of, start.size - 1),
    )


def _broad(owner: Ints, piece_of: Ints, orders: int) -> Bools:
    """Orders with a kit of more SKUs than the kernel keeps count of."""
    broad = np.zeros(orders, np.bool_)
    broad[owner[np.bincount(piece_of, minlength=owner.size) >= WANTS]] = True
    return broad


def _tied(owner: Ints, sku: Ints, orders: int) -> Bools:
    pairs, count = np.unique(np.stack([owner, sku]), axis=1, return_counts=True)
    tied = np.zeros(orders, np.bool_)
    tied[pairs[0, count > 1]] = True
    return tied


def _states(start: Ints, quantity: Ints, largest: int) -> Ints:
    """Π (quantity + 1) per order; beyond ``largest`` some number above it."""
    logs = np.add.reduceat(np.log(quantity + 1.0), start[:-1]) if quantity.size else np.zeros(0)
    exact = np.multiply.reduceat(quantity + 1, start[:-1]) if quantity.size else np.zeros(0, np.int64)
    return np.where(logs > np.log(largest) + 1, largest + 1, exact)


def _gather(wave: Wave) -> tuple[Ints, list[tuple[int, ...]], Bools]:
    """Where the pieces of an order start, the lines of each, and which are kits."""
    owner = np.repeat(np.arange(wave.shape[0]), np.diff(wave.line_start))
    twice = np.unique(np.stack([owner, wave.sku]), axis=1).shape[1] < owner.size
    if not twice and bool((wave.group == NO_GROUP).all()):
        return wave.line_start, [(i,) for i in range(owner.size)], np.zeros(owner.size, np.bool_)
    start, members, kit = [0], [], []
    for o in range(wave.shape[0]):
        alike: dict[object, list[int]] = {}
        for i in wave.lines_of(o):
            group = int(wave.group[i])
            like = (
                int(wave.sku[i]),
                int(wave.unit_weight_g[i]),
                int(wave.unit_volume_mm3[i]),
                bool(wave.ship_alone[i]),
            )
            alike.setdefault(group if group != NO_GROUP else like, []).append(i)
        for key, lines in alike.items():
            members.append(tuple(lines))
            kit.append(isinstance(key, int))
        start.append(len(members))
    return np.array(start), members, np.array(kit, np.bool_)
