"""The door to the compiled promise: from a plain basket to what its customer is shown.

Plain is what most baskets are: few lines of different SKUs, no kit, no flag, nothing on its way in that
could be promised too, an address with a point. `offer` answers None for any other, which
`routing.promise.offer` then answers, and where a tie or a border needs a closer look than the compiled way
takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from routing.calendar import DAY_S
from routing.eligibility import REASONS, Reason
from routing.express import arrays as at
from routing.express.answer import NOT_PLAIN, answered
from routing.express.arrays import LINE, QUESTION, Answer, Asked, World
from routing.express.world import Atlas, atlas, rows_to, world
from routing.kernel_solve import layout
from routing.network import Network
from routing.network_spec import COURIER, METHODS, PICKUP, SHIP
from routing.policy import Policy
from routing.price import Priced, customer_price_minor
from routing.problem import Floats, Ints
from routing.promise_ask import horizon_at, seconds
from routing.promise_blocking import reason_of_all
from routing.promise_values import CHEAPEST, FASTEST, FEWEST_PARCELS, Basket, BasketLine, Destination, Stock
from routing.rooms import Free
from routing.tariff import billable_g

MOST_LINES, MOST_STATES, MOST_CARDS = 8, 256, 256
TAGS = tuple(
    tuple(tag for bit, tag in enumerate((CHEAPEST, FASTEST, FEWEST_PARCELS)) if tags >> bit & 1)
    for tags in range(8)
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A parcel: instants in seconds, units of each line of the basket."""

    node: str
    ship_at: int
    arrive_at: int
    units: Sequence[int]


@dataclass(frozen=True, slots=True)
class Way:
    """What ``routing.promise_values.Option`` tells a customer. ``cost`` in the order of ``CostToServe``;
    ``unfilled`` units of each line.
    """

    method: str
    store: str | None
    slot: str | None
    tags: tuple[str, ...]
    opens: int
    ends: int
    order_by: int
    price_minor: int
    cost: Sequence[float]
    parcels: Sequence[Sent]
    missing: int
    unfilled: Sequence[int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a method cannot have lines, by their places in the basket."""

    method: str
    code: str
    detail: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ways:
    options: tuple[Way, ...]
    refusals: tuple[Refusal, ...]


def offer(
    network: Network,
    basket: Basket,
    stock: Stock,
    free: Free,
    policy: Policy,
    moment: datetime,
    methods: Sequence[str],
    breadth: Floats,
) -> Ways | None:
    """What ``routing.promise.offer`` would say, with bid prices of ``breadth`` [N]; None = ask that one."""
    here, place = atlas(network), basket.destination
    if place is None or not _plain(network, here, basket, stock, policy, methods):
        return None
    now = seconds(moment)
    given = world(network, policy, place.country, now, free)
    if given is None:
        return None
    horizon = horizon_at(network.tables(now).dates[0], now, policy)
    asked = _asked(network, basket.lines, place, now, horizon, stock.available, breadth)
    answer = _room_for(given, asked)
    shown = np.empty(answer.option.shape[0], np.int64)
    count = answered(given, asked, _ints([METHODS.index(method) for method in methods]), answer, shown)
    if count == NOT_PLAIN:
        return None
    priced = _Prices(network, basket, policy, place, now)
    return Ways(_ways(network, answer, shown[:count], priced), _refusals(answer, methods))


def _plain(
    network: Network, here: Atlas, basket: Basket, stock: Stock, policy: Policy, methods: Sequence[str]
) -> bool:
    lines, place = basket.lines, basket.destination
    if place is None or place.lat is None or place.lon is None or place.timezone is not None:
        return False
    if len(lines) > MOST_LINES or basket.pickup_node is not None or stock.incoming or stock.blocked:
        return False
    if any(line.flags or line.kit is not None for line in lines):
        return False
    if not network.node_ids or len({line.sku for line in lines}) < len(lines):
        return False
    states, pairs = 1, 1.0
    for line in lines:
        states *= line.quantity + 1
        pairs *= (line.quantity + 1) * (line.quantity + 2) / 2
    work = 4 * pairs + states * len(network.node_ids) / 4
    if states > MOST_STATES or work > policy.work_limit or len(network.carries_g) > MOST_CARDS:
        return False
    if any(rule.up_to_km is not None for rule in policy.price_rules):
        return False
    return PICKUP not in methods or here.country in ("", place.country)


def _asked(
    network: Network,
    lines: Sequence[BasketLine],
    place: Destination,
    now: int,
    horizon: int,
    available: Ints,
    breadth: Floats,
) -> Asked:
    by_lane = COURIER in network.lanes.methods
    shared, own = rows_to(network, SHIP, place.country, place.postcode)
    couriers = rows_to(network, COURIER, place.country, place.postcode) if by_lane else (shared[:0], own[:0])
    line = np.array([(one.quantity, one.unit_weight_g, one.unit_volume_mm3, 0) for one in lines], LINE)
    divisor = network.spec.dimensional_divisor_mm3_per_g
    line["billable_g"] = billable_g(line["weight_g"], line["volume_mm3"], divisor)
    question = np.array([(now, horizon, by_lane, place.lat, place.lon)], QUESTION)
    # As one block each: another layout would be another type, and a minute's compiling in a request.
    available, breadth = np.ascontiguousarray(available), np.ascontiguousarray(breadth)
    return Asked(question, line, available, breadth, network.abroad_m(place.country), shared, own, *couriers)


def _room_for(given: World, asked: Asked) -> Answer:
    """Arrays as long as anything found can be."""
    L, N = asked.stock.shape
    weights, quantity = given.weights[0], asked.line["quantity"]
    units, states = int(quantity.sum()), int((quantity + 1).prod())
    places = 1 + max(weights["pickup_stores"], weights["fed_stores"]) + max(weights["courier_slots"], 1)
    options = 3 * int(places)
    return Answer(
        option=np.empty((options, at.TAGS + 1), np.int64),
        money=np.empty((options, 9)),
        parcel=np.empty((options * units, 3 + L), np.int64),
        unfilled=np.empty((options, L), np.int64),
        reason=np.empty((len(METHODS), L), np.int64),
        found=np.zeros(2, np.int64),
        scratch=np.empty(int(layout(L, N, given.start.size - 1, units, states)[-1]), np.int64),
    )


class _Prices:
    """What the customer pays, each case asked once."""

    def __init__(
        self, network: Network, basket: Basket, policy: Policy, place: Destination, now: int
    ) -> None:
        self._network, self._basket, self._place, self._now = network, basket, place, now
        self._rules = policy.price_rules
        self._goods_minor = sum(line.unit_price_minor * line.quantity for line in basket.lines)
        self._weight_g = sum(line.unit_weight_g * line.quantity for line in basket.lines)
        self._known: dict[tuple[int, int, int], int] = {}

    def of(self, method: int, store: int, ends: int) -> int:
        """Minor units for one option; ``store`` -1 = to the address."""
        if not self._rules:
            return 0
        days = max(-(-(ends - self._now) // DAY_S), 0)
        key = (method, store, days)
        if key not in self._known:
            to = self._place if store < 0 else self._network.spec.nodes[store]
            self._known[key] = customer_price_minor(
                self._rules,
                Priced(
                    METHODS[method], self._basket.channel, to.country, to.postcode, self._goods_minor,
                    self._weight_g, None, days,
                ),
            )  # fmt: skip
        return self._known[key]


def _ways(network: Network, answer: Answer, shown: Ints, prices: _Prices) -> tuple[Way, ...]:
    options, money = answer.option[shown].tolist(), answer.money[shown, 1:].tolist()
    unfilled = answer.unfilled[shown].tolist()
    Q = int(answer.found[1])
    parcels = answer.parcel[:Q].tolist()
    names, slot_specs = network.node_ids, network.spec.slots
    found = []
    for row, cost, lacking in zip(options, money, unfilled, strict=True):
        method, store, slot, missing, opens, ends, order_by, _, first, count, tags = row
        sent = [
            Sent(names[node], ship_at, arrive_at, units)
            for node, ship_at, arrive_at, *units in parcels[first : first + count]
        ]
        found.append(
            Way(
                METHODS[method], None if store < 0 else names[store],
                None if slot < 0 else slot_specs[slot].id, TAGS[tags], opens, ends, order_by,
                prices.of(method, store, ends), cost, sent, missing, lacking,
            )
        )  # fmt: skip
    return tuple(found)


def _refusals(answer: Answer, methods: Sequence[str]) -> tuple[Refusal, ...]:
    """By method, then by reason in the order of the first line that has it."""
    found: list[Refusal] = []
    by_line = answer.reason.tolist()
    for method in methods:
        by_reason: dict[int, list[int]] = {}
        for k, reason in enumerate(by_line[METHODS.index(method)]):
            if reason >= 0:
                by_reason.setdefault(reason, []).append(k)
        for reason, ks in by_reason.items():
            code: Reason = REASONS[reason]
            found.append(Refusal(method, code.value, reason_of_all(code), tuple(ks)))
    return tuple(found)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int64)
