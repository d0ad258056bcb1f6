"""What is known of a shipment from what its carrier said, in whatever order it was heard.

Each fact has a weight, and the heaviest is what is known; so the order of arrival cannot matter. Where it
ended weighs most, then that it turned back, then where it was on its way; of equals the latest to have
occurred. That our own node has it in its hands again outweighs whatever a carrier says.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from oms.shipments.lifecycle import ShipmentEvent

AHEAD_MOST = timedelta(minutes=5)
"""How far a carrier's clock may be ahead of ours; a fact from the future would outweigh all that follow."""


class Result(StrEnum):
    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to the shipment. ``id`` is the carrier's own."""

    id: str
    kind: ShipmentEvent
    occurred_at: datetime
    note: str = ""


_RANK: Mapping[ShipmentEvent, int] = {
    ShipmentEvent.MOVE: 0,
    ShipmentEvent.BRING: 0,
    ShipmentEvent.ATTEMPT: 0,
    ShipmentEvent.TURN_BACK: 1,
    ShipmentEvent.LOSE: 2,
    ShipmentEvent.DELIVER: 2,
    ShipmentEvent.TAKE_BACK: 3,
}

KINDS: tuple[ShipmentEvent, ...] = tuple(_RANK)
"""What a carrier can say, the lighter before the heavier."""


def weight(fact: Fact) -> tuple[int, datetime, int, str]:
    """What the fact counts against others."""
    return _RANK[fact.kind], fact.occurred_at, KINDS.index(fact.kind), fact.id


def known(facts: Collection[Fact]) -> Fact | None:
    """The fact that says how the shipment stands."""
    return max(facts, key=weight, default=None)


def heard(facts: Collection[Fact], fact: Fact, at: datetime) -> tuple[Result, str]:
    """What to do with a fact, given those heard before, and why not."""
    before = next((one for one in facts if one.id == fact.id), None)
    if before is not None:
        same = (before.kind, before.occurred_at) == (fact.kind, fact.occurred_at)
        return (Result.DUPLICATE, "") if same else (Result.REJECTED, "duplicate_id")
    if fact.occurred_at > at + AHEAD_MOST:
        return Result.REJECTED, "in_the_future"
    return (Result.APPLIED if known([*facts, fact]) is fact else Result.SUPERSEDED), ""
