"""The recount finds every kind of wrong plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.files import problem_from_json
from routing.plan import Parcel, Plan, Status, Take, Unfilled
from routing.route import route
from routing.verify import recount

PROBLEM = problem_from_json(
    {
        "currency": "EUR",
        "tariffs": {"t": [[500, 100], [5_000, 1_000]]},
        "nodes": [{"id": "a", "tariff": "t", "fixed_minor": 10, "capacity_parcels": 2}],
        "lines": [
            {"id": "1", "sku": "A", "quantity": 3, "unit_weight_g": 200},
            {"id": "2", "sku": "A", "quantity": 1, "unit_weight_g": 300, "ship_alone": True},
            {"id": "3", "sku": "B", "quantity": 1, "unit_weight_g": 100, "group": 4},
            {"id": "4", "sku": "C", "quantity": 2, "unit_weight_g": 100, "group": 4},
        ],
        "stock": [
            {"node": "a", "sku": "A", "available": 3, "unit_cost_minor": 5, "bid_price_minor": 0.5},
            {"node": "a", "sku": "B", "available": 1},
            {"node": "a", "sku": "C", "available": 2},
        ],
        "unfilled_penalty_minor": 2_000,
    }
)
RIGHT = route(PROBLEM)


def parcel(grams: int, cost: int, objective: float, **takes: int) -> Parcel:
    return Parcel("a", tuple(Take(line[1:], q) for line, q in takes.items()), grams, cost, objective)


def plan(*parcels: Parcel, unfilled: tuple[Unfilled, ...] = ()) -> Plan:
    cost = sum(p.cost_minor for p in parcels) + 2_000 * sum(u.quantity for u in unfilled)
    objective = sum(p.objective_minor for p in parcels) + 2_000 * sum(u.quantity for u in unfilled)
    return Plan(Status.OPTIMAL, parcels, unfilled, cost, objective, objective)


def test_a_right_plan_has_no_faults() -> None:
    counted = recount(PROBLEM, RIGHT)
    assert counted.faults == ()
    assert counted.cost_minor == RIGHT.cost_minor
    assert counted.objective_minor == pytest.approx(RIGHT.objective_minor)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (replace(RIGHT, cost_minor=RIGHT.cost_minor + 1), "cost stated"),
        (replace(RIGHT, objective_minor=RIGHT.objective_minor - 1), "objective stated"),
        (replace(RIGHT, bound_minor=RIGHT.objective_minor + 1), "above the objective"),
        (replace(RIGHT, bound_minor=RIGHT.objective_minor - 1), "called optimal"),
        (replace(RIGHT, unfilled=()), "unfilled of"),
        (replace(RIGHT, parcels=RIGHT.parcels[1:]), "unfilled of"),
        (replace(RIGHT, parcels=(replace(RIGHT.parcels[0], node="z"),)), "unknown node"),
        (replace(RIGHT, unfilled=(Unfilled("9", 1, ""),)), "unknown line"),
        (replace(RIGHT, status=Status.INFEASIBLE), "called infeasible"),
        (plan(parcel(600, 1_025, 1_026.5, _1=3), parcel(300, 115, 115.5, _2=1)), "of A over all lines"),
        (plan(*[parcel(200, 115, 115.5, _1=1)] * 3), "3 parcels"),
        (plan(parcel(500, 120, 121.0, _1=1, _2=1)), "must ship alone"),
        (plan(parcel(100, 110, 110.0, _3=1)), "part of kit"),
        (plan(parcel(800, 1_030, 1_032.0, _1=4)), "sends 4 of line 1"),
        (plan(parcel(99, 115, 115.5, _1=1)), "states 99 g"),
        (plan(parcel(200, 115, 117.0, _1=1)), "states objective"),
        (plan(parcel(0, 110, 110.0)), "empty"),
        (plan(parcel(6_000, 160, 175.0, _1=30)), "not carried"),
        (plan(parcel(0, 110, 110.0, _1=0)), "takes 0"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_found_out(wrong: Plan, fault: str) -> None:
    assert any(fault in found for found in recount(PROBLEM, wrong).faults)
