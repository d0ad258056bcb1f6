"""The file format: nothing lost on the way out and in again, and every fault named with its place."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from routing.explain import explain
from routing.files import Malformed, plan_to_json, problem_from_json, problem_to_json, read_documents
from routing.problem import Problem
from routing.route import route
from tests.routing.kernel_cases import random_problem

EXAMPLE = """
{"currency":"USD",
 "tariffs":{"z1":[[500,420],[1000,510],[30000,1900]]},
 "nodes":[{"id":"N1","tariff":"z1","fixed_minor":120,"capacity_parcels":null,"arrive_day":2}],
 "lines":[{"id":"1","sku":"A","quantity":2,"unit_weight_g":480}],
 "stock":[{"node":"N1","sku":"A","available":3,"unit_cost_minor":25,"bid_price_minor":0}],
 "unfilled_penalty_minor":100000}
"""


def equal(a: Problem, b: Problem) -> bool:
    for field in fields(Problem):
        x, y = getattr(a, field.name), getattr(b, field.name)
        if field.name == "cards":
            same = x.names == y.names and all(
                np.array_equal(getattr(x, n), getattr(y, n)) for n in ("start", "up_to_g", "minor")
            )
        else:
            same = np.array_equal(x, y) if isinstance(x, np.ndarray) else x == y
        if not same:
            return False
    return True


def test_problems_survive_the_way_out_and_in_again() -> None:
    for seed in range(200):
        problem = random_problem(seed, lines=1 + seed % 5, nodes=1 + seed % 7, units=6)
        again = problem_from_json(json.loads(json.dumps(problem_to_json(problem))))
        assert equal(problem, again), seed
        assert plan_to_json(problem, route(problem)) == plan_to_json(again, route(again)), seed


def test_what_is_felt_of_busy_days_survives_too() -> None:
    problem = random_problem(1, lines=2, nodes=4, units=3)
    felt = np.array([0.0, 0.1 + 0.2, 41.0, 0.0])
    busy = replace(problem, parcel_price_minor=felt + 7.0, day_price_minor=felt)
    again = problem_from_json(json.loads(json.dumps(problem_to_json(busy))))
    assert equal(busy, again) and not equal(problem, again)


def test_the_example_of_the_format() -> None:
    (document,) = read_documents(EXAMPLE)
    problem = problem_from_json(document)
    plan = route(problem)
    answer = plan_to_json(problem, plan, explain(problem, plan), elapsed_us=7)
    explanation = answer.pop("explanation")
    assert isinstance(explanation, list) and explanation[0]["kind"] == "parcel"
    assert answer == {
        "status": "optimal",
        "currency": "USD",
        "cost_minor": 680,
        "objective_minor": 680.0,
        "bound_minor": 680.0,
        "gap": 0.0,
        "elapsed_us": 7,
        "parcels": [
            {"node": "N1", "lines": [{"id": "1", "quantity": 2}], "billable_g": 960, "cost_minor": 680}
        ],
        "unfilled": [],
    }


def test_one_problem_a_line() -> None:
    line = json.dumps(json.loads(EXAMPLE))
    assert len(read_documents(f"{line}\n\n{line}\n")) == 2
    with pytest.raises(Malformed) as fault:
        read_documents(f"{line}\n{line[:-3]}\n")
    assert fault.value.code == "not_json" and "line 2" in fault.value.detail


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (["currency"], "dollars", "/currency", "not_a_currency"),
        (["currency"], None, "/currency", "not_a_string"),
        (["colour"], "red", "/colour", "unknown_field"),
        (["tariffs", "z1"], [], "/tariffs/z1", "tariff_empty"),
        (["tariffs", "z1", 1, 0], 400, "/tariffs/z1/1/0", "tariff_not_ascending"),
        (["tariffs", "z1", 1], [400], "/tariffs/z1/1", "wrong_length"),
        (["nodes", 0, "tariff"], "z9", "/nodes/0/tariff", "unknown_tariff"),
        (["nodes", 0, "capacity_parcels"], -1, "/nodes/0/capacity_parcels", "out_of_range"),
        (["nodes"], {}, "/nodes", "not_a_list"),
        (["lines", 0, "quantity"], 0, "/lines/0/quantity", "out_of_range"),
        (["lines", 0, "quantity"], 1.5, "/lines/0/quantity", "not_a_whole_number"),
        (["lines", 0, "quantity"], True, "/lines/0/quantity", "not_a_whole_number"),
        (["lines", 0, "unit_weight_g"], -5, "/lines/0/unit_weight_g", "out_of_range"),
        (["lines", 0], [], "/lines/0", "not_an_object"),
        (["lines"], [], "/lines", "empty"),
        (["stock", 0, "node"], "N2", "/stock/0/node", "unknown_node"),
        (["stock", 0, "bid_price_minor"], "1", "/stock/0/bid_price_minor", "not_a_number"),
        (["stock", 0, "line"], "9", "/stock/0/line", "unknown_line"),
        (["allow_unfilled"], 1, "/allow_unfilled", "not_a_boolean"),
    ],
)
def test_faults_have_a_place_and_a_name(path: list, value: object, pointer: str, code: str) -> None:
    document = json.loads(EXAMPLE)
    at = document
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    with pytest.raises(Malformed) as fault:
        problem_from_json(document)
    assert (fault.value.pointer, fault.value.code) == (pointer, code)


@pytest.mark.parametrize("part", ["nodes", "lines", "stock"])
def test_the_same_twice_is_a_fault(part: str) -> None:
    document = json.loads(EXAMPLE)
    document[part].append(document[part][0])
    with pytest.raises(Malformed) as fault:
        problem_from_json(document)
    assert fault.value.code in {"duplicate_id", "duplicate_stock"}
    assert fault.value.pointer.startswith(f"/{part}/1")


def test_a_missing_field_is_named() -> None:
    document = json.loads(EXAMPLE)
    del document["lines"][0]["sku"]
    with pytest.raises(Malformed) as fault:
        problem_from_json(document)
    assert (fault.value.pointer, fault.value.code) == ("/lines/0/sku", "missing")


@pytest.mark.parametrize("text", ["", "nonsense", "{", '{"a": NaN}', "[1,"])
def test_what_is_not_json(text: str) -> None:
    with pytest.raises(Malformed) as fault:
        read_documents(text)
    assert fault.value.code == "not_json"
