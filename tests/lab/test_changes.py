"""Changes to a history do what they say, and only that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from oms.adapters.folder import read_folder
from oms.adapters.folder_values import Folder
from oms.lab.changes import ALL, Changes, NewNode, Why, changed, misfits, senders
from oms.lab.playing import Variant, Weights, World, play
from tests.replay.test_days import FILES


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return read_folder(tmp_path)


def test_nothing_changed_is_the_same_run(folder: Folder) -> None:
    assert (
        play(changed(folder, Changes()), Variant("cheapest")).digest
        == play(folder, Variant("cheapest")).digest
    )


def test_a_closed_node_sends_nothing(folder: Folder) -> None:
    before = play(folder, Variant("cheapest"))
    after = play(folder, Variant("cheapest", world=World(Changes(close=("A",)))))
    assert {node.node: node.parcels for node in before.nodes}["A"] > 0
    assert {node.node: (node.parcels, node.stock_outs) for node in after.nodes}["A"] == (0, 0)
    assert after.cost_per_order_minor >= before.cost_per_order_minor


def test_a_new_node_has_what_the_one_has_that_it_is_like(folder: Folder) -> None:
    more = changed(folder, Changes(add=(NewNode("N", 1.0, 2.0, "A"),), close=("A",)))
    row = list(more.nodes.id).index("N")
    assert (more.nodes.lat[row], more.nodes.lon[row]) == (1.0, 2.0)
    assert more.nodes.methods[row] == folder.nodes.methods[list(folder.nodes.id).index("A")]
    assert (
        more.stock.on_hand[more.stock.node == "N"].tolist()
        == folder.stock.on_hand[folder.stock.node == "A"].tolist()
    )
    assert not (more.stock.node == "A").any()


def test_a_new_node_has_the_lanes_of_the_one_it_is_like_in_their_places(tmp_path: Path) -> None:
    own = {"lanes.csv": "node,tariff,transit_days\nA,flat,2\nB,flat,3\nA,flat,4\n"}
    for name, text in (FILES | own).items():
        (tmp_path / name).write_text(text)
    folder = read_folder(tmp_path)
    near, far = NewNode("N", 40.7, -74.0, "A"), NewNode("F", 40.0, -70.0, "A")
    lanes = changed(folder, Changes(add=(near, far))).lanes
    in_turn = list(zip(lanes.node, lanes.transit_days.tolist(), strict=True))
    assert sorted(in_turn[:3]) == [("A", 2), ("F", 2), ("N", 2)]
    assert in_turn[3] == ("B", 3)
    assert sorted(in_turn[4:]) == [("A", 4), ("F", 4), ("N", 4)]
    assert list(folder.lanes.node) == ["A", "B", "A"]
    alone = play(folder, Variant("nearest", world=World(Changes(add=(near,), close=("A", "B")))))
    assert {node.node: node.parcels for node in alone.nodes}["N"] > 0


def test_tariffs_and_stock_are_multiplied(folder: Folder) -> None:
    name = folder.tariffs.name[0]
    dearer = changed(folder, Changes(tariffs=((name, 1.5),), stock=2.0))
    own = folder.tariffs.name == name
    assert dearer.tariffs.minor[own].tolist() == np.rint(folder.tariffs.minor[own] * 1.5).tolist()
    assert dearer.tariffs.minor[~own].tolist() == folder.tariffs.minor[~own].tolist()
    assert dearer.stock.on_hand.tolist() == (2 * folder.stock.on_hand).tolist()
    all_of = changed(folder, Changes(tariffs=((ALL, 2.0),))).tariffs.minor
    assert all_of.tolist() == (2 * folder.tariffs.minor).tolist()


@pytest.mark.parametrize(("times", "orders"), [(0.0, 0), (0.5, 2), (1.0, 3), (2.0, 6), (2.4, 7)])
def test_demand_is_so_many_times_the_orders(folder: Folder, times: float, orders: int) -> None:
    more = changed(folder, Changes(demand=times), seed=3)
    assert len(more.orders.id) == len(set(more.orders.id)) == orders
    assert set(more.lines.order) == set(more.orders.id)
    if times == 2.0:
        assert more.lines.quantity.sum() == 2 * folder.lines.quantity.sum()
    same = changed(folder, Changes(demand=times), seed=3)
    assert more.orders.id.tolist() == same.orders.id.tolist()


def test_names_that_do_not_fit_are_named(folder: Folder) -> None:
    strange = Changes(close=("X",), add=(NewNode("A", 0, 0, "Y"),), tariffs=((ALL, 1.0), ("z", 2.0)))
    found = [(one.where, one.name) for one in misfits(senders(folder), folder.tariffs.name, strange)]
    assert found == [("/close/0", "X"), ("/add/0/like", "Y"), ("/add/0/id", "A"), ("/tariffs/1/tariff", "z")]


def test_a_node_that_sends_nothing_is_no_model_and_a_tariff_is_named_once(folder: Folder) -> None:
    name = folder.tariffs.name[0]
    wanted = Changes(add=(NewNode("N", 0, 0, "A"),), tariffs=((name, 2.0), (name, 3.0)))
    [found] = misfits(senders(folder), folder.tariffs.name, wanted)
    assert (found.where, found.why) == ("/tariffs/1/tariff", Why.TWICE)
    shut = senders(changed(folder, Changes(close=("A",))))
    assert [one.why for one in misfits(shut, folder.tariffs.name, wanted)] == [Why.IDLE, Why.TWICE]


def test_weights_are_felt(folder: Folder) -> None:
    plain, hurried = (
        play(folder, Variant("cheapest", Weights(late_day_minor=late))) for late in (0.0, 100.0)
    )
    assert hurried.days <= plain.days
    assert hurried.objective_per_order_minor > plain.objective_per_order_minor
    assert plain.paid_per_order_minor <= hurried.paid_per_order_minor
