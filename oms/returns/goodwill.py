"""Goods of no order are owed nothing; the office may pay something for them all the same, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.refusals import Code, Fault, refuse
from oms.returns.values import Return, ReturnLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodwill:
    """Money that moved outside: ``amount_minor`` by ``method``, known there as ``reference``."""

    at: datetime
    method: str
    amount_minor: int
    reason: str
    reference: str | None = None
    actor: str = ""
    channel: str = ""


def left_to_pay(back: Return, before: Sequence[Goodwill], prices: Mapping[str, int]) -> int:
    """Minor units that may still be paid for the goods of no order that came with the return; ``prices``:
    what the SKUs cost today.
    """
    worth = sum(line.received * prices.get(line.sku, 0) for line in _of_no_order(back))
    return max(0, worth - sum(one.amount_minor for one in before))


def may_pay(back: Return, amount_minor: int, before: Sequence[Goodwill], prices: Mapping[str, int]) -> None:
    """Raises Refused: illegal_transition unless goods of no order came with the return, bad_amount for more
    than they cost today, earlier payments counted in.
    """
    came = _of_no_order(back)
    if not came:
        detail = "No goods without an order came with this return; what orders sold is credited to them"
        raise refuse(Code.ILLEGAL_TRANSITION, detail, state=back.state.value)
    left = left_to_pay(back, before, prices)
    if amount_minor > left:
        worth = sum(line.received * prices.get(line.sku, 0) for line in came)
        detail = f"The goods cost {worth} today, of which {left} are not paid yet"
        raise refuse(Code.BAD_AMOUNT, detail, Fault("/amount_minor", Code.BAD_AMOUNT, detail))


def _of_no_order(back: Return) -> list[ReturnLine]:
    return [line for line in back.lines if line.order_id is None and line.received]
