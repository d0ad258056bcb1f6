"""The lifecycle of a return in full, and when an exchange is let go."""

from __future__ import annotations

from itertools import product

import pytest

from oms.refusals import Code, Refused
from oms.returns.lifecycle import RELEASED_IN, RETURN, Release, ReturnEvent, ReturnState

S, E = ReturnState, ReturnEvent

MAY = {
    (S.REQUESTED, E.APPROVE): S.APPROVED,
    (S.REQUESTED, E.DECLINE): S.DECLINED,
    (S.REQUESTED, E.CANCEL): S.CANCELLED,
    (S.APPROVED, E.SEND): S.IN_TRANSIT,
    (S.APPROVED, E.RECEIVE): S.RECEIVED,
    (S.APPROVED, E.CANCEL): S.CANCELLED,
    (S.IN_TRANSIT, E.RECEIVE): S.RECEIVED,
    (S.RECEIVED, E.INSPECT_PART): S.RECEIVED,
    (S.RECEIVED, E.INSPECT): S.INSPECTED,
    (S.INSPECTED, E.CLOSE): S.CLOSED,
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)))
def test_the_table_in_full(state: ReturnState, event: ReturnEvent) -> None:
    if (state, event) in MAY:
        assert RETURN.step(state, event) is MAY[state, event]
        return
    with pytest.raises(Refused) as refused:
        RETURN.step(state, event)
    assert refused.value.refusal.code is Code.ILLEGAL_TRANSITION
    assert refused.value.refusal.extra["state"] == state.value


def test_it_ends_closed_declined_or_cancelled() -> None:
    assert {state for state in S if RETURN.final(state)} == {S.CLOSED, S.DECLINED, S.CANCELLED}
    reached = {S.REQUESTED} | set(MAY.values())
    assert reached == set(S)


def test_an_exchange_is_let_go_at_its_trigger_and_stays_so() -> None:
    for release, first in ((Release.ON_REQUEST, S.APPROVED), (Release.ON_SCAN, S.IN_TRANSIT)):
        assert first in RELEASED_IN[release]
    assert S.IN_TRANSIT not in RELEASED_IN[Release.ON_RECEIPT]
    for states in RELEASED_IN.values():
        assert {S.RECEIVED, S.INSPECTED, S.CLOSED} <= states
        assert not states & {S.REQUESTED, S.DECLINED, S.CANCELLED}
