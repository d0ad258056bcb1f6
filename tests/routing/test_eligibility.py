"""Reasons: one bit each, told in a fixed order."""

from __future__ import annotations

import numpy as np
import pytest

from routing.eligibility import BIT, REASONS, Eligibility, Exclusion, Reason, first_reason, reason_text


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_bit_and_a_text(reason: Reason) -> None:
    assert first_reason(BIT[reason]) is reason
    assert reason_text(reason)


def test_the_first_in_order_is_told() -> None:
    for place, reason in enumerate(REASONS):
        assert first_reason(sum(BIT[later] for later in REASONS[place:])) is reason


def test_exclusions_name_a_node_once_or_its_lines() -> None:
    found = Eligibility(
        node_ids=("A", "B", "C"),
        line_ids=("1", "2"),
        nodes=np.array([0, 2]),
        node_bits=np.array([BIT[Reason.NO_LANE] | BIT[Reason.CLOSED], 0]),
        line_bits=np.array([[BIT[Reason.TOO_HEAVY], 0], [0, BIT[Reason.SHIP_ALONE]]]),
        stock=np.ones((2, 2), dtype=np.int64),
    ).exclusions()
    assert found == (
        Exclusion("A", None, "no_lane", reason_text(Reason.NO_LANE)),
        Exclusion("B", None, "insufficient_stock", reason_text(Reason.INSUFFICIENT_STOCK)),
        Exclusion("C", "2", "ship_alone", reason_text(Reason.SHIP_ALONE)),
    )
