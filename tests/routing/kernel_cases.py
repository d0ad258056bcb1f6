"""Random problems with everything a problem may hold, and an independent search that tries every plan."""

from __future__ import annotations

import math

import numpy as np

from routing.problem import NO_GROUP, UNLIMITED, Ints, Problem, RateCards


def random_cards(rng: np.random.Generator, cards: int, heaviest_g: int) -> RateCards:
    """Arbitrary steps: neither convex nor monotone; some cards do not reach the heaviest parcels."""
    start, up_to, minor = [0], [], []
    for _ in range(cards):
        steps = int(rng.integers(1, 7))
        reach = int(heaviest_g * rng.uniform(0.5, 1.3)) + steps
        up_to += sorted(rng.choice(np.arange(1, reach + 1), steps, replace=False).tolist())
        minor += rng.integers(0, 2_000, steps).tolist()
        start.append(len(up_to))
    return RateCards(
        tuple(f"card {c}" for c in range(cards)), np.array(start), np.array(up_to), np.array(minor)
    )


def random_problem(
    seed: int, lines: int, nodes: int, units: int, density: float = 0.7, rich: bool = True
) -> Problem:
    """``units`` in all over ``lines``; ``rich``: shared SKUs, kits, ship-alone, capacities, volumes, bid
    prices.
    """
    rng = np.random.default_rng(seed)
    quantity = np.ones(lines, np.int64)
    for _ in range(units - lines):
        quantity[rng.integers(lines)] += 1
    weight = rng.integers(1, 2_500, lines)
    skus = [f"sku {i}" for i in range(lines)]
    available = rng.integers(1, 4, (lines, nodes)) * (rng.random((lines, nodes)) < density)
    unit_cost = rng.integers(0, 120, (lines, nodes))
    group = np.full(lines, NO_GROUP)
    alone = np.zeros(lines, np.bool_)
    if rich and lines > 1 and rng.random() < 0.35:
        skus[1] = skus[0]
        _make_alike(rng, weight, unit_cost, available)
    if rich and lines > 1 and rng.random() < 0.3:
        group[rng.choice(lines, 2, replace=False)] = 7
    if rich and rng.random() < 0.3:
        alone[rng.integers(lines)] = True
    bid = np.floor(rng.random((lines, nodes)) * 1600) / 16 * (rich and rng.random() < 0.5)
    cards = random_cards(rng, int(rng.integers(1, 4)), int((weight * quantity).sum()))
    return Problem(
        currency="EUR",
        cards=cards,
        line_ids=tuple(f"line {i}" for i in range(lines)),
        skus=tuple(skus),
        quantity=quantity,
        unit_weight_g=weight,
        unit_volume_mm3=rng.integers(0, 9_000_000, lines),
        ship_alone=alone,
        group=group,
        node_ids=tuple(f"node {n}" for n in range(nodes)),
        card=rng.integers(0, len(cards.names), nodes),
        fixed_minor=rng.integers(0, 900, nodes),
        parcel_price_minor=np.floor(rng.random(nodes) * 160) / 16,
        capacity_parcels=rng.integers(0, 3, nodes)
        if rich and rng.random() < 0.4
        else np.full(nodes, UNLIMITED),
        arrive_day=np.zeros(nodes, np.int64),
        available=available,
        unit_cost_minor=unit_cost,
        bid_price_minor=bid,
        divisor_mm3_per_g=float(rng.choice([0.0, 3_000.0, 5_000.5])) if rich else 0.0,
        unfilled_penalty_minor=int(rng.choice([300, 3_000, 100_000])),
        allow_unfilled=bool(rng.random() < 0.8),
    )


def _make_alike(rng: np.random.Generator, weight: Ints, unit_cost: Ints, available: Ints) -> None:
    """Of two lines of one SKU: often the same stock, sometimes nothing but the name differs."""
    if rng.random() < 0.6:
        available[1] = available[0]
    if rng.random() < 0.3:
        weight[1], unit_cost[1], available[1] = weight[0], unit_cost[0], available[0]


def best_by_trying_everything(problem: Problem, must: int | None = None) -> float | None:
    """The least objective over every way to pack every unit (and to use node ``must``), or None where no way
    is allowed. Exponential.
    """
    return _Search(problem, must).best(tuple(problem.quantity.tolist()), ())


class _Search:
    def __init__(self, problem: Problem, must: int | None) -> None:
        self.p = problem
        self.must = must
        self.known: dict[tuple[object, ...], float] = {}

    def best(self, left: tuple[int, ...], sent: tuple[tuple[int, tuple[int, ...]], ...]) -> float | None:
        """Least cost of the units left, given what has been sent (sorted: the order of parcels does not
        matter).
        """
        found = self._best(left, sent)
        return None if found == math.inf else found

    def _best(self, left: tuple[int, ...], sent: tuple[tuple[int, tuple[int, ...]], ...]) -> float:
        if not any(left):
            return 0.0 if self.must is None or self.must in {n for n, _ in sent} else math.inf
        key = (left, self._used(sent))
        if key in self.known:
            return self.known[key]
        first = next(i for i, q in enumerate(left) if q)
        best = math.inf
        if self.p.allow_unfilled:
            for rest, units in self._leave(left, first):
                best = min(best, units * self.p.unfilled_penalty_minor + self._best(rest, sent))
        for taken in self._parcels(left, first):
            rest = tuple(a - b for a, b in zip(left, taken, strict=True))
            for node in range(len(self.p.node_ids)):
                cost = self._cost(node, taken)
                after = (*sent, (node, taken))
                if cost < math.inf and self._possible(node, after):
                    best = min(best, cost + self._best(rest, after))
        self.known[key] = best
        return best

    def _used(self, sent: tuple[tuple[int, tuple[int, ...]], ...]) -> tuple[object, ...]:
        totals: dict[int, tuple[int, ...]] = {}
        for node, taken in sent:
            old = totals.get(node, (0,) * (len(taken) + 1))
            totals[node] = tuple(a + b for a, b in zip(old, (1, *taken), strict=True))
        return tuple(sorted(totals.items()))

    def _leave(self, left: tuple[int, ...], first: int) -> list[tuple[tuple[int, ...], int]]:
        """Leave one unit of the first line, or the whole kit it belongs to."""
        group = self.p.group[first]
        if group == NO_GROUP:
            return [(tuple(q - (i == first) for i, q in enumerate(left)), 1)]
        kit = [i for i, g in enumerate(self.p.group) if g == group]
        return [(tuple(0 if i in kit else q for i, q in enumerate(left)), sum(left[i] for i in kit))]

    def _parcels(self, left: tuple[int, ...], first: int) -> list[tuple[int, ...]]:
        """Every content with at least one unit of the first line that keeps kits whole and lone units
        alone.
        """
        options: list[tuple[int, ...]] = [()]
        for i, q in enumerate(left):
            options = [(*o, n) for o in options for n in range(1 if i == first else 0, q + 1)]
        return [o for o in options if self._whole(o) and self._alone(o)]

    def _whole(self, taken: tuple[int, ...]) -> bool:
        touched = {g for n, g in zip(taken, self.p.group.tolist(), strict=True) if n and g != NO_GROUP}
        return all(
            n == q
            for n, q, g in zip(taken, self.p.quantity.tolist(), self.p.group.tolist(), strict=True)
            if g in touched
        )

    def _alone(self, taken: tuple[int, ...]) -> bool:
        for i, n in enumerate(taken):
            if n and self.p.ship_alone[i]:
                group = self.p.group[i]
                kin = {j for j, g in enumerate(self.p.group) if g == group} if group != NO_GROUP else {i}
                if any(m for j, m in enumerate(taken) if j not in kin) or (group == NO_GROUP and n > 1):
                    return False
        return True

    def _cost(self, node: int, taken: tuple[int, ...]) -> float:
        p = self.p
        weight = sum(n * int(w) for n, w in zip(taken, p.unit_weight_g, strict=True))
        if p.divisor_mm3_per_g:
            volume = sum(n * int(v) for n, v in zip(taken, p.unit_volume_mm3, strict=True))
            weight = max(weight, math.ceil(volume / p.divisor_mm3_per_g))
        first, end = p.cards.start[p.card[node]], p.cards.start[p.card[node] + 1]
        fits = [
            int(m)
            for u, m in zip(p.cards.up_to_g[first:end], p.cards.minor[first:end], strict=True)
            if weight <= u
        ]
        if not fits:
            return math.inf
        unit = sum(
            n * (float(p.unit_cost_minor[i, node]) + float(p.bid_price_minor[i, node]))
            for i, n in enumerate(taken)
        )
        return fits[0] + float(p.fixed_minor[node]) + float(p.parcel_price_minor[node]) + unit

    def _possible(self, node: int, sent: tuple[tuple[int, tuple[int, ...]], ...]) -> bool:
        here = [taken for n, taken in sent if n == node]
        total = [sum(column) for column in zip(*here, strict=True)]
        if 0 <= self.p.capacity_parcels[node] < len(here):
            return False
        for sku in set(self.p.skus):
            lines = [i for i, other in enumerate(self.p.skus) if other == sku]
            if sum(total[i] for i in lines) > max(int(self.p.available[i, node]) for i in lines):
                return False
        return all(n <= self.p.available[i, node] for i, n in enumerate(total))
