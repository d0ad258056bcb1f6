"""A wave as flat arrays: all that a joint decision over many orders may look at, and what it answers.

Shapes: O orders, L lines of all orders, S SKUs, N nodes, P shelves (SKU at node), R pairs of an order and a
node it may be served from. Money is in minor units, weights in grams, volumes in cubic millimetres. What an
order may not use (method, reach, calendar, a promise that would not hold) is simply not among its pairs, so
ship, ship-to-store and courier are one problem with other arrays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.problem import Bools, Floats, Ints, RateCards

Content = tuple[tuple[int, int], ...]  # (line, units), lines counted over the whole wave, ascending
Sent = tuple[int, Content]  # node index and what one parcel carries
Choice = tuple[Sent, ...]  # the parcels of one order, ascending; what is in none is unfilled


@dataclass(frozen=True, slots=True)
class Wave:
    """Every order has a line. ``available`` and ``capacity_parcels`` include what ``current`` plans use.

    Cost of a plan = Σ parcels (tariff + ``fixed_minor`` + ``parcel_price_minor``) + Σ units ×
    (``unit_cost_minor`` + ``bid_price_minor``) + ``unfilled_penalty_minor`` per unit that is in no parcel +
    ``move_minor`` of the order when it has a current plan and gets another one. ``felt`` adds for some orders
    what a unit of a line from a pair is felt to cost, [lines of the order, its pairs]. A current plan is a
    promise: no line may lose units that are in it.
    """

    cards: RateCards
    node_ids: tuple[str, ...]
    capacity_parcels: Ints  # [N], UNLIMITED or parcels of the whole wave
    sku_ids: tuple[str, ...]
    stock_start: Ints  # [S + 1]: shelves of a SKU, nodes ascending
    stock_node: Ints  # [P]
    available: Ints  # [P]
    unit_cost_minor: Ints  # [P]
    bid_price_minor: Floats  # [P], per unit: felt, not paid
    order_ids: tuple[str, ...]
    line_start: Ints  # [O + 1]
    line_ids: tuple[str, ...]  # [L], unique inside an order
    sku: Ints  # [L]
    quantity: Ints  # [L] ≥ 1
    unit_weight_g: Ints  # [L]
    unit_volume_mm3: Ints  # [L]
    ship_alone: Bools  # [L]
    group: Ints  # [L]: lines of one group inside an order leave in one parcel; NO_GROUP otherwise
    reach_start: Ints  # [O + 1]
    reach_node: Ints  # [R], ascending inside an order
    card: Ints  # [R]
    fixed_minor: Ints  # [R], per parcel
    parcel_price_minor: Floats  # [R], per parcel: felt, not paid
    move_minor: Ints  # [O]
    divisor_mm3_per_g: float
    unfilled_penalty_minor: int
    current: Mapping[int, Choice] = field(default_factory=dict)
    felt: Mapping[int, Floats] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.order_ids), len(self.node_ids)

    def lines_of(self, order: int) -> range:
        return range(int(self.line_start[order]), int(self.line_start[order + 1]))


@dataclass(frozen=True, slots=True)
class WaveResult:
    """``choices`` [O]. ``cost_minor`` is what ``Wave`` counts, ``before_minor`` the same for the plans that
    stood (orders without one routed after them one by one), ``bound_minor`` what no plan of the wave can
    undercut; ``moved`` lists the orders that had a plan and got another one.
    """

    choices: tuple[Choice, ...]
    cost_minor: float
    before_minor: float
    bound_minor: float
    moved: tuple[int, ...]
    rounds: int
    stock_price_minor: Floats  # [P], what one more unit on the shelf would be worth
    capacity_price_minor: Floats  # [N]

    @property
    def gap(self) -> float:
        """``(cost − bound) / cost``, 0 for a cost of zero."""
        if self.cost_minor == 0:
            return 0.0
        return max(0.0, (self.cost_minor - self.bound_minor) / abs(self.cost_minor))
