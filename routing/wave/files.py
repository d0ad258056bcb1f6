"""Waves as JSON, in the format people without a database use.

Reading is strict: every fault is a ``Malformed`` with the JSON pointer of the place and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.files import MOST_G, MOST_MINOR, MOST_MM3, MOST_UNITS, rate_cards
from routing.files_fields import Fields, Malformed, as_object
from routing.problem import NO_GROUP, UNLIMITED, Ints, RateCards
from routing.wave.files_current import Line, PickedParcel, Standing, read_current
from routing.wave.problem import Choice, Wave
from routing.wave.verify import broken

MOST_ORDERS = 200_000
MOST_NODES = 20_000


@dataclass(frozen=True, slots=True)
class WaveFile:
    """What is still open as a ``Wave``, and what is already picked: these parcels keep their units."""

    currency: str
    order_ids: tuple[str, ...]  # all of the file, in its order
    wave: Wave
    picked: dict[str, tuple[PickedParcel, ...]]  # by order

    @property
    def picked_minor(self) -> float:
        return sum(parcel.cost_minor for parcels in self.picked.values() for parcel in parcels)


@dataclass(slots=True)
class _Order:
    at: str
    id: str
    lines: list[Line]
    reach: dict[str, tuple[int, int, float]]  # node → card, fixed, parcel price
    move_minor: int
    standing: Standing | None
    picked: tuple[PickedParcel, ...]


def wave_from_json(document: object) -> WaveFile:
    """Raises ``Malformed`` at the first fault, in the order of the format."""
    top = Fields(as_object(document, ""), "")
    currency = top.text("currency")
    cards = rate_cards(top.child("tariffs"))
    stock = _stock(top)
    capacity = _capacity(top)
    penalty = top.whole("unfilled_penalty_minor", most=MOST_MINOR, default=100_000)
    divisor = top.number("dimensional_divisor_mm3_per_g", default=0.0)
    if not top.flag("allow_unfilled", default=True):
        detail = "a wave leaves units behind where it must; raise unfilled_penalty_minor to make that dear"
        raise Malformed("/allow_unfilled", "not_in_a_wave", detail)
    orders = [_order(p, entry, cards, stock, divisor) for p, entry in top.items("orders", most=MOST_ORDERS)]
    top.nothing_else()
    if not orders:
        raise Malformed("/orders", "empty", "a wave has at least one order")
    seen: set[str] = set()
    for order in orders:
        if order.id in seen:
            raise Malformed(f"{order.at}/id", "duplicate_id", f"{order.id!r} stands here a second time")
        seen.add(order.id)
    _take_picked(orders, stock, capacity)
    wave = _wave([o for o in orders if o.lines], cards, stock, capacity, penalty, divisor)
    faults = broken(wave, [wave.current.get(o, ()) for o in range(wave.shape[0])])
    if faults:
        detail = f"current plans cannot stand: {faults[0]}; correct stock or capacity, or leave that plan out"
        raise Malformed("/orders", "current_impossible", detail)
    picked = {order.id: order.picked for order in orders if order.picked}
    return WaveFile(currency, tuple(order.id for order in orders), wave, picked)


Stock = dict[str, dict[str, list[float]]]  # sku → node → [available, unit cost, bid price]


def _stock(top: Fields) -> Stock:
    stock: Stock = {}
    for p, entry in top.items("stock", most=MOST_UNITS * MOST_NODES):
        fields = Fields(as_object(entry, p), p)
        node, sku = fields.text("node"), fields.text("sku")
        row: list[float] = [
            fields.whole("available", most=2**31),
            fields.whole("unit_cost_minor", most=MOST_MINOR, default=0),
            fields.number("bid_price_minor", default=0.0),
        ]
        fields.nothing_else()
        if node in stock.setdefault(sku, {}):
            raise Malformed(p, "duplicate_stock", f"{node} and {sku} stand here a second time; add them up")
        stock[sku][node] = row
    return stock


def _capacity(top: Fields) -> dict[str, int]:
    capacity: dict[str, int] = {}
    if top.absent("capacity"):
        return capacity
    for p, entry in top.items("capacity", most=MOST_NODES):
        fields = Fields(as_object(entry, p), p)
        node = fields.text("node")
        if node in capacity:
            raise Malformed(p, "duplicate_capacity", f"{node} stands here a second time; keep one of them")
        unlimited = fields.absent("parcels")
        capacity[node] = UNLIMITED if unlimited else fields.whole("parcels", most=10**9)
        fields.nothing_else()
    return capacity


def _order(at: str, entry: object, cards: RateCards, stock: Stock, divisor: float) -> _Order:
    fields = Fields(as_object(entry, at), at)
    name = fields.text("id")
    lines = [_line(p, line) for p, line in fields.items("lines", most=1_000)]
    if not lines:
        raise Malformed(f"{at}/lines", "empty", "an order has at least one line")
    if len({line.id for line in lines}) < len(lines):
        raise Malformed(f"{at}/lines", "duplicate_id", "two lines of the order have one id")
    latest = None if fields.absent("latest_day") else fields.whole("latest_day", most=100_000)
    nodes = fields.child("nodes")
    reach = {}
    for node in nodes.names():
        way = nodes.child(node)
        late = latest is not None and way.whole("arrive_day", most=100_000, default=0) > latest
        if latest is None:
            way.whole("arrive_day", most=100_000, default=0)
        tariff = way.text("tariff")
        if tariff not in cards.names:
            raise Malformed(f"{way.at}/tariff", "unknown_tariff", f"no tariff is called {tariff!r}")
        price = way.number("parcel_price_minor", default=0.0)
        fixed = way.whole("fixed_minor", most=MOST_MINOR, default=0)
        way.nothing_else()
        if not late:
            reach[node] = cards.names.index(tariff), fixed, price
    move = fields.whole("move_minor", most=MOST_MINOR, default=0)
    standing: Standing | None = None
    picked: tuple[PickedParcel, ...] = ()
    if not fields.absent("current"):
        standing, picked = read_current(fields.child("current"), lines, reach, cards, stock, divisor)
        lines = [line for line in lines if line.quantity > 0]
    fields.nothing_else()
    return _Order(at, name, lines, reach, move, standing, picked)


def _line(at: str, entry: object) -> Line:
    fields = Fields(as_object(entry, at), at)
    line = Line(
        id=fields.text("id"),
        sku=fields.text("sku"),
        quantity=fields.whole("quantity", least=1, most=MOST_UNITS),
        weight_g=fields.whole("unit_weight_g", most=MOST_G),
        volume_mm3=fields.whole("unit_volume_mm3", most=MOST_MM3, default=0),
        alone=fields.flag("ship_alone", default=False),
        group=fields.whole("group", most=10**6, default=NO_GROUP),
    )
    fields.nothing_else()
    return line


def _take_picked(orders: Sequence[_Order], stock: Stock, capacity: dict[str, int]) -> None:
    """What is picked leaves stock and capacity."""
    for order in orders:
        for parcel in order.picked:
            node = parcel.node
            short = [sku for sku, units in parcel.skus if stock[sku][node][0] < units]
            if short or capacity.get(node) == 0:
                what = short[0] if short else "parcels"
                detail = f"{node} has less of {what} than is picked; stock and capacity count what is picked"
                raise Malformed(f"{order.at}/current", "current_impossible", detail)
            for sku, units in parcel.skus:
                stock[sku][node][0] -= units
            if capacity.get(node, UNLIMITED) != UNLIMITED:
                capacity[node] -= 1


def _wave(
    orders: Sequence[_Order], cards: RateCards, stock: Stock, capacity: dict[str, int], penalty: int,
    divisor: float,
) -> Wave:  # fmt: skip
    nodes = list(dict.fromkeys(node for order in orders for node in order.reach))
    skus = list(dict.fromkeys(line.sku for order in orders for line in order.lines))
    node_at = {node: n for n, node in enumerate(nodes)}
    shelves = [
        sorted((node_at[n], *row) for n, row in stock.get(sku, {}).items() if n in node_at) for sku in skus
    ]
    rows = np.array([row for held in shelves for row in held], np.float64).reshape(-1, 4)
    lines = [line for order in orders for line in order.lines]
    reach = [sorted((node_at[n], *way) for n, way in order.reach.items()) for order in orders]
    ways = np.array([way for own in reach for way in own], np.float64).reshape(-1, 4)
    sku_at = {sku: s for s, sku in enumerate(skus)}
    wave = Wave(
        cards=cards,
        node_ids=tuple(nodes),
        capacity_parcels=_ints([capacity.get(node, UNLIMITED) for node in nodes]),
        sku_ids=tuple(skus),
        stock_start=_starts(shelves),
        stock_node=rows[:, 0].astype(np.int64),
        available=rows[:, 1].astype(np.int64),
        unit_cost_minor=rows[:, 2].astype(np.int64),
        bid_price_minor=rows[:, 3].copy(),
        order_ids=tuple(order.id for order in orders),
        line_start=_starts([order.lines for order in orders]),
        line_ids=tuple(line.id for line in lines),
        sku=_ints([sku_at[line.sku] for line in lines]),
        quantity=_ints([line.quantity for line in lines]),
        unit_weight_g=_ints([line.weight_g for line in lines]),
        unit_volume_mm3=_ints([line.volume_mm3 for line in lines]),
        ship_alone=np.array([line.alone for line in lines], np.bool_),
        group=_ints([line.group for line in lines]),
        reach_start=_starts(reach),
        reach_node=ways[:, 0].astype(np.int64),
        card=ways[:, 1].astype(np.int64),
        fixed_minor=ways[:, 2].astype(np.int64),
        parcel_price_minor=ways[:, 3].copy(),
        move_minor=_ints([order.move_minor for order in orders]),
        divisor_mm3_per_g=divisor,
        unfilled_penalty_minor=penalty,
    )
    return replace(wave, current=_current(wave, orders, node_at))


def _current(wave: Wave, orders: Sequence[_Order], node_at: dict[str, int]) -> dict[int, Choice]:
    current: dict[int, Choice] = {}
    for o, order in enumerate(orders):
        if order.standing is not None:
            line_at = {wave.line_ids[i]: i for i in wave.lines_of(o)}
            current[o] = tuple(
                sorted(
                    (node_at[node], tuple(sorted((line_at[line], units) for line, units in content)))
                    for node, content in order.standing
                )
            )
    return current


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, np.int64)


def _starts(groups: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate([[0], np.cumsum([len(group) for group in groups], dtype=np.int64)]).astype(np.int64)
