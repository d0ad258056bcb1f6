"""Problems and plans as JSON, in the format people without a database use; stored decisions are kept in it
too.

Reading is strict: every fault is a ``Malformed`` with the JSON pointer of the place. Writing loses nothing
that the kernel reads, so a problem written and read again gets the same plan, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.explain import Explanation, explanation_to_json
from routing.files_documents import read_documents
from routing.files_fields import Fields, Malformed, as_list, as_object
from routing.plan import Plan, Status
from routing.problem import NO_GROUP, UNLIMITED, Floats, Problem, RateCards

__all__ = [
    "Malformed",
    "plan_to_json",
    "problem_from_json",
    "problem_to_json",
    "rate_cards",
    "read_documents",
]

MOST_LINES = 1_000
MOST_NODES = 20_000
MOST_UNITS = 100_000  # per line
MOST_MINOR = 10**9
MOST_G = 10**9
MOST_MM3 = 10**13
ANY_WEIGHT_G = 10**12


def problem_from_json(document: object) -> Problem:
    """Raises ``Malformed`` at the first fault, in the order of the format."""
    top = Fields(as_object(document, ""), "")
    currency = top.text("currency")
    if len(currency) != 3 or not currency.isalpha() or not currency.isupper():
        raise Malformed("/currency", "not_a_currency", f"{currency!r} is not a three-letter ISO 4217 code")
    cards = rate_cards(top.child("tariffs"))
    nodes = [Fields(as_object(n, p), p) for p, n in top.items("nodes", most=MOST_NODES)]
    lines = [Fields(as_object(n, p), p) for p, n in top.items("lines", most=MOST_LINES)]
    node_at = _ids(nodes)
    line_at = _ids(lines)
    if not lines:
        raise Malformed("/lines", "empty", "an order has at least one line")
    problem = Problem(
        currency=currency,
        cards=cards,
        line_ids=tuple(line_at),
        skus=tuple(line.text("sku") for line in lines),
        quantity=_ints([line.whole("quantity", least=1, most=MOST_UNITS) for line in lines]),
        unit_weight_g=_ints([line.whole("unit_weight_g", most=MOST_G) for line in lines]),
        unit_volume_mm3=_ints([line.whole("unit_volume_mm3", most=MOST_MM3, default=0) for line in lines]),
        ship_alone=np.array([line.flag("ship_alone", default=False) for line in lines], np.bool_),
        group=_ints([line.whole("group", most=10**6, default=NO_GROUP) for line in lines]),
        node_ids=tuple(node_at),
        card=_ints([_card(node, cards) for node in nodes]),
        fixed_minor=_ints([node.whole("fixed_minor", most=MOST_MINOR, default=0) for node in nodes]),
        parcel_price_minor=_floats([node.number("parcel_price_minor", default=0.0) for node in nodes]),
        capacity_parcels=_ints([_capacity(node) for node in nodes]),
        arrive_day=_ints([node.whole("arrive_day", most=100_000, default=0) for node in nodes]),
        available=np.zeros((len(lines), len(nodes)), np.int64),
        unit_cost_minor=np.zeros((len(lines), len(nodes)), np.int64),
        bid_price_minor=np.zeros((len(lines), len(nodes)), np.float64),
        divisor_mm3_per_g=top.number("dimensional_divisor_mm3_per_g", default=0.0),
        unfilled_penalty_minor=top.whole("unfilled_penalty_minor", most=MOST_MINOR, default=100_000),
        allow_unfilled=top.flag("allow_unfilled", default=True),
        day_price_minor=_some([node.number("day_price_minor", default=0.0) for node in nodes]),
    )
    failing = _read_stock(top, problem, node_at, line_at)
    for fields in (top, *nodes, *lines):
        fields.nothing_else()
    return replace(problem, failing_minor=failing) if failing.any() else problem


def _ints(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, np.float64)


def _some(values: Sequence[float]) -> Floats | None:
    return _floats(values) if any(values) else None


def _ids(entries: Sequence[Fields]) -> dict[str, int]:
    found: dict[str, int] = {}
    for i, fields in enumerate(entries):
        name = fields.text("id")
        if name in found:
            raise Malformed(f"{fields.at}/id", "duplicate_id", f"{name!r} stands here a second time")
        found[name] = i
    return found


def _card(node: Fields, cards: RateCards) -> int:
    name = node.text("tariff")
    if name not in cards.names:
        raise Malformed(f"{node.at}/tariff", "unknown_tariff", f"no tariff is called {name!r}")
    return cards.names.index(name)


def _capacity(node: Fields) -> int:
    return UNLIMITED if node.absent("capacity_parcels") else node.whole("capacity_parcels", most=10**9)


def rate_cards(tariffs: Fields) -> RateCards:
    """``{"name": [[up to g, minor], …], …}``. Raises ``Malformed``."""
    names, start, up_to, minor = [], [0], [], []
    for name in tariffs.names():
        at = f"{tariffs.at}/{name}"
        before = -1
        for p, step in tariffs.items(name, most=10_000):
            pair = Fields({str(i): v for i, v in enumerate(as_list(step, p, 2))}, p)
            weight = pair.whole("0", most=ANY_WEIGHT_G)
            if weight <= before:
                raise Malformed(f"{p}/0", "tariff_not_ascending", f"{weight} g follows {before} g")
            before = weight
            up_to.append(weight)
            minor.append(pair.whole("1", most=MOST_MINOR))
        if before < 0:
            raise Malformed(at, "tariff_empty", f"tariff {name!r} has no steps")
        names.append(name)
        start.append(len(up_to))
    return RateCards(tuple(names), _ints(start), _ints(up_to), _ints(minor))


def _read_stock(top: Fields, problem: Problem, node_at: dict[str, int], line_at: dict[str, int]) -> Floats:
    """An entry is for every line of its SKU, or with ``line`` for that one only. Returns the problem's
    ``failing_minor``.
    """
    failings = np.zeros(problem.shape)
    of_sku: dict[str, list[int]] = {}
    for i, sku in enumerate(problem.skus):
        of_sku.setdefault(sku, []).append(i)
    seen: set[tuple[int, int]] = set()
    for p, entry in top.items("stock", most=MOST_LINES * MOST_NODES):
        fields = Fields(as_object(entry, p), p)
        node = fields.text("node")
        if node not in node_at:
            raise Malformed(f"{p}/node", "unknown_node", f"no node is called {node!r}")
        sku = fields.text("sku")
        lines = of_sku.get(sku, [])
        if not fields.absent("line"):
            line = fields.text("line")
            if line_at.get(line) not in lines:
                raise Malformed(f"{p}/line", "unknown_line", f"no line {line!r} asks for {sku!r}")
            lines = [line_at[line]]
        available = fields.whole("available", most=2**31)
        cost = fields.whole("unit_cost_minor", most=MOST_MINOR, default=0)
        bid = fields.number("bid_price_minor", default=0.0)
        failing = fields.number("failing_minor", default=0.0)
        fields.nothing_else()
        for i in lines:
            if (i, node_at[node]) in seen:
                raise Malformed(p, "duplicate_stock", f"{node} and {sku} stand here a second time")
            seen.add((i, node_at[node]))
            problem.available[i, node_at[node]] = available
            problem.unit_cost_minor[i, node_at[node]] = cost
            problem.bid_price_minor[i, node_at[node]] = bid
            failings[i, node_at[node]] = failing
    return failings


def problem_to_json(problem: Problem) -> dict[str, object]:
    """Fields at their default are left out; a stock entry stands where anything of it is not zero."""
    document: dict[str, object] = {
        "currency": problem.currency,
        "tariffs": {name: _steps(problem.cards, c) for c, name in enumerate(problem.cards.names)},
        "nodes": [_node_to_json(problem, n) for n in range(len(problem.node_ids))],
        "lines": [_line_to_json(problem, i) for i in range(len(problem.line_ids))],
        "stock": _stock_to_json(problem),
        "unfilled_penalty_minor": problem.unfilled_penalty_minor,
    }
    if not problem.allow_unfilled:
        document["allow_unfilled"] = False
    if problem.divisor_mm3_per_g:
        document["dimensional_divisor_mm3_per_g"] = problem.divisor_mm3_per_g
    return document


def _steps(cards: RateCards, c: int) -> list[list[int]]:
    own = slice(int(cards.start[c]), int(cards.start[c + 1]))
    return [list(step) for step in zip(cards.up_to_g[own].tolist(), cards.minor[own].tolist(), strict=True)]


def _node_to_json(problem: Problem, n: int) -> dict[str, object]:
    capacity = int(problem.capacity_parcels[n])
    node: dict[str, object] = {
        "id": problem.node_ids[n],
        "tariff": problem.cards.names[problem.card[n]],
        "fixed_minor": int(problem.fixed_minor[n]),
        "capacity_parcels": None if capacity == UNLIMITED else capacity,
        "arrive_day": int(problem.arrive_day[n]),
    }
    if problem.parcel_price_minor[n]:
        node["parcel_price_minor"] = float(problem.parcel_price_minor[n])
    if problem.day_price_minor is not None and problem.day_price_minor[n]:
        node["day_price_minor"] = float(problem.day_price_minor[n])
    return node


def _line_to_json(problem: Problem, i: int) -> dict[str, object]:
    line: dict[str, object] = {
        "id": problem.line_ids[i],
        "sku": problem.skus[i],
        "quantity": int(problem.quantity[i]),
        "unit_weight_g": int(problem.unit_weight_g[i]),
    }
    if problem.unit_volume_mm3[i]:
        line["unit_volume_mm3"] = int(problem.unit_volume_mm3[i])
    if problem.ship_alone[i]:
        line["ship_alone"] = True
    if problem.group[i] != NO_GROUP:
        line["group"] = int(problem.group[i])
    return line


def _stock_to_json(problem: Problem) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = []
    alone = {sku: problem.skus.count(sku) == 1 for sku in problem.skus}
    filled = (problem.available != 0) | (problem.unit_cost_minor != 0) | (problem.bid_price_minor != 0)
    for i, n in np.argwhere(filled).tolist():
        entry: dict[str, object] = {"node": problem.node_ids[n], "sku": problem.skus[i]}
        if not alone[problem.skus[i]]:
            entry["line"] = problem.line_ids[i]
        entry["available"] = int(problem.available[i, n])
        if problem.unit_cost_minor[i, n]:
            entry["unit_cost_minor"] = int(problem.unit_cost_minor[i, n])
        if problem.bid_price_minor[i, n]:
            entry["bid_price_minor"] = float(problem.bid_price_minor[i, n])
        if problem.failing_minor is not None and problem.failing_minor[i, n]:
            entry["failing_minor"] = float(problem.failing_minor[i, n])
        entries.append(entry)
    return entries


def plan_to_json(
    problem: Problem, plan: Plan, explanation: Explanation | None = None, elapsed_us: int | None = None
) -> dict[str, object]:
    """``elapsed_us`` is measured by whoever asks: routing has no clock. Without a plan there is no
    cost: null; and no gap where that is not proven.
    """
    none = not plan.status.has_plan
    document: dict[str, object] = {
        "status": plan.status.value,
        "currency": problem.currency,
        "cost_minor": None if none else plan.cost_minor,
        "objective_minor": None if none else plan.objective_minor,
        "bound_minor": None if none else plan.bound_minor,
        "gap": None if plan.status is Status.NOT_FOUND else plan.gap,
    }
    if elapsed_us is not None:
        document["elapsed_us"] = elapsed_us
    document["parcels"] = [
        {
            "node": parcel.node,
            "lines": [{"id": take.line, "quantity": take.quantity} for take in parcel.takes],
            "billable_g": parcel.billable_g,
            "cost_minor": parcel.cost_minor,
        }
        for parcel in plan.parcels
    ]
    document["unfilled"] = [{"id": u.line, "quantity": u.quantity, "reason": u.reason} for u in plan.unfilled]
    if explanation is not None:
        document["explanation"] = explanation_to_json(explanation)
    return document
