"""The parts of the days after: chance, clock, figures, what is read from the feed and from the sample."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from api.demo.day.chance import pick, throw
from api.demo.day.checks import checks_of
from api.demo.day.day import Day
from api.demo.day.desk import Desk, Tally, shape
from api.demo.day.figures import life_of, wrong_statuses
from api.demo.day.lived import Lived
from api.demo.day.news import Job, News, Replayed
from api.demo.day.returns import LATEST, SOONEST, due, wishes
from api.demo.day.show import lines_of
from api.demo.samples import SAMPLES
from oms.adapters.clock import HandClock
from oms.adapters.folder import read_folder

NOON = "2026-01-13T12:00:00+00:00"
LATER = "2026-01-13T18:00:00+00:00"


def test_chance_belongs_to_what_it_is_thrown_for_and_is_even() -> None:
    assert throw("short", "1") == throw("short", "1") != throw("short", "2")
    assert throw("ab", "c") != throw("a", "bc")
    thrown = [throw("even", str(n)) for n in range(10_000)]
    assert sum(one < 0.05 for one in thrown) == pytest.approx(500, abs=80)
    assert Counter(pick("abc", "which", str(n)) for n in range(900)).keys() == set("abc")


def test_the_hand_is_moved_for_everybody_until_it_is_let_go(tmp_path: Path) -> None:
    mine, other = HandClock(tmp_path / "deep" / "clock"), HandClock(tmp_path / "deep" / "clock")
    assert not mine.stands
    at = datetime(2026, 1, 13, 12, tzinfo=UTC)
    mine.set(at)
    assert other.stands
    assert other.now() == mine.now() == at
    mine.set(at + timedelta(days=3))
    assert other.now() - at == timedelta(days=3)
    other.let_go()
    assert not mine.stands
    assert abs(mine.now() - datetime.now(UTC)) < timedelta(minutes=1)


class Rounds(Day):
    """Only what goes on after what: so many times units that nobody collected find somebody who waited."""

    left: int
    done: list[str]

    def _begin(self) -> None:
        self.done = []

    def _walk(self, steps: Iterator[tuple[int, datetime]]) -> None:
        self.done.append("walk")
        self.news.jobs.clear()

    def _no_shows(self) -> None:
        self.done.append("no shows")

    def _settle(self) -> None:
        self.done.append("settle")
        if self.left:
            self.left -= 1
            self.news.jobs["1-2"] = Job("1-2", "1", "store", "scheduled")


@pytest.mark.parametrize(("found", "rounds"), [(0, 1), (1, 2), (9, 3)])
def test_days_go_on_while_units_that_came_back_find_an_order(found: int, rounds: int) -> None:
    day = Rounds(
        cast(Desk, None), HandClock(Path("never")), datetime(2026, 1, 13, 5, tzinfo=UTC), {}, [], [], print
    )
    day.left = found
    day.live()
    assert day.done == ["walk", "no shows", "settle"] * rounds


def order(status: str = "fulfilled", **more: Any) -> dict[str, Any]:
    """An order as the API shows it, one unit delivered in time."""
    line = {"ordered": 1, "cancelled": 0, "delivered": 1, "refused": 0, "unrouted": 0, "backordered": 0}
    shipment = {"state": "delivered", "instants": {"delivered": NOON}}
    money = {"captured_minor": 500, "refunded_minor": 0, "refund_pending_minor": 0, "total_minor": 500}
    return {
        "id": "1",
        "status": status,
        "lines": [line],
        "fulfilment_orders": [{"state": "completed"}],
        "shipments": [shipment],
        "pickups": [],
        "money": money,
        "promise": {"window": {"from": NOON, "to": LATER}},
        "timeline": [],
    } | more


def happened(*types: str) -> list[dict[str, str]]:
    return [{"type": type, "at": NOON} for type in types]


def door(outcome: str, at: str) -> dict[str, Any]:
    return {"type": "stop.completed", "at": NOON, "occurred_at": at, "data": {"outcome": outcome}}


def test_orders_end_by_name_or_are_astray() -> None:
    waits = {"ordered": 1, "cancelled": 0, "delivered": 0, "refused": 0, "unrouted": 1, "backordered": 0}
    ahead = {**waits, "unrouted": 0, "backordered": 1}
    life = life_of(
        [
            order(),
            order("cancelled"),
            order("pending", lines=[waits], fulfilment_orders=[{"state": "rejected"}]),
            order("pending", lines=[ahead], fulfilment_orders=[]),
            order("open", id="busy", lines=[waits], fulfilment_orders=[{"state": "picking"}]),
            order("open", id="lost", lines=[{**waits, "unrouted": 0}], fulfilment_orders=[]),
        ],
        [],
    )
    assert life.ends == {
        "fulfilled": 1,
        "cancelled": 1,
        "waiting: unroutable": 1,
        "waiting: back-ordered": 1,
        "astray": 2,
    }
    assert life.astray == ["busy", "lost"]


def test_a_promise_is_kept_when_the_last_of_it_is_there_in_time() -> None:
    late = {"state": "delivered", "instants": {"delivered": "2026-01-13T18:00:01+00:00"}}
    lies = {"state": "collected", "instants": {"ready": NOON}}
    found = life_of(
        [
            order(),
            order(shipments=[*order()["shipments"], late]),
            order(shipments=[], pickups=[lies]),
            order(shipments=[], timeline=[door("delivered", LATER)]),
            order(shipments=[], timeline=[door("failed_attempt", LATER)]),
            order(shipments=[]),
        ],
        [],
    )
    assert found.promises == {"kept": 3, "late": 1}
    assert found.doors == {"delivered": 1, "failed_attempt": 1}


@pytest.mark.parametrize(
    ("types", "healed"),
    [
        ((), {}),
        (("fulfilment.rejected", "order.resourced"), {"promise kept": 1}),
        (("task.short", "order.resourced", "order.promise_changed"), {"later promise": 1}),
        (("task.short", "order.unroutable"), {"no home": 1}),
        (("fulfilment.expired", "order.unroutable", "order.resourced"), {"promise kept": 1}),
    ],
)
def test_what_nodes_give_back_is_healed_or_not(types: tuple[str, ...], healed: dict[str, int]) -> None:
    assert life_of([order(timeline=happened("order.placed", *types))], []).healed == healed


def test_money_is_settled_when_the_shop_holds_what_is_owed() -> None:
    def paid(captured: int, refunded: int = 0, pending: int = 0, total: int = 500) -> dict[str, Any]:
        names = ("captured_minor", "refunded_minor", "refund_pending_minor", "total_minor")
        return dict(zip(names, (captured, refunded, pending, total), strict=True))

    held = [paid(500), paid(700, 200), paid(0), paid(500, 0, 100), paid(500, 0, 0, 300)]
    life = life_of([order(id=str(n), money=money) for n, money in enumerate(held)], [])
    assert life.unsettled == ["2", "3", "4"]
    assert (life.captured_minor, life.refunded_minor) == (2200, 200)


def test_a_status_is_rebuilt_from_units_and_holds() -> None:
    folded = Replayed()
    folded.lines["1"] = {"routed": 2}
    assert folded.status == "open"
    assert (folded.at("routed"), folded.at("unrouted")) == ({"1": 2}, {})
    folded.holds = ["care"]
    assert folded.status == "on_hold"
    folded.lines["1"] = {"delivered": 1, "cancelled": 1}
    assert folded.status == "fulfilled"
    assert wrong_statuses([order(), order("open", id="2")], {"1": "fulfilled"}) == ["2"]


def test_what_it_came_to_is_found_again(tmp_path: Path) -> None:
    back = {"state": "closed", "dispositions": [{"disposition": "restock", "quantity": 3}]}
    tally = Tally(5, Counter({"POST /v1/x: invalid": 1}), ["y"])
    found = Lived(life_of([order()], [back]), tally, ["1"], {"WH:inspection": 2}, 4)
    found.keep(tmp_path / "lived.json")
    again = Lived.kept(tmp_path / "lived.json")
    assert again == found
    assert again.life.promises.total() == 1


def test_the_feed_tells_where_every_fulfilment_order_stands() -> None:
    def told(type: str, **data: Any) -> dict[str, Any]:
        return {"subject": "order", "subject_id": "1", "type": type, "data": data}

    pages = [
        [
            told("order.placed", lines={"1": {"routed": 2}, "2": {"routed": 1}}, holds=["care"]),
            told("fulfilment.picked", fulfilment_order="1-1", node="WH", lines={"1": {"picked": 2}}),
            {"subject": "node", "subject_id": "WH", "type": "node.changed", "data": {}},
        ],
        [
            told("fulfilment.put_back", fulfilment_order="1-1", node="WH", units=[]),
            told("order.released", holds=[]),
            told("work.stuck", fulfilment_order="1-1", node="WH", state="picked"),
        ],
    ]

    class Feed:
        def get(self, who: str, path: str, after: int, limit: int) -> dict[str, Any]:
            return {"items": pages[after] if after < len(pages) else [], "next": after + 1}

    news = News(cast(Desk, Feed()))
    assert len(news.hear()) == 5
    assert news.hear() == []
    assert [(job.node, job.state) for job in news.in_state("picked")] == [("WH", "picked")]
    assert news.nodes("picked", "packed") == ["WH"]
    assert news.nodes("packed") == []
    assert news.orders["1"].lines == {"1": {"picked": 2}, "2": {"routed": 1}}
    assert news.orders["1"].status == "open"


def test_each_thing_that_must_hold_can_fail() -> None:
    good = Lived(life_of([order()], []), Tally(sent=9), [], {}, 0)
    assert [check.name for check in checks_of(good) if not check.holds] == []
    astray = life_of([order("open", fulfilment_orders=[{"state": "picking"}], money={
        "captured_minor": 1, "refunded_minor": 0, "refund_pending_minor": 0, "total_minor": 0,
    })], [])  # fmt: skip
    bad = Lived(astray, Tally(broken=["POST /v1/x: 500"]), ["1"], {"WH:inspection": 2}, 0)
    assert [check.holds for check in checks_of(bad)] == [False] * 5
    assert not next(c for c in checks_of(Lived(good.life, Tally(), [], {}, 3)) if "unit" in c.name).holds


def test_the_real_returns_are_of_the_orders_played_and_come_days_later() -> None:
    sample = SAMPLES["uk_retailer"]
    orders = frozenset(read_folder(sample.folder).orders.id[:300].tolist())
    found = wishes(sample.folder, orders)
    assert len(found) > 10
    assert all(wish.order in orders and min(wish.units.values()) > 0 for wish in found)
    assert all(SOONEST <= wish.after <= LATEST for wish in found)
    assert len({wish.id for wish in found}) == len(found)
    assert wishes(SAMPLES["us_grocer"].folder, orders) == []
    began = datetime(2026, 1, 13, tzinfo=UTC)
    left = list(found)
    come = due(left, began, began + timedelta(days=4))
    assert come + left == found
    assert 0 < len(come) < len(found)
    assert due(left, began, began + LATEST) == found[len(come) :]
    assert left == []


def test_refusals_are_counted_by_what_was_asked() -> None:
    assert shape("/v1/pick-lists/pl_06k8/tasks/3/pick") == "/v1/pick-lists/…/tasks/…/pick"
    assert shape("/v1/courier/runs") == "/v1/courier/runs"


def test_what_is_printed_names_every_figure() -> None:
    lived = Lived(
        life_of(
            [order(timeline=happened("task.short"), pickups=[{"state": "expired", "instants": {}}])],
            [{"state": "closed", "dispositions": [{"disposition": "restock", "quantity": 3}]}],
        ),
        Tally(),
        [],
        {},
        0,
    )
    text = "\n".join(lines_of(lived, lambda minor: f"${minor / 100:.2f}"))
    for part in ("1 fulfilled", "1 of 1 (100.0%)", "1 short", "1 expired", "3 restock", "$5.00 taken"):
        assert part in text
