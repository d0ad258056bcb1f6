"""What the customer pays for a method, by the policy's price rules; independent of what it costs to serve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.lanes import plain_postcode
from routing.memo import Memo
from routing.policy import PriceRule

REMEMBERED = 4096


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
            return _price(rule, priced.goods_minor, priced.weight_g)
    return 0


class PriceLists:
    """The rules that may fit by method, channel and place, so that only value, weight and days are left to
    ask. For policies without prices by distance.
    """

    def __init__(self, rules: Sequence[PriceRule]) -> None:
        assert all(rule.up_to_km is None for rule in rules)
        self._rules = rules
        self._by_postcode = any(rule.postcode_prefix for rule in rules)
        self.differ = self._by_postcode or any(rule.within_days is not None for rule in rules)
        """Whether ways by one method, to places of one country, may cost a basket differently."""
        self._known = Memo(REMEMBERED)

    def of(self, method: str, channel: str, country: str, postcode: str) -> tuple[PriceRule, ...]:
        """Those for one method and place, in order."""
        if not self._rules:
            return ()
        key = (method, channel, country, postcode if self._by_postcode else "")
        return self._known.get(
            key, lambda: tuple(r for r in self._rules if _fits_place(r, method, channel, country, postcode))
        )


def price_minor(rules: Sequence[PriceRule], goods_minor: int, weight_g: int, days: int) -> int:
    """The price by the first of a ``PriceLists``' rules that fits; 0 where none does."""
    for rule in rules:
        if _fits_basket(rule, goods_minor, weight_g, days):
            return _price(rule, goods_minor, weight_g)
    return 0


def _fits(rule: PriceRule, priced: Priced) -> bool:
    reach_m = None if rule.up_to_km is None else rule.up_to_km * 1000
    return (
        _fits_place(rule, priced.method, priced.channel, priced.country, priced.postcode)
        and _fits_basket(rule, priced.goods_minor, priced.weight_g, priced.days)
        and (reach_m is None or (priced.distance_m is not None and priced.distance_m <= reach_m))
    )


def _fits_place(rule: PriceRule, method: str, channel: str, country: str, postcode: str) -> bool:
    return (
        rule.method in (None, method)
        and rule.channel in (None, channel)
        and rule.country in (None, country)
        and plain_postcode(postcode).startswith(plain_postcode(rule.postcode_prefix or ""))
    )


def _fits_basket(rule: PriceRule, goods_minor: int, weight_g: int, days: int) -> bool:
    return (
        goods_minor >= rule.basket_from_minor
        and (rule.up_to_g is None or weight_g <= rule.up_to_g)
        and (rule.within_days is None or days <= rule.within_days)
    )


def _price(rule: PriceRule, goods_minor: int, weight_g: int) -> int:
    if rule.free_from_minor is not None and goods_minor >= rule.free_from_minor:
        return 0
    return rule.amount_minor + rule.per_kg_minor * -(-weight_g // 1000)
