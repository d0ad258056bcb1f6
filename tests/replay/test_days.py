"""From a folder's hours, cut-offs, weekends and holidays to the days on which parcels leave and arrive."""

from pathlib import Path

import numpy as np
import pytest

from oms.adapters.folder import read_folder
from oms.adapters.folder_replay import replay_of
from routing.replay.policies import POLICIES
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import plain_days

FILES = {
    "nodes.csv": "id,lat,lon,country,timezone,ship_cutoff,calendar\n"
    "A,40.7,-74.0,US,America/New_York,14:00,\n"
    "B,40.7,-74.1,US,America/New_York,16:00,weekdays\n",
    "calendars.csv": "name,days,opens,closes\nweekdays,mon|tue|wed|thu|fri,09:00,18:00\n",
    "skus.csv": "id,weight_g\nMUG,350\n",
    "stock.csv": "node,sku,on_hand\nA,MUG,1\nB,MUG,9\n",
    "orders.csv": "id,placed_at,lat,lon,country\n"
    "1,2017-10-06T17:00:00Z,40.7,-74.0,US\n"  # a Friday, 13:00 there
    "2,2017-10-06T20:30:00Z,40.7,-74.0,US\n"  # 16:30
    "3,2017-10-09T15:00:00Z,40.7,-74.0,US\n",  # Columbus Day
    "lines.csv": "order,sku,quantity\n1,MUG,1\n2,MUG,1\n3,MUG,2\n",
    "replenishments.csv": "node,sku,quantity,at\nA,MUG,2,2017-10-09T00:00:00Z\n",
    "tariffs.csv": "name,up_to_g,minor\nflat,5000,500\n",
    "lanes.csv": "tariff,transit_days\nflat,2\n",
    "network.json": '{"holidays": {"US": "US"}}',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_parcels_leave_before_the_cut_off_and_arrive_on_delivery_days(folder: Path) -> None:
    _, stream = replay_of(read_folder(folder))
    days, a, b = stream.days, 0, 1
    assert days.placed.tolist() == [0, 0, 3]
    assert days.leave[:, days.profile[a]].tolist() == [0, 1, 4], "also on Saturday; not on the holiday"
    assert days.leave[:, days.profile[b]].tolist() == [0, 3, 3], "closed at weekends, open on the holiday"
    played = simulate(*replay_of(read_folder(folder)), POLICIES["nearest"], Settings(promise_days=5))
    assert played.node_parcels.tolist() == [2, 1]
    # On Wednesday, over weekend and holiday: Friday's from A, and Monday's from B. On Thursday: Tuesday's.
    assert played.order_days == 5 + 5 + 3
    assert played.on_time_orders == 3


def test_stock_that_comes_in_serves_the_next_order(folder: Path) -> None:
    ground, stream = replay_of(read_folder(folder))
    assert stream.arrivals.quantity.tolist() == [2]
    assert simulate(ground, stream, POLICIES["cheapest"]).filled_units == 4


def test_days_without_end_are_cut_off_at_the_horizon(folder: Path) -> None:
    (folder / "calendars.csv").write_text("name,days,opens,closes\nweekdays,mon,,\n")
    _, stream = replay_of(read_folder(folder))
    horizon = stream.days.next_ship.shape[1] - 1
    assert (stream.days.leave[:, stream.days.profile[1]] == horizon).all()
    assert np.isfinite(simulate(*replay_of(read_folder(folder)), POLICIES["cheapest"]).order_days)


def test_days_reach_past_the_last_order_wherever_it_stands() -> None:
    at = np.array(["2026-01-09", "2026-01-20", "2026-01-05"], "datetime64[us]")
    days = plain_days(at, 2, 1)
    assert days.placed.tolist() == [4, 15, 0]
    assert days.next_ship.shape[1] > 15 and days.on.shape[1] > 15
