"""Explanations: the breakdown adds up, every loser's price is right, and the words say what decided."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.eligibility import Exclusion
from routing.explain import explain, explanation_to_json
from routing.explain_words import lost_words
from routing.files import problem_from_json
from routing.plan import Status
from routing.problem import Problem
from routing.route import route
from routing.verify import recount
from tests.routing.kernel_cases import best_by_trying_everything, random_problem


def shop(**changes: object) -> Problem:
    document: dict = {
        "currency": "USD",
        "tariffs": {"near": [[500, 400], [2000, 600]], "far": [[500, 900], [2000, 1500]]},
        "nodes": [
            {"id": "ST-01", "tariff": "near", "fixed_minor": 100},
            {"id": "ST-12", "tariff": "near", "fixed_minor": 100},
            {"id": "DC-1", "tariff": "far"},
        ],
        "lines": [
            {"id": "1", "sku": "A", "quantity": 1, "unit_weight_g": 300},
            {"id": "2", "sku": "B", "quantity": 1, "unit_weight_g": 900},
        ],
        "stock": [
            {"node": "ST-01", "sku": "A", "available": 2},
            {"node": "ST-01", "sku": "B", "available": 1},
            {"node": "ST-12", "sku": "A", "available": 1},
            {"node": "DC-1", "sku": "A", "available": 9},
            {"node": "DC-1", "sku": "B", "available": 9},
        ],
        "unfilled_penalty_minor": 10_000,
    }
    return problem_from_json(document | changes)


def test_breakdown_adds_up_to_the_plan() -> None:
    for seed in range(200):
        problem = random_problem(seed, lines=3, nodes=4, units=4)
        plan = route(problem)
        explanation = explain(problem, plan)
        for cost, parcel in zip(explanation.parcels, plan.parcels, strict=True):
            paid = cost.tariff_minor + cost.fixed_minor + cost.units_minor
            assert paid == parcel.cost_minor
            assert paid + cost.parcel_price_minor + cost.bid_prices_minor == pytest.approx(
                parcel.objective_minor
            )


@pytest.mark.parametrize(("felt_minor", "said"), [(0.0, False), (0.4, False), (30.0, True)])
def test_what_is_felt_is_told_where_it_makes_a_cent(felt_minor: float, said: bool) -> None:
    problem = shop()
    problem = replace(problem, parcel_price_minor=np.full_like(problem.parcel_price_minor, felt_minor))
    told = explanation_to_json(explain(problem, route(problem)))
    assert ("felt on top 0.30" in str(told)) == said
    assert ("felt on top" in str(told)) == said


def test_room_on_a_busy_day_is_told_apart_from_what_else_is_felt() -> None:
    problem = shop(lines=[{"id": "1", "sku": "A", "quantity": 1, "unit_weight_g": 300}])
    day, rest = np.array([30.0, 20.0, 0.0]), np.array([5.0, 5.0, 0.0])
    problem = replace(problem, parcel_price_minor=day + rest, day_price_minor=day)
    found = explain(problem, route(problem))
    [sent] = found.parcels
    assert (sent.node, sent.day_price_minor, sent.parcel_price_minor) == ("ST-12", 20.0, 5.0)
    assert sent.sentence.endswith("+ room on a busy day 0.20 + felt on top 0.05.")
    lost = next(loser for loser in found.losers if loser.node == "ST-01")
    assert (lost.term, lost.lost_by_minor) == ("day_price", 10.0)
    assert lost.sentence == "ST-01 lost by 0.10: room on its day that is better kept for later orders."


def test_every_loser_costs_what_the_best_plan_with_it_costs() -> None:
    compared = 0
    for seed in range(300):
        problem = random_problem(seed, lines=1 + seed % 3, nodes=3, units=2 + seed % 3)
        plan = route(problem)
        if plan.status is Status.INFEASIBLE:
            continue
        for loser in explain(problem, plan).losers:
            if loser.code != "not_eligible":
                expected = best_by_trying_everything(problem, problem.node_ids.index(loser.node))
                compared += 1
                assert loser.exact
                if expected is None:
                    assert loser.forced_minor is None, seed
                else:
                    assert loser.forced_minor == pytest.approx(expected, abs=1e-3), seed
                    assert loser.lost_by_minor == pytest.approx(expected - plan.objective_minor, abs=1e-3)
    assert compared > 200


def test_less_than_the_smallest_coin_is_not_told_as_nothing() -> None:
    problem = shop()
    sentence, to_win = lost_words(problem, "DC-1", 0.3, "bid_prices", 0, True)
    assert sentence == "DC-1 lost by less than 0.01: units that are better kept for later orders."
    assert to_win == "DC-1 would win if its part of the order became 0.01 cheaper."


def test_one_more_parcel_is_what_decided() -> None:
    problem = shop()
    explanation = explain(problem, route(problem))
    by_node = {loser.node: loser for loser in explanation.losers}
    assert [p.node for p in explanation.parcels] == ["ST-01"]
    assert explanation.parcels[0].sentence == (
        "ST-01 sends 1 × A, 1 × B: transport 6.00 (near, 1200 g) + parcel 1.00."
    )
    assert by_node["ST-12"].sentence == "ST-12 lost by 5.00: one more parcel."
    assert (
        by_node["ST-12"].to_win == "ST-12 would win if its part of the order became more than 5.00 cheaper."
    )
    assert by_node["DC-1"].sentence == "DC-1 lost by 8.00: dearer transport."
    assert explanation.runner_up is not None
    assert {p.node for p in explanation.runner_up.parcels} == {"ST-01", "ST-12"}
    assert recount(problem, explanation.runner_up).faults == ()


def test_nodes_out_of_question_say_why() -> None:
    problem = shop()
    closed = Exclusion("ST-99", None, "closed", "the node is closed")
    explanation = explain(problem, route(problem), [closed])
    loser = next(x for x in explanation.losers if x.node == "ST-99")
    assert loser.code == "not_eligible" and loser.reasons == (closed,)
    assert loser.sentence == "ST-99 is not eligible: the node is closed."


def test_unfilled_units_name_the_fewest_conditions() -> None:
    stock = [{"node": "ST-01", "sku": "A", "available": 1}]
    problem = shop(stock=stock)
    exclusions = [
        Exclusion("ST-12", None, "closed", "the node is closed"),
        Exclusion("ST-12", "2", "flag_refused", "the node refuses goods of this class"),
        Exclusion("DC-1", "2", "too_late", "it would arrive later than promised"),
    ]
    blocked = explain(problem, route(problem), exclusions).blocked
    assert [(b.line, b.quantity, b.reason) for b in blocked] == [("2", 1, "no_node_has_it")]
    assert blocked[0].conditions == (exclusions[2],)
    assert "Closest is DC-1" in blocked[0].sentence


def test_an_infeasible_order_names_every_line() -> None:
    problem = shop(stock=[{"node": "ST-01", "sku": "A", "available": 1}], allow_unfilled=False)
    plan = route(problem)
    explanation = explain(problem, plan)
    assert plan.status is Status.INFEASIBLE
    assert [b.line for b in explanation.blocked] == ["1", "2"]
    codes = {loser.node: loser.code for loser in explanation.losers}
    assert codes.pop("ST-01") == "no_plan", "it has some of it, and is not said to have nothing"
    assert set(codes.values()) == {"not_eligible"}


def test_large_orders_are_explained_within_their_blocks() -> None:
    problem = replace(random_problem(5, lines=30, nodes=12, units=34), allow_unfilled=True)
    plan = route(problem)
    explanation = explain(problem, plan)
    able = [x for x in explanation.losers if x.lost_by_minor is not None]
    assert all(not loser.exact for loser in able)
    kinds = {entry["kind"] for entry in explanation_to_json(explanation)}
    assert "parcel" in kinds and "node" in kinds
