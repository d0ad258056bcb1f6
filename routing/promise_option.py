"""From a plan to what is promised: instants, window, price, cost to serve, and what must be held for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from routing.calendar import DAY_S, DAYS, to_datetime
from routing.eligibility import Eligibility
from routing.geo import geodesic_m
from routing.network_spec import PICKUP
from routing.plan import Parcel
from routing.price import Priced, customer_price_minor
from routing.problem import Ints
from routing.promise_ask import Ask, seconds
from routing.promise_reach import Reach
from routing.promise_solve import Solved, last_arrival
from routing.promise_values import (
    FASTEST,
    FEWEST_PARCELS,
    CapacityHold,
    CostToServe,
    IncomingUse,
    Option,
    PromisedParcel,
)


@dataclass(frozen=True, slots=True)
class _Window:
    opens: int
    ends: int
    order_by: int


def option_of(solved: Solved) -> Option:
    """The option a plan stands for, without tags."""
    ask, reach = solved.ask, solved.reach
    place = _places(solved)
    window = _window(solved, list(place.values()))
    store = None if reach.store is None else ask.network.node_ids[reach.store]
    cost = _cost_to_serve(solved, place)
    return Option(
        method=reach.method,
        tags=(),
        window_from=to_datetime(window.opens),
        window_to=to_datetime(window.ends),
        order_before=to_datetime(window.order_by),
        customer_price_minor=_price(solved, place, window.ends),
        cost_to_serve=cost,
        parcels=_parcels(solved, place),
        unfilled=solved.plan.unfilled,
        holds=_holds(solved, place),
        pickup_node=store,
        slot=reach.slot,
        problem=solved.problem,
        plan=solved.plan,
        eligibility=eligibility_of(ask, reach),
    )


def eligibility_of(ask: Ask, reach: Reach) -> Eligibility:
    """What stands against each node and line."""
    everyone = ask.network.node_ids
    return Eligibility(everyone, ask.lines.ids, ask.nodes, reach.node_bits, reach.line_bits, ask.stock)


def _places(solved: Solved) -> Mapping[str, int]:
    """Node id → its column among the nodes of the ask, for the nodes the plan uses."""
    ask = solved.ask
    used = {parcel.node for parcel in solved.plan.parcels}
    columns = np.searchsorted(ask.nodes, [ask.network.index[node] for node in used])
    return dict(zip(used, columns.tolist(), strict=True))


def _window(solved: Solved, columns: Sequence[int]) -> _Window:
    reach, ask = solved.reach, solved.ask
    order_by = int(reach.order_by[columns].min())
    last = int(reach.arrive_at[columns].max())
    if reach.store is None:
        return _Window(int(reach.from_at[columns].min()), last, order_by)
    closes = ask.tables.closes[ask.network.profile[reach.store]]
    return _Window(last, int(closes[_store_day(ask, reach.store, last)]), order_by)


def _store_day(ask: Ask, store: int, ready_at: int) -> int:
    closes = ask.tables.closes[ask.network.profile[store]]
    return min(int(np.searchsorted(closes, ready_at)), DAYS - 1)


def _cost_to_serve(solved: Solved, place: Mapping[str, int]) -> CostToServe:
    """Each term summed over parcels and units; recounted from the felt weights, not from the objective."""
    network, weights, reach = solved.ask.network, solved.felt, solved.reach
    line_place = {line: row for row, line in enumerate(solved.ask.lines.ids)}
    fixed = pick = paid = 0
    lateness = parcel_price = co2 = rejection = bid = 0.0
    for parcel in solved.plan.parcels:
        m = place[parcel.node]
        paid += parcel.cost_minor
        fixed += int(reach.fixed_minor[m])
        lateness += float(weights.lateness[m])
        parcel_price += float(weights.parcel_price[m])
        for take in parcel.takes:
            row, units = line_place[take.line], take.quantity
            pick += int(network.pick_minor[solved.ask.nodes[m]]) * units
            co2 += float(weights.co2[row, m]) * units
            rejection += float(weights.rejection[row, m]) * units
            bid += float(weights.bid[row, m]) * units
    return CostToServe(
        transport_minor=paid - fixed - pick,
        fixed_minor=fixed,
        pick_minor=pick,
        lateness_minor=lateness,
        parcel_minor=weights.parcel * len(solved.plan.parcels),
        co2_minor=co2,
        rejection_minor=rejection,
        opportunity_minor=bid + parcel_price,
    )


def _parcels(solved: Solved, place: Mapping[str, int]) -> tuple[PromisedParcel, ...]:
    use = _IncomingStock(solved.ask) if solved.ask.delayed else None
    reach = solved.reach
    return tuple(
        PromisedParcel(
            node=parcel.node,
            takes=parcel.takes,
            ship_at=to_datetime(int(reach.ship_at[place[parcel.node]])),
            arrive_at=to_datetime(int(reach.arrive_at[place[parcel.node]])),
            cost_minor=parcel.cost_minor,
            incoming=() if use is None else use.draw(parcel),
        )
        for parcel in solved.plan.parcels
    )


class _IncomingStock:
    """Draws units of a plan from the shelf first, then from what comes in, soonest first."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._shelf: dict[tuple[str, str], int] = {}
        self._drawn: Counter[tuple[str, str, str]] = Counter()
        self._soonest = sorted(ask.whole.incoming, key=lambda inc: (seconds(inc.at), inc.reference))

    def draw(self, parcel: Parcel) -> tuple[IncomingUse, ...]:
        found = []
        for take in parcel.takes:
            row = self._ask.lines.ids.index(take.line)
            sku = self._ask.lines.skus[row]
            node = self._ask.network.index[parcel.node]
            left = self._shelf.get((sku, parcel.node), max(int(self._ask.whole.available[row, node]), 0))
            missing = max(take.quantity - left, 0)
            self._shelf[sku, parcel.node] = max(left - take.quantity, 0)
            found += self._from_incoming(take.line, sku, parcel.node, missing)
        return tuple(found)

    def _from_incoming(self, line: str, sku: str, node: str, missing: int) -> list[IncomingUse]:
        found = []
        for inc in self._soonest:
            if (inc.line, inc.node) != (line, node) or not missing:
                continue
            key = (sku, node, inc.reference)
            units = min(missing, inc.quantity - self._drawn[key])
            if units > 0:
                self._drawn[key] += units
                missing -= units
                found.append(IncomingUse(line, inc.reference, units))
        return found


def _holds(solved: Solved, place: Mapping[str, int]) -> tuple[CapacityHold, ...]:
    """Parcels per node and day; a store counts the order it hands over, not its parcels."""
    ask, reach = solved.ask, solved.reach
    store = None if reach.store is None else ask.network.node_ids[reach.store]
    parcels = Counter(parcel.node for parcel in solved.plan.parcels if parcel.node != store)
    holds = [
        CapacityHold(node, ask.tables.dates[int(reach.day[place[node]])], reach.bucket, count)
        for node, count in parcels.items()
    ]
    if reach.store is not None and store is not None:
        day = _store_day(ask, reach.store, last_arrival(solved))
        holds.append(CapacityHold(store, ask.tables.dates[day], PICKUP, 1))
    return tuple(sorted(holds, key=lambda hold: (hold.node, hold.date, hold.bucket)))


def _price(solved: Solved, place: Mapping[str, int], ends: int) -> int:
    ask, reach = solved.ask, solved.reach
    if not ask.policy.price_rules:
        return 0
    country, postcode = _whereabouts(solved)
    lines = ask.basket.lines
    priced = Priced(
        method=reach.method,
        channel=ask.basket.channel,
        country=country,
        postcode=postcode,
        goods_minor=sum(line.unit_price_minor * line.quantity for line in lines),
        weight_g=sum(line.unit_weight_g * line.quantity for line in lines),
        distance_m=_farthest_m(ask, ask.nodes[list(place.values())]),
        days=max(-(-(ends - ask.at) // DAY_S), 0),
    )
    return customer_price_minor(ask.policy.price_rules, priced)


def _farthest_m(ask: Ask, nodes: Ints) -> float | None:
    """From the farthest of these nodes to the customer, where it is known and a price depends on it."""
    to = ask.basket.destination
    if to is None or to.lat is None or to.lon is None:
        return None
    if all(rule.up_to_km is None for rule in ask.policy.price_rules):
        return None
    farthest = ask.network.spec.nodes[nodes[np.argmax(ask.distance_m[nodes])]]
    return geodesic_m(to.lat, to.lon, farthest.lat, farthest.lon)


def _whereabouts(solved: Solved) -> tuple[str, str]:
    if solved.reach.store is not None:
        store = solved.ask.network.spec.nodes[solved.reach.store]
        return store.country, store.postcode
    place = solved.ask.basket.destination
    assert place is not None, "ship and courier go to a destination"
    return place.country, place.postcode


def rank(option: Option, tag: str) -> tuple[float, ...]:
    """What an option is compared by for a tag: less is better, units left unfilled come first."""
    cost = option.cost_to_serve.cost_minor + option.cost_to_serve.felt_minor
    arrival = arrives(option).timestamp()
    parcels = float(len(option.parcels))
    missing = float(sum(line.quantity for line in option.unfilled))
    if tag == FASTEST:
        return (missing, arrival, cost, parcels)
    if tag == FEWEST_PARCELS:
        return (missing, parcels, cost, arrival)
    return (missing, cost, arrival, parcels)


def arrives(option: Option) -> datetime:
    """When the last parcel is there; for a pickup, when all is ready."""
    return max(parcel.arrive_at for parcel in option.parcels)
