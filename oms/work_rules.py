"""How nodes work: how long an offer stands, how much time an order takes, when somebody is told it is stuck.

One document a retailer edits (``work``); these are its defaults. Durations in minutes unless named
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

ANY_NODE = "*"

Proof = Literal["required", "optional", "off"]

STUCK: Mapping[str, int] = {
    "offered": 60,
    "accepted": 240,
    "picking": 120,
    "picked": 240,
    "packed": 480,
    "ready_for_carrier": 1440,
    "ready_for_courier": 480,
}
PROOF: Mapping[str, Proof] = {
    "signature": "optional",
    "photo": "optional",
    "pin": "off",
    "barcode": "off",
    "age": "off",
}


@dataclass(frozen=True, slots=True)
class WorkRules:
    """``offer_minutes``: how long a node has to accept. ``lead_minutes``: at least so long before it must
    leave, a fulfilment order is offered. An order takes ``order_minutes`` and ``line_minutes`` for each
    line; a node does ``at_once`` orders at a time. ``auto_accept``: nodes (``*``: all) that are not asked.

    ``wave_*``: caps of a pick wave. ``collection_days``: how long goods wait at the counter.
    ``stuck_minutes``: state → how long a fulfilment order may stand there. ``proof``: what a courier takes
    at the door; ``attempts``: how often a courier tries.
    """

    offer_minutes: int = 30
    lead_minutes: int = 60
    order_minutes: float = 4.0
    line_minutes: float = 2.0
    at_once: int = 1
    auto_accept: tuple[str, ...] = ()
    wave_orders: int = 10
    wave_units: int = 30
    wave_totes: int = 10
    collection_days: int = 7
    stuck_minutes: Mapping[str, int] = field(default_factory=lambda: STUCK)
    proof: Mapping[str, Proof] = field(default_factory=lambda: PROOF)
    attempts: int = 3

    @property
    def offer(self) -> timedelta:
        """How long an offer stands."""
        return timedelta(minutes=self.offer_minutes)

    def accepts(self, node: str) -> bool:
        """Whether the node takes whatever it is offered."""
        return node in self.auto_accept or ANY_NODE in self.auto_accept

    def minutes(self, lines: int) -> float:
        """Of one person's work for an order of so many lines."""
        return self.order_minutes + self.line_minutes * lines
