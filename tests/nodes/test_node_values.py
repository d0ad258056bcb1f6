"""The pure parts: giving back, what is replaced, when a node has to begin; for all that can be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.giving_back import given_back, replacing
from oms.fulfilment.job import Fulfilment, FulfilmentLine, standing
from oms.fulfilment.lifecycle import FULFILMENT, FulfilmentEvent, FulfilmentState
from oms.fulfilment.releasing import Task, due, look_again
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts, Stage
from oms.refusals import Code, Refused
from oms.work_rules import WorkRules
from routing.network import build_network
from routing.network_spec import CalendarSpec, NetworkSpec, NodeSpec

AT = datetime(2026, 1, 13, 15, tzinfo=UTC)
GIVES_BACK = (FulfilmentEvent.REJECT, FulfilmentEvent.EXPIRE)


def job(state: FulfilmentState, units: int, picked: int = 0, no: int = 1, line: str = "1") -> Fulfilment:
    part = FulfilmentLine(line, 1, "A1", units, picked=picked)
    return Fulfilment("o", no, "N", "ship", state, "g", AT, AT, AT, 0, (part,))


def order(one: Fulfilment, other_units: int) -> Order:
    counts = Counts(unrouted=0, routed=other_units)
    for stage, units in standing(one, "1"):
        counts = Counts(**{**counts.as_dict(), stage.value: getattr(counts, stage.value) + units})
    line = Line("1", "A1", counts)
    return Order("o", 1, "web", "USD", AT, Promise("ship", AT, AT, 0), "g", "", "", (line,))


@pytest.mark.parametrize("event", GIVES_BACK)
@pytest.mark.parametrize("state", list(FulfilmentState))
@given(units=st.integers(1, 6), picked=st.integers(0, 6), others=st.integers(0, 3))
def test_what_is_given_back_is_unrouted_and_nothing_else_moves(
    event: FulfilmentEvent, state: FulfilmentState, units: int, picked: int, others: int
) -> None:
    picked = min(picked, units) if state is FulfilmentState.PICKING else 0
    one = job(state, units, picked)
    before = order(one, others)
    if event not in FULFILMENT.possible(state):
        with pytest.raises(Refused) as refused:
            given_back(before, one, event, AT, "why")
        assert refused.value.refusal.code is Code.ILLEGAL_TRANSITION
        return
    back = given_back(before, one, event, AT, "why")
    counts = back.order.lines[0].counts
    assert (counts.unrouted, counts.total) == (units, before.lines[0].counts.total)
    assert counts.at(Stage.ROUTED) == others
    assert (back.job.wanted, back.units["1"], back.in_totes.get("1", 0)) == (0, units, picked)
    assert (back.job.lines[0].put_back, back.job.reason) == (picked, "why")


def test_a_new_one_replaces_the_latest_that_could_not_do_the_same_lines() -> None:
    S = FulfilmentState
    before = [job(S.REJECTED, 1), job(S.CANCELLED, 1, no=2), job(S.EXPIRED, 1, no=3, line="2")]
    made = [
        job(S.SCHEDULED, 1, no=4),
        job(S.SCHEDULED, 1, no=5, line="2"),
        job(S.SCHEDULED, 1, no=6, line="3"),
    ]
    assert [one.replaces for one in replacing(made, before)] == ["o-1", "o-3", None]


def test_a_node_begins_in_opening_time_with_all_that_leaves_before() -> None:
    hours = CalendarSpec(
        "day", week=((datetime.min.time().replace(hour=9), datetime.min.time().replace(hour=17)),) * 7
    )
    spec = NodeSpec("N", 51.5, 0.0, "GB", "Europe/London", calendar="day")
    network = build_network(NetworkSpec(1, "GBP", (spec,), calendars=(hours,)))
    rules = WorkRules(lead_minutes=60, order_minutes=30, line_minutes=0)
    leaves = datetime(2026, 1, 14, 10, tzinfo=UTC)
    tasks = [Task(str(n), "o", "N", 1, leaves, leaves) for n in range(3)]
    tasks += [Task("begun", "o", "N", 1, leaves - timedelta(hours=1), leaves, begun=True)]
    begins = [begin for _, begin in due(network, rules, tasks, AT)]
    # An hour of lead, half an hour for every order: what the morning is too short for begins the day before.
    assert begins == [
        datetime(2026, 1, 13, 16, tzinfo=UTC),
        datetime(2026, 1, 13, 15, 30, tzinfo=UTC),
        datetime(2026, 1, 13, 15, tzinfo=UTC),
    ]
    twice = WorkRules(lead_minutes=60, order_minutes=30, line_minutes=0, at_once=2)
    assert next(due(network, twice, tasks[:1], AT))[1] == datetime(2026, 1, 13, 16, 45, tzinfo=UTC)
    elsewhere = [Task("1", "o", "unknown", 1, leaves, leaves)]
    assert [begin for _, begin in due(network, rules, elsewhere, AT)] == [leaves - timedelta(minutes=90)]


@given(st.integers(-10_000, 10_000))
def test_the_next_look_is_half_way_and_never_at_once(minutes: int) -> None:
    begin = AT + timedelta(minutes=minutes)
    again = look_again(begin, AT)
    assert again >= AT + timedelta(minutes=1)
    assert again <= max(begin, AT + timedelta(minutes=1))
