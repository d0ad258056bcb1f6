"""Tariffs: what is refused, and what they become."""

from __future__ import annotations

import numpy as np
import pytest

from routing.network_spec import TariffSpec
from routing.tariff import (
    NO_TRANSPORT,
    billable_g,
    compile_cards,
    greatest_weight_g,
    select_cards,
    tariff_faults,
)

GOOD = TariffSpec("z1", ((500, 420), (1000, 510), (30000, 400)))


@pytest.mark.parametrize(
    ("tariff", "pointer", "code"),
    [
        (TariffSpec("", ((1, 1),)), "/tariffs/0/name", "bad_name"),
        (TariffSpec(NO_TRANSPORT, ((1, 1),)), "/tariffs/0/name", "bad_name"),
        (TariffSpec("z", ()), "/tariffs/0/steps", "tariff_empty"),
        (TariffSpec("z", ((0, 100),)), "/tariffs/0/steps/0", "tariff_reach_not_positive"),
        (TariffSpec("z", ((-5, 100),)), "/tariffs/0/steps/0", "tariff_reach_not_positive"),
        (TariffSpec("z", ((500, -1),)), "/tariffs/0/steps/0", "tariff_price_negative"),
        (TariffSpec("z", ((500, 1), (500, 2))), "/tariffs/0/steps/1", "tariff_not_ascending"),
        (TariffSpec("z", ((500, 1), (900, 2), (600, 3))), "/tariffs/0/steps/2", "tariff_not_ascending"),
    ],
)
def test_a_bad_tariff_is_refused_where_it_is_bad(tariff: TariffSpec, pointer: str, code: str) -> None:
    assert [(fault.pointer, fault.code) for fault in tariff_faults([tariff])] == [(pointer, code)]


def test_every_fault_is_found_at_once() -> None:
    found = list(tariff_faults([GOOD, GOOD, TariffSpec("", ((0, -1),))]))
    assert [fault.code for fault in found] == [
        "duplicate_tariff",
        "bad_name",
        "tariff_reach_not_positive",
        "tariff_price_negative",
    ]


def test_a_tariff_need_not_be_monotone_in_price() -> None:
    assert not list(tariff_faults([GOOD]))


def test_cards_lie_one_behind_the_other_and_end_with_the_free_one() -> None:
    cards = compile_cards([GOOD, TariffSpec("z2", ((2000, 900),))])
    assert cards.names == ("z1", "z2", NO_TRANSPORT)
    assert cards.start.tolist() == [0, 3, 4, 5]
    assert cards.minor.tolist() == [420, 510, 400, 900, 0]
    assert greatest_weight_g(cards)[:2].tolist() == [30000, 2000]


def test_selected_cards_keep_their_steps_in_the_order_asked() -> None:
    cards = select_cards(compile_cards([GOOD, TariffSpec("z2", ((2000, 900),))]), (1, 0))
    assert cards.names == ("z2", "z1")
    assert cards.start.tolist() == [0, 1, 4]
    assert cards.up_to_g.tolist() == [2000, 500, 1000, 30000]


def test_billable_weight_is_the_greater_one_rounded_up() -> None:
    weight, volume = np.array([1000, 1000, 1000]), np.array([0, 5_000_001, 4_999_999])
    assert billable_g(weight, volume, 5000.0).tolist() == [1000, 1001, 1000]
    assert billable_g(weight, volume, 0.0).tolist() == [1000, 1000, 1000]
