"""What the customer pays: first rule that fits, thresholds, weights, zones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.policy import PriceRule
from routing.price import Priced, customer_price_minor

ASKED = Priced("ship", "web", "US", "10001", 4_000, 2_100, 30_000.0, 3)
FREE_OVER_50 = PriceRule("ship", amount_minor=499, free_from_minor=5_000)


@pytest.mark.parametrize(("goods_minor", "price"), [(0, 499), (4_999, 499), (5_000, 0), (9_000, 0)])
def test_free_from_a_value_of_goods(goods_minor: int, price: int) -> None:
    assert customer_price_minor([FREE_OVER_50], replace(ASKED, goods_minor=goods_minor)) == price


def test_the_first_rule_that_fits_wins() -> None:
    rules = [
        PriceRule("courier", amount_minor=1),
        PriceRule(amount_minor=2),
        PriceRule("ship", amount_minor=3),
    ]
    assert customer_price_minor(rules, ASKED) == 2
    assert customer_price_minor(rules, replace(ASKED, method="courier")) == 1


def test_no_rule_no_price() -> None:
    assert customer_price_minor([], ASKED) == 0
    assert customer_price_minor([PriceRule("pickup", amount_minor=5)], ASKED) == 0


def test_started_kilograms() -> None:
    rule = PriceRule(amount_minor=100, per_kg_minor=50)
    assert customer_price_minor([rule], replace(ASKED, weight_g=2_000)) == 200
    assert customer_price_minor([rule], replace(ASKED, weight_g=2_001)) == 250


@pytest.mark.parametrize(
    ("rule", "fits"),
    [
        (PriceRule(channel="web"), True),
        (PriceRule(channel="till"), False),
        (PriceRule(country="US"), True),
        (PriceRule(country="CA"), False),
        (PriceRule(postcode_prefix="100"), True),
        (PriceRule(postcode_prefix="2"), False),
        (PriceRule(basket_from_minor=4_000), True),
        (PriceRule(basket_from_minor=4_001), False),
        (PriceRule(up_to_g=2_100), True),
        (PriceRule(up_to_g=2_099), False),
        (PriceRule(up_to_km=30), True),
        (PriceRule(up_to_km=29), False),
        (PriceRule(within_days=3), True),
        (PriceRule(within_days=2), False),
    ],
)
def test_each_condition_of_a_rule(rule: PriceRule, fits: bool) -> None:
    price = customer_price_minor([replace(rule, amount_minor=7)], ASKED)
    assert price == (7 if fits else 0)


def test_an_unknown_distance_fits_no_zone() -> None:
    rule = PriceRule(up_to_km=1_000, amount_minor=7)
    assert customer_price_minor([rule], replace(ASKED, distance_m=None)) == 0
