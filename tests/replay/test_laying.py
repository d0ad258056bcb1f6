"""What a node may send on a day is kept for those to come who need it more, where it is limited at all."""

from dataclasses import replace

import numpy as np
import pytest

from routing.problem import UNLIMITED, Ints
from routing.replay.forecast import BasketTypes
from routing.replay.foresight import Foresight, Outlook
from routing.replay.laying import MOST_LAID, DaysAhead, laid
from routing.replay.policies import Policy
from routing.replay.simulate import Settings, simulate
from routing.replay.stream import Ground, Stream, plain_days
from tests.replay.world import ground, ints, stream

AHEAD = Policy(foresight=True)
DAY = 24
PAST = 3 * DAY


def busy() -> tuple[Ground, Stream]:
    """Every third order could come from node 2 for 100 more; the others only from node 0, which sends 12 of
    the 24 a day. A day late is felt as 500.
    """
    orders = [{0: 1} if turn % 3 == 0 else {1: 1} for turn in range(10 * DAY)]
    there = ground([[500, 0, 500], [500, 0, 0]], weight_g=(400, 500))
    limited = replace(there, most_orders=ints(12, UNLIMITED, UNLIMITED), late_day_minor=500.0)
    return limited, stream(3, *orders)


def test_a_busy_day_is_left_to_those_who_have_no_other_node() -> None:
    there, orders = busy()
    without, ahead = (
        simulate(there, orders, AHEAD, Settings(past=PAST, outlook=Outlook(solves=14, days=days)))
        for days in (False, True)
    )
    assert ahead.filled_units == without.filled_units
    assert ahead.node_parcels[2] > without.node_parcels[2]
    assert ahead.order_days < without.order_days
    assert ahead.objective_minor < without.objective_minor


def test_baskets_that_are_known_by_type_are_laid_on_any_day() -> None:
    """Also by a forecast that knows them before the first order, when no day has a price yet."""
    there, orders = busy()
    pool = stream(3, {0: 1}, {1: 1})
    kinds = np.where(orders.sku == 0, 0, 1)
    types = BasketTypes(pool, kinds, ints(0, 0), ints(0, 1), np.array([1 / 3, 2 / 3]))
    assert pool.days.next_ship.shape != orders.days.next_ship.shape
    without, ahead = (
        simulate(there, orders, AHEAD, Settings(outlook=Outlook(solves=14, forecast=types, days=days)))
        for days in (False, True)
    )
    assert ahead.filled_units == without.filled_units
    assert ahead.objective_minor < without.objective_minor


@pytest.mark.parametrize("limits", [np.full(3, UNLIMITED), ints(DAY, UNLIMITED, DAY)], ids=["none", "high"])
def test_where_no_node_is_limited_days_have_no_price_and_nothing_changes(limits: Ints) -> None:
    there, orders = busy()
    free = replace(there, most_orders=limits)
    foresight = Foresight(free, orders, Outlook(), PAST)
    assert foresight.days_ahead(PAST, np.zeros((3, 1), np.int64)) is None
    digests = {
        simulate(free, orders, AHEAD, Settings(past=PAST, outlook=Outlook(solves=4, days=days))).digest
        for days in (False, True)
    }
    assert len(digests) == 1


def test_what_is_used_of_a_day_is_taken_off_its_room() -> None:
    there, orders = busy()
    used = np.zeros((3, orders.days.next_ship.shape[1]), np.int64)
    today, room = int(orders.days.placed[PAST]), []
    for orders_on_it in (0, 10, 20):
        used[0, today] = orders_on_it
        ahead = Foresight(there, orders, Outlook(), PAST).days_ahead(PAST, used)
        assert ahead is not None
        room.append(int(ahead.room[0, today]))
        assert (ahead.room[1:] == UNLIMITED).all() and ahead.room[0, today + 1] == 12
    assert room == [12, 2, 0]


def test_the_less_room_a_day_has_the_more_it_is_worth() -> None:
    there, orders = busy()
    used = np.zeros((3, orders.days.next_ship.shape[1]), np.int64)
    tomorrow, worth = int(orders.days.placed[PAST]) + 1, []
    for orders_on_it in (0, 12):
        used[0, tomorrow] = orders_on_it
        foresight = Foresight(there, orders, Outlook(), PAST)
        found = foresight.worth(PAST, 7.0 * DAY, there.on_hand, foresight.days_ahead(PAST, used))
        worth.append(found.days[0, tomorrow])
        assert (found.days[1:] == 0).all()
    assert 0 < worth[0] < worth[1]


def weeks(hours: int, apart_h: int = 7) -> Stream:
    """An order every ``apart_h`` hours; by day of the week not everything leaves at once."""
    orders = stream(2, *({0: 1},) * (hours // apart_h))
    placed_at = np.datetime64("2017-10-02", "us") + np.arange(hours // apart_h) * np.timedelta64(apart_h, "h")
    days = plain_days(placed_at, 2, 1)
    works = (np.arange(days.next_ship.shape[1]) + days.placed[0]) % 7 < 5
    open_days = np.flatnonzero(works)
    after = open_days[
        np.minimum(np.searchsorted(open_days, np.arange(len(works)), "right"), len(open_days) - 1)
    ]
    late = (placed_at - placed_at.astype("datetime64[D]")) >= np.timedelta64(14, "h")
    first = open_days[np.searchsorted(open_days, days.placed)]
    leave = np.where(late & (first == days.placed), after[first], first)
    return replace(
        orders, placed_at=placed_at, days=replace(days, leave=leave[:, None], next_ship=after[None, :])
    )


def ahead_of(orders: Stream, begin: int, hours: int) -> DaysAhead:
    at = orders.placed_at[begin]
    return DaysAhead(at, at + np.timedelta64(hours, "h"), np.zeros((2, 1), np.int64))


def hour_of_week(at: np.ndarray) -> Ints:
    return (at.astype("datetime64[h]").astype(np.int64) - 4 * DAY) % (7 * DAY)


@pytest.mark.parametrize("hours", [7 * DAY, 20 * DAY])
def test_orders_come_again_at_their_time_of_the_week_and_leave_as_they_did(hours: int) -> None:
    orders = weeks(5 * 7 * DAY)
    begin = len(orders.order_ids) - 48  # two of the five weeks before the last
    weights = np.zeros(len(orders.order_ids))
    weights[begin - 48 : begin] = 1.0
    ahead = ahead_of(orders, begin, hours)
    came, count = laid(orders, orders, weights, ahead, np.random.default_rng(0))
    assert count.sum() == weights.sum() and (came.sku == 0).all()
    assert ((came.placed_at >= ahead.begin) & (came.placed_at <= ahead.end)).all()
    place = np.array([int(name[1:]) for name in came.order_ids])
    assert (hour_of_week(came.placed_at) == hour_of_week(orders.placed_at[place])).all()
    waits = came.days.leave[:, 0] - came.days.placed
    assert (waits == (orders.days.leave[:, 0] - orders.days.placed)[place]).all()
    assert (came.placed_at.astype("datetime64[D]") - orders.placed_at[0].astype("datetime64[D]")).astype(
        np.int64
    ).tolist() == came.days.placed.tolist()


def test_days_that_the_time_to_come_lacks_are_laid_evenly_on_those_it_has() -> None:
    orders = weeks(5 * 7 * DAY)
    weights = np.full(len(orders.order_ids), 3.0)
    ahead = ahead_of(orders, 48, 3 * DAY)  # from a Monday at midnight
    came, count = laid(orders, orders, weights, ahead, np.random.default_rng(0))
    assert count.sum() == weights.sum() and (count == 1).all()
    per_day = np.bincount(came.days.placed - orders.days.placed[48], minlength=4)
    assert per_day[:3] == pytest.approx(weights.sum() / 3, rel=0.25)
    works = came.days.leave[:, 0] % 7 < 5
    assert works.all() and (came.days.leave[:, 0] >= came.days.placed).all()


def test_of_very_many_orders_each_that_is_laid_stands_for_several() -> None:
    orders = weeks(2 * 7 * DAY)
    weights = np.full(len(orders.order_ids), 1_000.0)
    came, count = laid(orders, orders, weights, ahead_of(orders, 10, 7 * DAY), np.random.default_rng(0))
    assert len(came.order_ids) <= MOST_LAID
    assert count.sum() == pytest.approx(weights.sum())
