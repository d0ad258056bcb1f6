"""The day itself and those that follow: the clock's hand moves, everybody acts, until nothing moves any more.

Orders were placed in the early morning. Through the day nodes release, pick, pack and send; in the days after
parcels arrive, customers collect or never come, couriers try again, goods come back. The product's own jobs
run as ever, on the machine's time, and look at the clock the hand shows.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from api.demo.day import carriers, counter, couriers, customers, office, returns
from api.demo.day.desk import AT_ONCE, OFFICE, SHOP, Desk, Json
from api.demo.day.news import News
from api.demo.day.staff import AHEAD, put_back, staff, work
from oms.adapters.clock import HandClock, elapsed_s

T = TypeVar("T")
R = TypeVar("R")

HOURS: tuple[Sequence[int], ...] = (range(6, 22, 2), (8, 11, 14, 17, 20))
"""When anything happens on the first day and the second."""
LATER_HOURS: Sequence[int] = (9, 14, 19)
LAST_DAY = 21
"""Days end sooner, when nothing moves any more."""
USUAL_STEPS, NEARLY = 26, 0.95
"""How far the days are is guessed; only the end of all is the whole."""
ROUNDS = 3
"""Units that nobody collected go to an order that waited for them, whose parcels then have their days too."""
OPENS, SHUTS = 8, 21
JOBS_S = 2.5
"""The product looks every two seconds for what is due to be released; so long after the clock was moved nodes
have their work."""
AGAIN_S = 8.0
"""Within so long orders that wait are tried again once units are back."""
PATIENCE_S = 75.0
"""How long a job that runs every half minute is waited for."""
WORK = {"offer_minutes": 180, "lead_minutes": 600, "stuck_minutes": {}}
"""Offers stand longer than the clock's hand jumps, and nodes begin hours before the carrier comes."""
MOVING = (*AHEAD, "scheduled", "ready_for_courier", "handed_over")


@dataclass
class Day:
    """What is played: ``orders`` as placed, on ``nodes``; ``morning`` is when they were placed."""

    desk: Desk
    clock: HandClock
    morning: datetime
    orders: dict[str, Json]
    nodes: Sequence[str]
    wishes: list[returns.Wish]
    told: Callable[[str, float], None]
    news: News = field(init=False)
    carriers: carriers.Carriers = field(init=False)
    again: set[str] = field(default_factory=set)
    paid: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.news = News(self.desk)
        self.carriers = carriers.Carriers(self.desk, self.news)

    def live(self) -> None:
        """From the morning to the end."""
        with ThreadPoolExecutor(AT_ONCE) as self._pool:
            self._begin()
            steps = enumerate(self._hours(), 1)
            for _ in range(ROUNDS):
                self._walk(steps)
                self._no_shows()
                self._settle()
                if not self.news.in_state(*MOVING):
                    break

    def _begin(self) -> None:
        """Keys for all, rules of work; then customers change their minds."""
        desk = self.desk
        desk.put(OFFICE, "/v1/work", WORK)
        desk.employ([(SHOP, {"role": "storefront"})])
        desk.employ((staff(node), {"role": "staff", "nodes": [node]}) for node in self.nodes)
        desk.employ((couriers.courier(node), {"role": "courier", "nodes": [node]}) for node in self.nodes)
        if self.clock.now() > self.morning:
            self.news.hear()  # begun before, and going on: what is out may wait for another attempt
            self.again.update(self.news.nodes("handed_over"))
            return
        self.told("customers change their minds", 0)
        self._all(lambda id: customers.change(desk, id), self.orders)
        self._all(lambda id: customers.cancel(desk, id, self.orders[id]["lines"]), self.orders)
        self._all(lambda id: office.authorise(desk, id), self.orders)

    def _walk(self, steps: Iterator[tuple[int, datetime]]) -> None:
        """From hour to hour, until nothing moves but time."""
        for step, at in steps:
            self._move(at, step)
            self._turn(at)
            if at.hour > OPENS and self._quiet():
                return

    def _hours(self) -> Iterator[datetime]:
        midnight = self.morning.replace(hour=0, minute=0)
        for day in range(LAST_DAY):
            for hour in HOURS[day] if day < len(HOURS) else LATER_HOURS:
                at = midnight + timedelta(days=day, hours=hour)
                if at > self.clock.now():
                    yield at

    def _move(self, at: datetime, step: int) -> None:
        self.clock.set(at)
        self.told(f"{at:%A %H:%M}", min(NEARLY, step / USUAL_STEPS))
        self._moved_s = elapsed_s()
        self.news.hear()

    def _listen(self) -> None:
        """Answer what asks for an answer; take the money for what has left."""
        fresh = self.news.hear()
        asked = {
            one["subject_id"]
            for one in fresh
            if one["type"] == "order.promise_changed" and one["data"].get("asks")
        }
        self._all(lambda id: customers.answer(self.desk, id), asked & self.orders.keys())
        left = {job.order for job in self.news.in_state("handed_over", "completed")} - self.paid
        self._all(lambda id: office.capture(self.desk, id), left)
        self.paid |= left

    def _turn(self, at: datetime) -> None:
        desk = self.desk
        self._all(lambda way: carriers.arrive(desk, way), self.carriers.due(at))
        tried = self._all(
            lambda run: (run["node"], couriers.come_back(desk, run, at)), couriers.on_the_road(desk)
        )
        self.again |= {node for node, again in tried if again}
        if OPENS <= at.hour < SHUTS:
            here = [one for one in counter.ready(desk) if (when := counter.comes(one)) and when <= at]
            self._all(lambda one: counter.collect(desk, one), here)
        if self.news.in_state("scheduled"):
            time.sleep(max(0.0, self._moved_s + JOBS_S - elapsed_s()))
        self._listen()
        self._all(lambda node: work(desk, node), self.news.nodes(*AHEAD))
        self._listen()
        waiting = {*self.news.nodes("ready_for_courier"), *self.again}
        self.again.clear()
        if at > self.morning + timedelta(days=1):
            self._do_without()
        self._all(lambda node: couriers.send_out(desk, node, at), waiting)
        self._all(
            lambda wish: returns.bring_back(desk, wish, self.nodes),
            returns.due(self.wishes, self.morning, at),
        )
        self._listen()

    def _do_without(self) -> None:
        """Nobody waits two days for units that nobody has, unless all of the order does."""
        lacking = {
            id: units
            for id in self.orders
            if self.news.orders[id].status != "pending" and (units := self.news.orders[id].at("unrouted"))
        }
        self._all(lambda id: customers.do_without(self.desk, id, lacking[id]), lacking)

    def _quiet(self) -> bool:
        """Whether nothing moves but time."""
        if self.wishes or self.news.in_state(*MOVING):
            return False
        return all(counter.comes(one) is None for one in counter.ready(self.desk))

    def _no_shows(self) -> None:
        """What nobody collected in time goes back on its shelf, by the product's own job."""
        left = counter.ready(self.desk)
        if left:
            ends = max(datetime.fromisoformat(one["deadline"]) for one in left)
            at = max(self.clock.now(), ends + timedelta(hours=13))
            self.clock.set(at)
            self.told(f"{at:%A %H:%M}: nobody came", NEARLY)
            deadline = elapsed_s() + PATIENCE_S
            while counter.ready(self.desk) and elapsed_s() < deadline:
                time.sleep(1)

    def _settle(self) -> None:
        """Totes are empty, what is owed is paid, what is not owed is set free; and who waited for units that
        came back gets them.
        """
        self._listen()
        self._all(lambda node: put_back(self.desk, node), self.nodes)
        back_s = elapsed_s()
        self._all(lambda id: office.give_up(self.desk, id), self.orders)
        office.pay_back(self.desk)
        if any(self.news.orders[id].at("unrouted") for id in self.orders):
            time.sleep(max(0.0, back_s + AGAIN_S - elapsed_s()))
        self._listen()

    def _all(self, act: Callable[[T], R], these: Iterable[T]) -> list[R]:
        return list(self._pool.map(act, list(these)))
