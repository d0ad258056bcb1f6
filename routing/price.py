"""What the customer pays for a method, by the policy's price rules; independent of what it costs to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.lanes import plain_postcode
from routing.policy import PriceRule


@dataclass(frozen=True, slots=True)
class Priced:
    """What price rules look at. ``distance_m`` of the farthest parcel, None where unknown; ``days`` until
    the end of the window, rounded up; ``goods_minor`` the value of the basket.
    """

    method: str
    channel: str
    country: str
    postcode: str
    goods_minor: int
    weight_g: int
    distance_m: float | None
    days: int


def customer_price_minor(rules: Sequence[PriceRule], priced: Priced) -> int:
    """The price by the first rule that fits; 0 where none does."""
    for rule in rules:
        if _fits(rule, priced):
            return _price(rule, priced)
    return 0


def _fits(rule: PriceRule, priced: Priced) -> bool:
    reach_m = None if rule.up_to_km is None else rule.up_to_km * 1000
    return (
        rule.method in (None, priced.method)
        and rule.channel in (None, priced.channel)
        and rule.country in (None, priced.country)
        and plain_postcode(priced.postcode).startswith(plain_postcode(rule.postcode_prefix or ""))
        and priced.goods_minor >= rule.basket_from_minor
        and (rule.up_to_g is None or priced.weight_g <= rule.up_to_g)
        and (reach_m is None or (priced.distance_m is not None and priced.distance_m <= reach_m))
        and (rule.within_days is None or priced.days <= rule.within_days)
    )


def _price(rule: PriceRule, priced: Priced) -> int:
    if rule.free_from_minor is not None and priced.goods_minor >= rule.free_from_minor:
        return 0
    return rule.amount_minor + rule.per_kg_minor * -(-priced.weight_g // 1000)
