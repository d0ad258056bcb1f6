"""Tariffs by weight step: checked, then laid behind one another as rate cards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from routing.compiled import compiled
from routing.network_spec import NetworkFault, TariffSpec
from routing.problem import Ints, RateCards

NO_TRANSPORT = "no_transport"
"""The card of goods that go nowhere (own shelf) or whose courier is paid per parcel: free at any weight."""

ANY_WEIGHT_G = 10**12


def tariff_faults(tariffs: Sequence[TariffSpec]) -> Iterator[NetworkFault]:
    """Every fault: no name, a name twice, no steps, a step that is not positive or does not ascend, a
    negative price.
    """
    seen: set[str] = set()
    for place, tariff in enumerate(tariffs):
        at = f"/tariffs/{place}"
        if not tariff.name or tariff.name == NO_TRANSPORT:
            yield NetworkFault(f"{at}/name", "bad_name", f"{tariff.name!r} cannot name a tariff")
        if tariff.name in seen:
            yield NetworkFault(f"{at}/name", "duplicate_tariff", f"tariff {tariff.name!r} stands here twice")
        seen.add(tariff.name)
        yield from _step_faults(at, tariff)


def _step_faults(at: str, tariff: TariffSpec) -> Iterator[NetworkFault]:
    if not tariff.steps:
        yield NetworkFault(f"{at}/steps", "tariff_empty", f"tariff {tariff.name!r} has no steps")
    for place, (up_to_g, minor) in enumerate(tariff.steps):
        if up_to_g <= 0:
            yield NetworkFault(f"{at}/steps/{place}", "tariff_reach_not_positive", f"up to {up_to_g} g")
        if minor < 0:
            yield NetworkFault(f"{at}/steps/{place}", "tariff_price_negative", f"price {minor}")
    for place, (lower, upper) in enumerate(pairwise(tariff.steps), start=1):
        if upper[0] <= lower[0]:
            detail = f"up to {upper[0]} g follows up to {lower[0]} g"
            yield NetworkFault(f"{at}/steps/{place}", "tariff_not_ascending", detail)


def compile_cards(tariffs: Sequence[TariffSpec]) -> RateCards:
    """Rate cards in the order given, and ``NO_TRANSPORT`` as the last one."""
    steps = [tariff.steps for tariff in tariffs] + [((ANY_WEIGHT_G, 0),)]
    start = np.zeros(len(steps) + 1, dtype=np.int64)
    start[1:] = np.cumsum([len(card) for card in steps])
    flat = np.array([step for card in steps for step in card], dtype=np.int64)
    names = (*(tariff.name for tariff in tariffs), NO_TRANSPORT)
    return RateCards(names, start, flat[:, 0].copy(), flat[:, 1].copy())


def select_cards(cards: RateCards, chosen: Sequence[int]) -> RateCards:
    """Only the cards ``chosen``, in that order."""
    rows = [np.arange(cards.start[card], cards.start[card + 1]) for card in chosen]
    start = np.zeros(len(chosen) + 1, dtype=np.int64)
    start[1:] = np.cumsum([len(row) for row in rows])
    index = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    return RateCards(tuple(cards.names[c] for c in chosen), start, cards.up_to_g[index], cards.minor[index])


def cards_used(card: Ints, cards: int) -> tuple[tuple[int, ...], Ints]:
    """Which of so many cards ``card`` [N] names, ascending, and [N] the place of each among them."""
    seen: Ints = np.zeros(cards, dtype=np.int64)
    place: Ints = np.empty(card.size, dtype=np.int64)
    _place_cards(card, seen, place)
    return tuple(np.flatnonzero(seen).tolist()), place


@compiled
def _place_cards(card: Ints, seen: Ints, place: Ints) -> None:
    for n in range(card.size):
        seen[card[n]] = 1
    count = 0
    for c in range(seen.size):
        if seen[c]:
            count += 1
            seen[c] = count
    for n in range(card.size):
        place[n] = seen[card[n]] - 1


def greatest_weight_g(cards: RateCards) -> Ints:
    """[T] the heaviest parcel each card carries."""
    return cards.up_to_g[cards.start[1:] - 1]


def billable_g(weight_g: Ints, volume_mm3: Ints, divisor_mm3_per_g: float) -> Ints:
    """Actual or dimensional weight, whichever is more, in whole grams rounded up; divisor 0 = actual."""
    if divisor_mm3_per_g <= 0:
        return weight_g
    return np.maximum(weight_g, np.ceil(volume_mm3 / divisor_mm3_per_g).astype(np.int64))
