"""Waves in files: what is written can be read, what is picked stays, every mistake has a name and a place."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from routing.files import problem_from_json
from routing.files_fields import Malformed
from routing.route import route
from routing.wave.files import wave_from_json
from routing.wave.files_write import result_to_json, wave_to_json
from routing.wave.solve import solve_wave
from tests.routing.wave_cases import random_wave, with_current

LINE = {"id": "1", "sku": "A", "quantity": 1, "unit_weight_g": 400}
WAVE: dict[str, Any] = {
    "currency": "USD",
    "tariffs": {"near": [[1000, 400]], "far": [[1000, 900]]},
    "orders": [
        {"id": "O1", "lines": [LINE], "nodes": {"N1": {"tariff": "near"}, "N2": {"tariff": "near"}}},
        {"id": "O2", "lines": [LINE], "nodes": {"N1": {"tariff": "near"}, "N2": {"tariff": "far"}}},
    ],
    "stock": [
        {"node": "N1", "sku": "A", "available": 1},
        {"node": "N2", "sku": "A", "available": 1, "unit_cost_minor": 5},
    ],
    "unfilled_penalty_minor": 5000,
}


def solved(document: dict[str, Any]) -> dict[str, Any]:
    file = wave_from_json(document)
    return result_to_json(file, solve_wave(file.wave), 0.25)


def changed(path: list[Any], value: Any) -> dict[str, Any]:
    document = deepcopy(WAVE)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return document


def nodes_of(document: dict[str, Any]) -> dict[str, list[str]]:
    return {order["id"]: [p["node"] for p in order["parcels"]] for order in solved(document)["orders"]}


def test_two_orders_share_what_one_by_one_would_not() -> None:
    answer = solved(WAVE)
    assert nodes_of(WAVE) == {"O1": ["N2"], "O2": ["N1"]}
    assert (answer["cost_minor"], answer["before_minor"], answer["bound_minor"]) == (805, 1305, 805)
    assert answer["gap"] == 0
    assert answer["elapsed_s"] == 0.25


def test_a_promise_that_would_not_hold_is_no_way_to_go() -> None:
    late = deepcopy(WAVE)
    late["orders"][0]["nodes"]["N2"]["arrive_day"] = 4
    late["orders"][0]["latest_day"] = 3
    assert nodes_of(late) == {"O1": ["N1"], "O2": ["N2"]}


def test_what_is_picked_stays_and_is_counted() -> None:
    standing = {"parcels": [{"node": "N1", "lines": [{"id": "1", "quantity": 1}], "picked": True}]}
    document = changed(["orders", 0, "current"], standing)
    assert nodes_of(document) == {"O1": ["N1"], "O2": ["N2"]}
    assert solved(document)["cost_minor"] == 400 + 905
    assert solved(document)["orders"][0]["parcels"][0]["picked"]


def test_a_move_must_be_worth_its_price() -> None:
    document = deepcopy(WAVE)
    for order, node in zip(document["orders"], ("N1", "N2"), strict=True):
        order["current"] = {"parcels": [{"node": node, "lines": [{"id": "1", "quantity": 1}]}]}
        order["move_minor"] = 200
    assert nodes_of(document) == {"O1": ["N2"], "O2": ["N1"]}
    assert solved(document)["cost_minor"] == 805 + 400
    for order in document["orders"]:
        order["move_minor"] = 300
    assert nodes_of(document) == {"O1": ["N1"], "O2": ["N2"]}


def test_an_answer_can_stand_in_the_next_question() -> None:
    document = deepcopy(WAVE)
    for order, answered in zip(document["orders"], solved(WAVE)["orders"], strict=True):
        order["current"] = {key: answered[key] for key in ("parcels", "unfilled")}
    assert solved(document)["moved"] == 0


@pytest.mark.parametrize("seed", range(15))
def test_what_is_written_is_read_again(seed: int) -> None:
    wave = with_current(random_wave(seed, orders=5, nodes=3, felt=False), seed)
    read = wave_from_json(wave_to_json(wave, "EUR")).wave
    assert solve_wave(read).cost_minor == pytest.approx(solve_wave(wave).cost_minor)


STANDING = {"parcels": [{"node": "N1", "lines": [{"id": "1", "quantity": 1}]}]}


@pytest.mark.parametrize(
    ("path", "value", "pointer", "code"),
    [
        (["orders"], [], "/orders", "empty"),
        (["orders", 0, "lines"], [], "/orders/0/lines", "empty"),
        (["orders", 1, "id"], "O1", "/orders/1/id", "duplicate_id"),
        (["orders", 0, "nodes", "N1", "tariff"], "no", "/orders/0/nodes/N1/tariff", "unknown_tariff"),
        (["stock", 1, "node"], "N1", "/stock/1", "duplicate_stock"),
        (["stock", 1, "available"], -1, "/stock/1/available", "out_of_range"),
        (["capacity"], [{"node": "N1", "parcels": 1}] * 2, "/capacity/1", "duplicate_capacity"),
        (["allow_unfilled"], False, "/allow_unfilled", "not_in_a_wave"),
        (["surprise"], 1, "/surprise", "unknown_field"),
        (["orders", 0, "surprise"], 1, "/orders/0/surprise", "unknown_field"),
        (
            ["orders", 0, "current"],
            {"parcels": [{"node": "N9", "lines": []}]},
            "/orders/0/current/parcels/0/node",
            "unknown_node",
        ),
        (
            ["orders", 0, "current"],
            {"parcels": [{"node": "N1", "lines": [{"id": "7", "quantity": 1}]}]},
            "/orders/0/current/parcels/0/lines/0/id",
            "unknown_line",
        ),
        (
            ["orders", 0, "current"],
            {"parcels": [{"node": "N1", "lines": [{"id": "1", "quantity": 2}]}]},
            "/orders/0/current/parcels",
            "current_impossible",
        ),
    ],
)
def test_mistakes_are_named(path: list[Any], value: Any, pointer: str, code: str) -> None:
    with pytest.raises(Malformed) as fault:
        wave_from_json(changed(path, value))
    assert (fault.value.pointer, fault.value.code) == (pointer, code)


def test_plans_that_cannot_stand_together_are_refused() -> None:
    document = changed(["orders", 0, "current"], STANDING)
    document["orders"][1]["current"] = STANDING
    with pytest.raises(Malformed, match="N1 sends 2 of A, has 1"):
        wave_from_json(document)


STEPS = [100, 133, 250, 172, 500, 216, 750, 261, 1000, 315, 2000, 441, 4000, 762, 6000, 1034, 8000, 1267]
MANY: dict[str, Any] = {
    "currency": "GBP",
    "tariffs": {"post": [*zip(STEPS[::2], STEPS[1::2], strict=True), (10000, 1361), (20000, 1586)]},
    "orders": [
        {
            "id": "O1",
            "lines": [{"id": "1", "sku": "A", "quantity": 36, "unit_weight_g": 285}],
            "nodes": {
                node: {"tariff": "post", "fixed_minor": fixed}
                for node, fixed in (("N1", 45), ("N2", 65), ("N3", 65), ("N4", 65))
            },
        },
    ],
    "stock": [
        {"node": node, "sku": "A", "available": units, "unit_cost_minor": cost}
        for node, units, cost in (("N1", 29, 1), ("N2", 6, 2), ("N3", 6, 2), ("N4", 6, 2))
    ],
    "unfilled_penalty_minor": 100000,
}
"""An order of many units of one SKU: nearly all of the cheapest parcels together overuse the shelf of N1."""


@pytest.mark.parametrize("beside", [0, 8])
def test_an_order_of_many_units_is_routed_as_well_as_alone(beside: int) -> None:
    """``beside``: units of it that another order wants too."""
    many = deepcopy(MANY)
    if beside:
        other = {**LINE, "quantity": beside, "unit_weight_g": 285}
        many["orders"].append({"id": "O2", "lines": [other], "nodes": many["orders"][0]["nodes"]})
        many["stock"][0]["available"] += beside
    alone = deepcopy(MANY)
    [line] = alone["orders"][0]["lines"]
    nodes = [
        {"id": node, "tariff": "post", "fixed_minor": said["fixed_minor"]}
        for node, said in alone["orders"][0]["nodes"].items()
    ]
    problem = {**{k: v for k, v in alone.items() if k != "orders"}, "nodes": nodes, "lines": [line]}
    best = route(problem_from_json(problem)).objective_minor
    answer = solved(many)
    if beside:
        assert answer["cost_minor"] <= best + 762 + 45 + beside, "no worse than one after the other"
    else:
        assert answer["cost_minor"] == best
        assert answer["bound_minor"] == pytest.approx(best, abs=0.01)
    stands = deepcopy(many)
    for order, said in zip(stands["orders"], answer["orders"], strict=True):
        order["current"] = {"parcels": said["parcels"]}
    again = solved(stands)
    assert again["cost_minor"] == pytest.approx(again["before_minor"])
    assert again["cost_minor"] <= answer["cost_minor"] + 0.01, "never worse than what stands"


@pytest.mark.parametrize("lacking", [0, 1, 6])
def test_units_that_stand_are_sent_though_it_were_cheaper_to_leave_them(lacking: int) -> None:
    """What is promised is no matter of price, also where the router is asked, which knows of no promise.
    ``lacking``: units that may stay behind, as none of them stands.
    """
    many = deepcopy(MANY)
    stands = solved(MANY)["orders"][0]["parcels"]
    stands[0]["lines"][0]["quantity"] -= lacking
    many["orders"][0]["current"] = {"parcels": stands}
    many["unfilled_penalty_minor"] = 1
    answer = solved(many)
    assert sum(line["quantity"] for line in answer["orders"][0]["unfilled"]) == lacking
    assert answer["cost_minor"] == answer["before_minor"]
