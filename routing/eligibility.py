"""Which node may serve which line, and every reason why not.

Reasons are bits: ``node_bits[N]`` concern the node as a whole, ``line_bits[L, N]`` one line there. All
that fail are set, not only the first, so that one can ask what would have to change. Texts are made when
asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routing.problem import Ints


class Reason(StrEnum):
    """In the order in which they are told: the first that holds is the reason given."""

    INACTIVE = "inactive"
    METHOD_NOT_OFFERED = "method_not_offered"
    NO_LOCATION = "no_location"
    NO_NODE_IN_RADIUS = "no_node_in_radius"
    NO_LANE = "no_lane"
    CLOSED = "closed"
    SLOT_CLOSED = "slot_closed"
    NODE_CAPACITY_EXHAUSTED = "node_capacity_exhausted"
    TOO_LATE = "too_late"
    NODE_BLOCKED = "node_blocked"
    FLAG_REFUSED = "flag_refused"
    SHIP_ALONE = "ship_alone"
    TOO_HEAVY = "too_heavy"
    INSUFFICIENT_STOCK = "insufficient_stock"
    KIT_NOT_WHOLE = "kit_not_whole"


REASONS = tuple(Reason)
BIT = {reason: 1 << place for place, reason in enumerate(REASONS)}

_TEXT = {
    Reason.INACTIVE: "the node is switched off",
    Reason.METHOD_NOT_OFFERED: "the node does not offer this method",
    Reason.NO_LOCATION: "the destination has no coordinates, so its distance is unknown",
    Reason.NO_NODE_IN_RADIUS: "the destination is out of the node's reach",
    Reason.NO_LANE: "no lane leads from the node to the destination",
    Reason.CLOSED: "the node is closed, or nothing is delivered, within the horizon",
    Reason.SLOT_CLOSED: "the slot is not served by the node, or no longer takes orders",
    Reason.NODE_CAPACITY_EXHAUSTED: "every day within the horizon is full",
    Reason.TOO_LATE: "it would arrive later than promised",
    Reason.NODE_BLOCKED: "the node is blocked for this order or SKU",
    Reason.FLAG_REFUSED: "the node or its lane refuses goods of this class",
    Reason.SHIP_ALONE: "the node or its lane takes no goods that travel alone",
    Reason.TOO_HEAVY: "one unit is heavier than the last step of the tariff",
    Reason.INSUFFICIENT_STOCK: "no unit is available there",
    Reason.KIT_NOT_WHOLE: "not every part of the kit is available there",
}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Why a node may not serve a line, or (``line`` None) any line at all."""

    node: str
    line: str | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Blocking:
    """The smallest set of conditions which, all lifted, would let ``line`` be filled."""

    line: str
    missing: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Eligibility:
    """Bits of what fails; 0 = eligible. ``stock`` is what is there, eligible or not.

    Columns are the M ``nodes`` (ascending indices into ``node_ids``) that have anything of the basket; all
    other nodes are excluded for having nothing.
    """

    node_ids: tuple[str, ...]  # [N]
    line_ids: tuple[str, ...]  # [L]
    nodes: Ints  # [M]
    node_bits: Ints  # [M]
    line_bits: Ints  # [L, M]
    stock: Ints  # [L, M]

    def exclusions(self) -> tuple[Exclusion, ...]:
        """One per node that may serve nothing for a reason of its own, else one per line it may not serve."""
        column = dict(zip(self.nodes.tolist(), range(len(self.nodes)), strict=True))
        found: list[Exclusion] = []
        for n, node in enumerate(self.node_ids):
            if n in column:
                found += self._of_node(node, column[n])
            else:
                found.append(_exclusion(node, None, BIT[Reason.INSUFFICIENT_STOCK]))
        return tuple(found)

    def _of_node(self, node: str, column: int) -> list[Exclusion]:
        whole = int(self.node_bits[column])
        if whole:
            return [_exclusion(node, None, whole)]
        lines = zip(self.line_ids, self.line_bits[:, column].tolist(), strict=True)
        return [_exclusion(node, line, bits) for line, bits in lines if bits]


def first_reason(bits: int) -> Reason:
    """The reason told first among ``bits`` (not 0)."""
    return REASONS[(bits & -bits).bit_length() - 1]


def reason_text(reason: Reason) -> str:
    return _TEXT[reason]


def _exclusion(node: str, line: str | None, bits: int) -> Exclusion:
    reason = first_reason(bits)
    return Exclusion(node, line, reason.value, _TEXT[reason])
