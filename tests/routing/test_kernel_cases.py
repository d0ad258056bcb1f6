"""Cases in which the first programme alone would be wrong, each by name."""

from __future__ import annotations

from typing import Any

import pytest

from routing.files import problem_from_json
from routing.plan import Plan, Status
from routing.problem import Problem
from routing.route import route
from routing.verify import recount


def problem(
    lines: list[dict[str, Any]], stock: list[tuple[str, str, int]], **nodes: dict[str, Any]
) -> Problem:
    """Light parcels cost 100, heavier ones 1000 (so splitting tempts); node b is dear."""
    every = {"a": {"fixed_minor": 10}, "b": {"fixed_minor": 5_000}} | nodes
    return problem_from_json(
        {
            "currency": "EUR",
            "tariffs": {"t": [[500, 100], [5_000, 1_000]]},
            "nodes": [{"id": name, "tariff": "t", **node} for name, node in every.items()],
            "lines": [{"unit_weight_g": 250, **line} for line in lines],
            "stock": [{"node": n, "sku": s, "available": q} for n, s, q in stock],
            "unfilled_penalty_minor": 50_000,
        }
    )


def solved(p: Problem) -> tuple[Plan, dict[str, list[dict[str, int]]]]:
    plan = route(p)
    assert recount(p, plan).faults == ()
    assert plan.status is Status.OPTIMAL
    sent: dict[str, list[dict[str, int]]] = {}
    for parcel in plan.parcels:
        sent.setdefault(parcel.node, []).append({t.line: t.quantity for t in parcel.takes})
    return plan, sent


def test_four_wanted_three_there_is_not_two_and_two() -> None:
    p = problem([{"id": "1", "sku": "A", "quantity": 4}], [("a", "A", 3), ("b", "A", 9)])
    plan, sent = solved(p)
    assert sum(take["1"] for take in sent["a"]) <= 3
    assert plan.cost_minor == 110 + 5_100, "not 220, which would take four from a"


def test_a_node_boxes_into_several_parcels_when_that_is_cheaper() -> None:
    p = problem([{"id": "1", "sku": "A", "quantity": 4}], [("a", "A", 4)])
    plan, sent = solved(p)
    assert sent == {"a": [{"1": 2}, {"1": 2}]}
    assert plan.cost_minor == 220


@pytest.mark.parametrize(("capacity", "cost"), [(None, 220), (2, 220), (1, 1_010), (0, 10_200)])
def test_parcel_capacity_decides_how_the_node_boxes(capacity: int | None, cost: int) -> None:
    node = {"fixed_minor": 10, "capacity_parcels": capacity}
    p = problem([{"id": "1", "sku": "A", "quantity": 4}], [("a", "A", 4), ("b", "A", 4)], a=node)
    plan, _ = solved(p)
    assert plan.cost_minor == (min(cost, 6_000) if capacity == 0 else cost)


def test_two_unlike_lines_of_one_sku_share_its_stock() -> None:
    lines = [
        {"id": "1", "sku": "A", "quantity": 2},
        {"id": "2", "sku": "A", "quantity": 2, "unit_weight_g": 300},
    ]
    p = problem(lines, [("a", "A", 3), ("b", "A", 3)])
    plan, sent = solved(p)
    assert sum(sum(take.values()) for take in sent["a"]) <= 3
    assert plan.cost_minor == 110 + 110 + 5_100, "not 330, which would take four from a"


def test_two_like_lines_of_one_sku_share_its_stock() -> None:
    lines = [{"id": "1", "sku": "A", "quantity": 1}, {"id": "2", "sku": "A", "quantity": 1}]
    plan, sent = solved(problem(lines, [("a", "A", 1)]))
    assert sent == {"a": [{"1": 1}]}
    assert [(u.line, u.quantity, u.reason) for u in plan.unfilled] == [("2", 1, "not_enough_available")]


def test_a_kit_leaves_whole_in_one_parcel_or_not_at_all() -> None:
    lines = [
        {"id": "1", "sku": "frame", "quantity": 1, "group": 1},
        {"id": "2", "sku": "wheel", "quantity": 2, "group": 1},
    ]
    whole = problem(lines, [("a", "frame", 1), ("a", "wheel", 1), ("b", "frame", 1), ("b", "wheel", 2)])
    _, sent = solved(whole)
    assert sent == {"b": [{"1": 1, "2": 2}]}
    broken, sent = solved(problem(lines, [("a", "frame", 1), ("a", "wheel", 1), ("b", "wheel", 2)]))
    assert sent == {}
    assert [(u.line, u.quantity) for u in broken.unfilled] == [("1", 1), ("2", 2)]


def test_a_kit_and_a_line_share_the_stock_of_a_sku() -> None:
    lines = [
        {"id": "1", "sku": "frame", "quantity": 1, "group": 1},
        {"id": "2", "sku": "wheel", "quantity": 2, "group": 1},
        {"id": "3", "sku": "wheel", "quantity": 1},
    ]
    p = problem(lines, [("a", "frame", 1), ("a", "wheel", 2), ("b", "wheel", 1)])
    _, sent = solved(p)
    assert sent == {"a": [{"1": 1, "2": 2}], "b": [{"3": 1}]}


def test_units_that_ship_alone_travel_one_by_one() -> None:
    lines = [
        {"id": "1", "sku": "mirror", "quantity": 2, "ship_alone": True, "unit_weight_g": 100},
        {"id": "2", "sku": "nail", "quantity": 1, "unit_weight_g": 10},
    ]
    _, sent = solved(problem(lines, [("a", "mirror", 2), ("a", "nail", 1)]))
    assert sent == {"a": [{"1": 1}, {"1": 1}, {"2": 1}]}


def test_a_unit_no_tariff_carries_stays_unfilled() -> None:
    lines = [{"id": "1", "sku": "A", "quantity": 1, "unit_weight_g": 6_000}]
    plan, sent = solved(problem(lines, [("a", "A", 1)]))
    assert sent == {} and plan.unfilled[0].reason == "no_tariff_carries_it"
