"""The picker's tour is as short as any: against every order of the spots, on a map drawn independently."""

from __future__ import annotations

import heapq
import itertools
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.walk import Walk, s_shape_walk, shortest_walk
from routing.walk_spots import Floor, Spot

ONE_BLOCK = Floor(aisles=(0.0, 5.0, 10.0, 15.0), crossings=(0.0, 20.0))
THREE_BLOCKS = Floor(aisles=(0.0, 4.0, 9.0), crossings=(0.0, 10.0, 22.0, 30.0))
CORNER = Spot(0, 0.0)

Leads = dict[Spot, dict[Spot, float]]


def drawn_map(floor: Floor, spots: set[Spot]) -> Leads:
    """The floor as a graph: pieces of aisles between neighbouring places, pieces of cross-aisles."""
    leads: Leads = {}
    for aisle in range(len(floor.aisles)):
        metres = {*floor.crossings, *(spot.metre for spot in spots if spot.aisle == aisle)}
        for low, high in itertools.pairwise(sorted(metres)):
            leads.setdefault(Spot(aisle, low), {})[Spot(aisle, high)] = high - low
            leads.setdefault(Spot(aisle, high), {})[Spot(aisle, low)] = high - low
    for aisle in range(len(floor.aisles) - 1):
        for crossing in floor.crossings:
            one, other = Spot(aisle, crossing), Spot(aisle + 1, crossing)
            leads[one][other] = leads[other][one] = floor.aisles[aisle + 1] - floor.aisles[aisle]
    return leads


def walked(leads: Leads, start: Spot) -> dict[Spot, float]:
    """Metres from one place to all (Dijkstra)."""
    found, queue = {start: 0.0}, [(0.0, start)]
    while queue:
        metres, here = heapq.heappop(queue)
        for there, more in leads[here].items():
            if metres + more < found.get(there, float("inf")):
                found[there] = metres + more
                heapq.heappush(queue, (metres + more, there))
    return found


def held_karp(floor: Floor, start: Spot, spots: list[Spot]) -> float:
    """The length of the shortest tour, over all subsets."""
    places = [start, *sorted(set(spots) - {start})]
    leads = drawn_map(floor, set(places))
    metres = {place: walked(leads, place) for place in places}

    @cache
    def home(left: frozenset[Spot], here: Spot) -> float:
        if not left:
            return metres[here][start]
        return min(metres[here][there] + home(left - {there}, there) for there in left)

    return home(frozenset(places[1:]), start)


def tour_metres(floor: Floor, start: Spot, spots: list[Spot], walk: Walk) -> float:
    """What the order given comes to on the drawn map."""
    assert sorted(walk.order) == list(range(len(spots)))
    leads = drawn_map(floor, {start, *spots})
    places = [start, *(spots[n] for n in walk.order), start]
    return sum(walked(leads, one)[other] for one, other in itertools.pairwise(places))


@st.composite
def floors(draw: st.DrawFn, blocks: int) -> tuple[Floor, Spot, list[Spot]]:
    steps = st.integers(1, 12)
    aisles = list(itertools.accumulate(draw(st.lists(steps, min_size=1, max_size=6))))
    crossings = [0, *itertools.accumulate(draw(st.lists(steps, min_size=blocks, max_size=blocks)))]
    places = st.builds(
        Spot, st.integers(0, len(aisles) - 1), st.integers(0, 2 * crossings[-1]).map(lambda n: n / 2)
    )
    floor = Floor(tuple(map(float, aisles)), tuple(map(float, crossings)))
    return floor, draw(places), draw(st.lists(places, max_size=8))


def check(floor: Floor, start: Spot, spots: list[Spot]) -> None:
    best = held_karp(floor, start, spots)
    walk = shortest_walk(floor, start, spots)
    assert walk.metres == pytest.approx(best)
    assert tour_metres(floor, start, spots, walk) == pytest.approx(best)
    assert floor.length(walk.way) == pytest.approx(best)
    assert walk.way[0] == walk.way[-1] == start and set(spots) <= set(walk.way)
    thumb = s_shape_walk(floor, start, spots)
    assert thumb.metres >= best - 1e-9
    assert tour_metres(floor, start, spots, thumb) <= thumb.metres + 1e-9


@given(floors(blocks=1))
@settings(max_examples=300, deadline=None)
def test_one_block_equals_exhaustive_search(drawn: tuple[Floor, Spot, list[Spot]]) -> None:
    check(*drawn)


@pytest.mark.parametrize(("blocks", "examples"), [(2, 120), (3, 60), (4, 20)])
def test_several_blocks_equal_exhaustive_search(blocks: int, examples: int) -> None:
    @given(floors(blocks=blocks))
    @settings(max_examples=examples, deadline=None)
    def compare(drawn: tuple[Floor, Spot, list[Spot]]) -> None:
        check(*drawn)

    compare()


def test_every_order_of_a_few_spots_is_no_shorter() -> None:
    spots = [Spot(1, 3.0), Spot(1, 17.0), Spot(2, 9.0), Spot(3, 18.0), Spot(3, 2.0)]
    best = min(ONE_BLOCK.length([CORNER, *order, CORNER]) for order in itertools.permutations(spots))
    assert shortest_walk(ONE_BLOCK, CORNER, spots).metres == pytest.approx(best)


def test_a_large_gap_is_left_out() -> None:
    """Aisle 1 from both ends, on the way round through the aisles beside it."""
    spots = [Spot(1, 1.0), Spot(1, 19.0), Spot(0, 20.0), Spot(3, 10.0)]
    walk = shortest_walk(ONE_BLOCK, CORNER, spots)
    assert walk.metres == 20 + 15 + 20 + 15 + 2 + 2
    assert s_shape_walk(ONE_BLOCK, CORNER, spots).metres > walk.metres


def test_s_shape_goes_up_one_and_down_the_next() -> None:
    spots = [Spot(0, 5.0), Spot(1, 5.0)]
    walk = s_shape_walk(ONE_BLOCK, CORNER, spots)
    assert walk.metres == 20 + 5 + 20 + 5
    odd = s_shape_walk(ONE_BLOCK, CORNER, [*spots, Spot(2, 7.0)])
    assert odd.metres == 20 + 5 + 20 + 5 + 7 + 7 + 10
    assert odd.order == (0, 1, 2)


def test_s_shape_works_back_from_the_farthest_block() -> None:
    spots = [Spot(0, 25.0), Spot(2, 12.0), Spot(1, 4.0)]
    walk = s_shape_walk(THREE_BLOCKS, CORNER, spots)
    assert walk.order == (0, 1, 2)
    assert walk.metres == 22 + 3 + 3 + 9 + 12 + 5 + 10 + 4


def test_nothing_to_pick_is_no_walk() -> None:
    assert shortest_walk(ONE_BLOCK, CORNER, []) == Walk((), 0.0, (CORNER,))
    assert s_shape_walk(ONE_BLOCK, CORNER, [CORNER]).metres == 0


def test_units_of_one_bin_are_picked_together() -> None:
    spots = [Spot(3, 4.0), Spot(0, 4.0), Spot(3, 4.0)]
    order = shortest_walk(ONE_BLOCK, CORNER, spots).order
    assert abs(order.index(0) - order.index(2)) == 1


def test_what_is_not_on_the_floor_is_refused() -> None:
    for spot in (Spot(4, 1.0), Spot(-1, 1.0), Spot(0, 20.5), Spot(0, -0.1)):
        with pytest.raises(ValueError, match="not on the floor"):
            shortest_walk(ONE_BLOCK, CORNER, [spot])
    with pytest.raises(ValueError, match="blocks"):
        shortest_walk(Floor((0.0, 1.0), tuple(map(float, range(7)))), CORNER, [])
    for aisles, crossings in (
        ((), (0.0, 1.0)),
        ((0.0, 0.0), (0.0, 1.0)),
        ((0.0,), (1.0, 2.0)),
        ((0.0,), (0.0,)),
    ):
        with pytest.raises(ValueError, match="ascending"):
            Floor(aisles, crossings)
