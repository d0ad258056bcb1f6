"""Whose units go when a physical fact leaves fewer than are held."""

from collections.abc import Iterable
from dataclasses import dataclass

from inventory.positions import Held


@dataclass(frozen=True, slots=True)
class Endangered:
    """A held row that could lose units. `rank` 0: its time was up, 1: active (a cart), 2: firm (an order)."""

    row: Held
    owner: str
    reference: str
    rank: int


def least_at_risk_first(candidates: Iterable[Endangered]) -> list[Endangered]:
    """The order in which rows lose units, so that the promise hit is the one easiest to keep otherwise.

    Carts before orders (nobody was told yes for good); what a picker has in hand last, for it is there; then
    rows without a promise, then the latest promise, which leaves most time to find another home; of equals
    the youngest.
    """

    def key(candidate: Endangered) -> tuple[int, bool, bool, float, int]:
        promise = candidate.row.promise_at
        return (
            candidate.rank,
            candidate.row.in_hand,
            promise is not None,
            -promise.timestamp() if promise else 0.0,
            -(candidate.row.no or 0),
        )

    return sorted(candidates, key=key)


def losses(candidates: Iterable[Endangered], units: int) -> list[tuple[Endangered, int]]:
    """Who loses how many so that `units` come together, as far as there are enough; a row may lose a part."""
    taken = []
    for candidate in least_at_risk_first(candidates):
        if units <= 0:
            break
        part = min(units, candidate.row.quantity)
        taken.append((candidate, part))
        units -= part
    return taken
