"""The weights of a decision: what it is felt to cost, beside what is paid. Versioned, so that a decision
can be redone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PriceRule:
    """What the customer pays for a method; the first rule that fits wins, None fits anything.

    Price = ``amount_minor`` + ``per_kg_minor`` × started kilograms, nothing at all from ``free_from_minor``
    of goods on. ``basket_from_minor`` is the least value of goods, ``up_to_g`` the greatest actual weight,
    ``within_days`` the greatest number of days to the end of the window, for which the rule holds.
    """

    method: str | None = None
    channel: str | None = None
    country: str | None = None
    postcode_prefix: str | None = None
    basket_from_minor: int = 0
    up_to_g: int | None = None
    up_to_km: float | None = None
    within_days: int | None = None
    amount_minor: int = 0
    per_kg_minor: int = 0
    free_from_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights in minor units; 0 = does not matter.

    ``late_day_minor``: per parcel and day until it arrives; ``parcel_minor``: per parcel;
    ``co2_minor_per_kg``: per kilogram of CO₂; ``resource_minor``: what it costs to find a unit elsewhere
    after a node could not, weighed with the node's ``reject_probability``; ``unfilled_penalty_minor``: per
    unit that cannot be had; ``breadth_weight``: parcels of the cheapest kind that a line is felt to cost at a
    node that has all of the range while others have the SKU too (``routing.breadth``); ``lookahead_weight``:
    how far it is felt what a unit is worth to the orders of the next ``lookahead_days`` (``routing.ahead``);
    ``move_share``: of the mean cost of an order in a wave, what giving one another plan must save at least.

    ``ship_to_store`` lets other nodes feed a pickup. Limits of an offer: the nearest ``pickup_stores``
    stores within ``pickup_radius_m`` that have all of it on their shelf, or, where none has, the nearest
    ``fed_stores``; the next ``courier_slots`` slots; nothing that leaves later than ``horizon_days``. A
    courier without slots is promised ``courier_grace_minutes`` later than it could be there, so that the
    promise outlives the checkout. ``work_limit`` bounds the elementary steps of each answer of the kernel.
    """

    version: int = 1
    unfilled_penalty_minor: int = 100_000
    late_day_minor: float = 0.0
    parcel_minor: float = 0.0
    co2_minor_per_kg: float = 0.0
    resource_minor: float = 0.0
    breadth_weight: float = 0.75
    lookahead_weight: float = 0.0
    lookahead_days: int = 14
    move_share: float = 0.04
    ship_to_store: bool = True
    pickup_stores: int = 5
    fed_stores: int = 2
    pickup_radius_m: int = 50_000
    courier_slots: int = 4
    courier_grace_minutes: int = 30
    horizon_days: int = 30
    work_limit: int = 50_000_000
    price_rules: tuple[PriceRule, ...] = ()
