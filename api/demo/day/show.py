"""The days after in words: how the played orders ended, what went wrong, and how it was healed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from api.demo.day.lived import Lived


def lines_of(lived: Lived, money: Callable[[int], str]) -> Iterator[str]:
    """One line for each thing that is told."""
    life = lived.life
    yield f"{life.orders:,} orders to their end: {_each(life.ends)}."
    document = life.document()
    told = life.promises.total()
    yield f"{document['unit_fill']:.1%} of the units ordered went out, those cancelled counted as not."
    yield f"Promises kept: {_share(life.promises['kept'], told)}."
    yield f"{document['parcels_per_order']:.2f} parcels an order; parcels: {_each(life.deliveries)}."
    if life.given_back:
        yield f"Given back by nodes: {_each(life.given_back)}. Orders hit: {_each(life.healed)}."
    if life.doors:
        yield f"At doors: {_each(life.doors)}."
    if life.pickups:
        yield f"At counters: {_each(life.pickups)}."
    if life.returns:
        yield f"Returns: {_each(life.returns)}; units: {_each(life.returned)}."
    yield f"Money: {money(life.captured_minor)} taken, {money(life.refunded_minor)} paid back."


def _each(counts: Mapping[str, int]) -> str:
    items = Counter(counts).most_common()
    return ", ".join(f"{n:,} {name.replace('_', ' ')}" for name, n in items) or "none"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / max(1, whole):.1%})"
