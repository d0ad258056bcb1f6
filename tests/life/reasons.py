"""Which events say why, and in which words: of what was put off, or done otherwise than planned.

What only follows from another event of the same order (a parcel, pickup or stop that nobody needs any more)
has its reason there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.reasons import Occasion, Reasons
from oms.returns.lifecycle import Release
from oms.steps.arriving import NOT_ARRIVED
from oms.steps.unrouting import FACT, KIT_TORN
from oms.usecases.node_work import NOT_ACCEPTED
from routing.eligibility import Reason as Unroutable


def of(*occasions: Occasion) -> frozenset[str]:
    """The usual codes for these occasions."""
    return frozenset(one.code for occasion in occasions for one in Reasons().of(occasion))


NOBODY_CAME, REFUSED = "not_collected", "refused"
LOST = of(Occasion.REJECT, Occasion.SHORT)
CANCELLED = of(Occasion.CANCEL)
HOLDS = frozenset({"fraud", "payment", "care", "exchange"})
WHY: Mapping[str, frozenset[str]] = {
    "fulfilment.rejected": LOST,
    "fulfilment.expired": frozenset({NOT_ACCEPTED}),
    "fulfilment.cancelled": CANCELLED | {"changed", "moved", "displaced", NOBODY_CAME, REFUSED},
    "task.short": of(Occasion.SHORT),
    "task.substituted": of(Occasion.SHORT),
    "order.cancelled": CANCELLED | {NOBODY_CAME, REFUSED},
    "order.changed": frozenset({"address", "method", "lines"}),
    "order.displaced": LOST | {FACT, KIT_TORN, NOT_ARRIVED},
    "order.held": HOLDS,
    "order.released": HOLDS,
    "order.unroutable": frozenset(one.value for one in Unroutable),
    "pickup.expired": frozenset({NOBODY_CAME}),
    "pickup.refused": frozenset({REFUSED}),
    "return.exchanged": frozenset(one.value for one in Release),
    "webhook.disabled": frozenset({"gone", "failing"}),
}
"""The reasons that an event of the type may have; it has one of them."""
DOOR: Mapping[str, frozenset[str]] = {
    "delivered": frozenset({""}),
    "partially_accepted": of(Occasion.REFUSAL),
    "refused": of(Occasion.REFUSAL),
    "failed_attempt": of(Occasion.FAILURE),
}
"""The same for a stop that is completed, by how it went."""
SAID = ("fulfilment.held", "refund.due", "refund.sent", "refund.failed", "refund.settled", "refund.voided")
"""Some reason: in words of whoever holds it; the event for which money is owed."""


def says_why(event: Any) -> bool:
    """Whether the event has its reason, where it is one that has."""
    type, reason = event["type"], event["reason"]
    if type == "stop.completed":
        return reason in DOOR[event["data"]["outcome"]]
    if type in WHY:
        return reason in WHY[type]
    return bool(reason) or type not in SAID
