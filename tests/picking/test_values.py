"""Lists, tasks, totes and substitutes as values: the tables in full, the walk, the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.job import Fulfilment, FulfilmentLine
from oms.fulfilment.lifecycle import FulfilmentState
from oms.machine import Machine
from oms.orders.order import Line, Order, Promise
from oms.orders.stages import Counts, Stage
from oms.picking.lifecycle import (
    LIST_TRANSITIONS,
    PICK_LIST,
    PICK_TASK,
    TASK_TRANSITIONS,
    ListEvent,
    ListState,
    TaskEvent,
    TaskState,
)
from oms.picking.substituting import line_id_of, substituted
from oms.picking.task import PickTask, ended_by
from oms.picking.tote import Advice, advice
from oms.picking.waves import Caps, letter, natural, shared_out, to_pick, urgency, walk
from oms.refusals import Refused
from tests.support import T0

LISTED = {
    ("open", "claim"): "claimed",
    ("open", "finish"): "done",
    ("open", "cancel"): "cancelled",
    ("claimed", "release"): "open",
    ("claimed", "finish"): "done",
}
TASKS = {
    ("open", "part"): "open",
    ("open", "pick"): "picked",
    ("open", "short"): "short",
    ("open", "substitute"): "substituted",
    ("open", "withdraw"): "withdrawn",
}


def refused(machine: Machine, state: ListState | TaskState, event: ListEvent | TaskEvent) -> bool:
    try:
        machine.step(state, event)
    except Refused as no:
        return no.refusal.code == "illegal_transition"
    return False


def test_the_tables_in_full() -> None:
    assert {(s.value, e.value): t.value for (s, e), t in LIST_TRANSITIONS.items()} == LISTED
    assert {(s.value, e.value): t.value for (s, e), t in TASK_TRANSITIONS.items()} == TASKS
    for state, event in product(ListState, ListEvent):
        assert refused(PICK_LIST, state, event) != ((state.value, event.value) in LISTED)
    for at, what in product(TaskState, TaskEvent):
        assert refused(PICK_TASK, at, what) != ((at.value, what.value) in TASKS)


def job_of(no: int, *units: int, order: str = "", hours: int = 0, **more: object) -> Fulfilment:
    lines = tuple(FulfilmentLine(str(n), 1, f"S{n}", q) for n, q in enumerate(units, 1))
    job = Fulfilment(
        order_id=order or f"o{no}",
        no=no,
        node="N",
        method="ship",
        state=FulfilmentState.ACCEPTED,
        group_id="g",
        ship_at=T0 + timedelta(hours=hours),
        arrive_at=T0 + timedelta(hours=hours + 5),
        created_at=T0,
        cost_minor=0,
        lines=lines,
    )
    return replace(job, **more)  # type: ignore[arg-type]


jobs = st.lists(
    st.tuples(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.integers(0, 5), st.integers(0, 8)),
    max_size=15,
).map(lambda rows: [job_of(n, *u, order=f"o{o}", hours=h) for n, (u, h, o) in enumerate(rows)])
caps = st.builds(Caps, orders=st.integers(1, 4), units=st.integers(1, 20), totes=st.integers(1, 4))


@given(jobs, caps, st.integers(1, 4))
def test_a_wave_shares_out_the_most_urgent_within_the_caps(
    due: list[Fulfilment], cap: Caps, most: int
) -> None:
    lists = shared_out(due, cap, most)
    taken = [job.id for one in lists for job in one]
    assert len(taken) == len(set(taken)) and set(taken) <= {job.id for job in due}
    assert len(lists) <= most
    for one in lists:
        if len(one) > 1:
            assert len(one) <= cap.totes and len({job.order_id for job in one}) <= cap.orders
            assert sum(to_pick(job) for job in one) <= cap.units
    firsts = [urgency(one[0]) for one in lists]
    assert firsts == sorted(firsts)
    if due:
        assert lists[0][0] == min(due, key=urgency)
    if len(lists) < most:
        assert len(taken) == len(due)


@given(jobs, st.dictionaries(st.sampled_from(["S1", "S2", "S3"]), st.sampled_from(["A2", "A10", "B1", ""])))
def test_a_walk_passes_every_bin_once_in_order(due: list[Fulfilment], bins: dict[str, str]) -> None:
    tasks = walk(due, bins)
    assert [task.no for task in tasks] == list(range(1, len(tasks) + 1))
    assert len(tasks) == sum(len(job.lines) for job in due)
    assert all(natural(a.bin) <= natural(b.bin) for a, b in pairwise(tasks))
    assert {task.tote for task in tasks} == {letter(n) for n in range(len(due))}


def test_bins_sort_as_people_read_them() -> None:
    shelves = ["", "B1", "A10-2", "a2", "A10-10", "A2-1"]
    assert sorted(shelves, key=natural) == ["a2", "A2-1", "A10-2", "A10-10", "B1", ""]
    assert [letter(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


@pytest.mark.parametrize(
    ("line", "short", "state"),
    [
        ({"picked": 2}, 0, "picked"),
        ({"picked": 1, "short": 1}, 1, "short"),
        ({"cancelled": 2}, 0, "withdrawn"),
        ({"cancelled": 1, "picked": 1}, 0, "picked"),
        ({"picked": 1}, 0, None),
    ],
)
def test_tasks_end_when_nothing_is_left_to_pick(line: dict[str, Any], short: int, state: str | None) -> None:
    job = job_of(1, 2)
    job = replace(job, lines=(replace(job.lines[0], **line),))
    task = PickTask(1, "o1", job.id, "1", 1, "S1", "", "A", short=short, reason="gone" if short else "")
    assert [one.state.value for one in ended_by([task], job)] == ([state] if state else [])
    away = replace(job, state=FulfilmentState.CANCELLED)
    assert ended_by([task], away), "whoever rejects or cancels the whole ends its tasks"


def order_of(counts: dict[str, Counts]) -> Order:
    lines = tuple(Line(id, f"S{id}", its, 1000) for id, its in counts.items())
    promise = Promise("ship", T0, T0, 0)
    return Order("o1", 1, "web", "USD", T0, promise, "g", "", "", lines)


def test_what_to_do_with_the_tote() -> None:
    order = order_of({"1": Counts(picked=1), "2": Counts(unrouted=1)})
    job = job_of(1, 1)
    assert advice(order, job, ()) is Advice.HOLD
    assert advice(replace(order, allow_partial=True), job, ()) is Advice.CONTINUE
    home = order_of({"1": Counts(picked=1), "2": Counts(routed=1)})
    assert advice(home, job, ()) is Advice.CONTINUE
    gone = replace(job, lines=(replace(job.lines[0], cancelled=1, put_back=1),))
    assert advice(home, gone, ()) is Advice.PUT_BACK
    assert advice(home, replace(gone, state=FulfilmentState.CANCELLED), ()) is Advice.PUT_BACK
    empty = replace(job, state=FulfilmentState.CANCELLED)
    assert advice(order, empty, ()) is Advice.CONTINUE, "a tote with nothing in it is not held"


money = st.integers(0, 100_000)


@given(money, money, money, money, st.data())
def test_a_customer_never_pays_more_for_a_substitute(
    price: int, discount: int, tax: int, other: int, data: st.DataObject
) -> None:
    ordered = data.draw(st.integers(1, 20))
    units = data.draw(st.integers(1, ordered))
    discount = min(discount, price * ordered)
    line = Line("1", "S1", Counts(picking=ordered), price, discount, tax)
    off = data.draw(st.integers(0, price * ordered + 500))
    before = replace(order_of({}), lines=(line,), shipping_minor=499, discount_minor=off)
    after = before.with_counts({"1": line.counts.moved(Stage.PICKING, Stage.CANCELLED, units)})
    assert line_id_of(after, "1", "S9") == "1~S9"
    done = substituted(before, after, "1", "1~S9", "S9", units, other)
    assert line_id_of(done, "1", "S9") == "1~S9~2"
    new = done.line("1~S9")
    assert new is not None and new.counts == Counts(picked=units)
    assert new.unit_price_minor == min(other or price, price)
    assert 0 <= new.amount_minor <= before.lines_minor - after.lines_minor
    assert min(new.discount_minor, new.tax_minor) >= 0
    if other >= price or other == 0:
        assert done.total_minor == before.total_minor
    assert done.total_minor <= before.total_minor
