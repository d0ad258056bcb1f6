"""The options of one method: its reaches solved, incoming stock tried, beaten options dropped, tags given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from routing.calendar import DAY_S
from routing.eligibility import Reason, reason_text
from routing.network_spec import METHODS, PICKUP, SHIP
from routing.promise_ask import Ask, later, seconds
from routing.promise_blocking import reason_of_all, refusals
from routing.promise_courier import courier_reaches
from routing.promise_option import arrives, option_of, rank
from routing.promise_reach import Reach, pickup_reach, ship_reach
from routing.promise_solve import Solved, solutions
from routing.promise_values import CHEAPEST, FASTEST, FEWEST_PARCELS, Option, Unavailable

TAGS = (CHEAPEST, FASTEST, FEWEST_PARCELS)


def impossible(now: Ask, method: str) -> Unavailable | None:
    """Why a method makes no sense for a basket at all, before any node is looked at."""
    if method != PICKUP:
        return None if now.basket.destination is not None else _refusal(now, method, Reason.NO_LOCATION)
    asked = now.basket.pickup_node
    if asked is not None:
        store = now.network.index.get(asked)
        if store is None or not now.network.offers[METHODS.index(PICKUP), store]:
            return _refusal(now, method, Reason.METHOD_NOT_OFFERED)
        return None if now.network.active[store] else _refusal(now, method, Reason.INACTIVE)
    place = now.basket.destination
    if place is None or place.lat is None or place.lon is None:
        return _refusal(now, method, Reason.NO_LOCATION)
    return None


def reaches(view: Ask, method: str) -> list[Reach]:
    """Every place and slot the method is offered for; none only where no store is near."""
    if method == PICKUP:
        return [pickup_reach(view, store) for store in pickup_stores(view)]
    place = view.basket.destination
    assert place is not None, "impossible() came first"
    return [ship_reach(view, place)] if method == SHIP else courier_reaches(view, place)


def pickup_stores(view: Ask) -> list[int]:
    """The store asked for; else the nearest that have all of it on the shelf, or the nearest at all."""
    network, policy = view.network, view.policy
    if view.basket.pickup_node is not None:
        return [network.index[view.basket.pickup_node]]
    offering = network.offers[METHODS.index(PICKUP)] & network.active
    place = view.basket.destination
    assert place is not None and place.lat is not None and place.lon is not None, "impossible() came first"
    inside = network.within(place.lat, place.lon, view.distance_m, policy.pickup_radius_m)
    near = np.flatnonzero(offering & inside)
    near = near[np.argsort(view.distance_m[near], kind="stable")]
    whole = np.isin(near, view.nodes[(view.stock >= view.lines.quantity[:, None]).all(axis=0)])
    chosen = near[whole][: policy.pickup_stores] if whole.any() else near[: policy.fed_stores]
    stores: list[int] = chosen.tolist()
    return stores


def method_options(
    now: Ask, method: str, cheapest_only: bool = False
) -> tuple[list[Option], list[Unavailable]]:
    """Options of one method, and what it cannot do."""
    if (refusal := impossible(now, method)) is not None:
        return [], [refusal]
    places = reaches(now, method)
    if not places:
        return [], [nowhere(now, method)]
    solved = _solved(now, places, cheapest_only)
    found = [one for _, ones in solved for one in ones]
    missing: list[Unavailable] = []
    least = min((one.missing for one in found), default=None)
    if least != 0:
        reach, one = _fullest(solved)
        missing = list(refusals(now, reach, one))
    options = [option_of(one) for one in found if one.missing == least]
    options += _from_incoming(now, method, options if least == 0 else [])
    return _tagged(_undominated(options)), missing


def _solved(now: Ask, places: Sequence[Reach], cheapest_only: bool) -> list[tuple[Reach, list[Solved]]]:
    """The plans of each reach. Slots between which nothing differs but the time share theirs."""
    known: dict[tuple[bytes, ...], list[Solved]] = {}
    found: list[tuple[Reach, list[Solved]]] = []
    for reach in places:
        key = _sameness(now, reach)
        if reach.slot is None or key not in known:
            known[key] = list(islice(solutions(now, reach), 1 if cheapest_only else None))
        found.append((reach, [replace(one, reach=reach) for one in known[key]]))
    return found


def _sameness(now: Ask, reach: Reach) -> tuple[bytes, ...]:
    """All that a plan depends on in a courier slot: who may send, how much, and in how many days."""
    days = -(-(reach.arrive_at - now.at) // DAY_S)
    return (reach.node_bits == 0).tobytes(), reach.room.tobytes(), days.tobytes()


def _fullest(solved: Sequence[tuple[Reach, list[Solved]]]) -> tuple[Reach, Solved | None]:
    """The reach that leaves the least unfilled, the first of them."""
    some = [(one.missing, place, one) for place, (_, ones) in enumerate(solved) for one in ones[:1]]
    if not some:
        return solved[0][0], None
    _, place, one = min(some, key=lambda entry: entry[:2])
    return solved[place][0], one


def _from_incoming(now: Ask, method: str, whole: Sequence[Option]) -> list[Option]:
    """Whole options that wait for stock, each sooner than all before it."""
    if not now.whole.incoming:
        return []
    found: list[Option] = []
    before = min((seconds(arrives(option)) for option in whole), default=None)
    for view in later(now):
        if before is not None and int(view.since.max(initial=now.at)) >= before:
            break
        for reach in reaches(view, method):
            found += [option_of(one) for one in solutions(view, reach, before) if not one.missing]
        before = min((seconds(arrives(option)) for option in (*whole, *found)), default=None)
    return found


Ranked = tuple[Option, tuple[float, ...]]
"""An option and what it is compared by: units missing, cost, arrival, parcels."""

BY = {CHEAPEST: (0, 1, 2, 3), FASTEST: (0, 2, 1, 3), FEWEST_PARCELS: (0, 3, 1, 2)}
"""What counts first, second … for a tag, as of ``rank``."""


def _undominated(options: Sequence[Option]) -> list[Ranked]:
    """Without those that another of the same place and slot equals or beats in cost, arrival and parcels."""
    kept: list[Ranked] = []
    ranked = [(option, rank(option, CHEAPEST)) for option in options]
    for one in sorted(ranked, key=lambda one: one[1]):
        if not any(_beats(other, one) for other in kept):
            kept.append(one)
    return kept


def _beats(better: Ranked, worse: Ranked) -> bool:
    (one, mine), (other, theirs) = better, worse
    if (one.pickup_node, one.slot) != (other.pickup_node, other.slot):
        return False
    if one.slot is not None and one.window_to != other.window_to:
        return False
    return all(a <= b for a, b in zip(mine, theirs, strict=True))


def _tagged(ranked: Sequence[Ranked]) -> list[Option]:
    """Each tag on the best option for it; in the order of their arrival."""

    def by(tag: str) -> Callable[[Ranked], tuple[float, ...]]:
        return lambda one: tuple(one[1][place] for place in BY[tag])

    tags: dict[int, tuple[str, ...]] = {}
    for tag in TAGS:
        if ranked:
            winner = id(min(ranked, key=by(tag))[0])
            tags[winner] = (*tags.get(winner, ()), tag)
    in_order = sorted(ranked, key=lambda one: by(FASTEST)(one)[1:])
    return [replace(one, tags=tags[id(one)]) if id(one) in tags else one for one, _ in in_order]


def nowhere(now: Ask, method: str) -> Unavailable:
    """Why there is no reach: no store is near."""
    reason = Reason.NO_NODE_IN_RADIUS
    return Unavailable(method, reason.value, reason_of_all(reason), now.lines.ids)


def _refusal(now: Ask, method: str, reason: Reason) -> Unavailable:
    return Unavailable(method, reason.value, reason_text(reason), now.lines.ids)
