"""Do the books agree? The ledger against positions, reservations against everything that counts them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, text

from inventory.store.audit_sql import DIFFERENCES, HOLD_STILL, SIZE


class Kind(StrEnum):
    """What does not agree."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    PROMISED = "promised"
    BACKORDERED = "backordered"
    CAPACITY = "capacity"
    FENCE = "fence"
    GROUP = "group"
    ON_THE_ROAD = "on_the_road"
    NEGATIVE = "negative"


MEANING: Mapping[StrEnum, str] = {
    Kind.ON_HAND: "the fold of all movements is not the position's on hand",
    Kind.RESERVED: "the reservations held are not the position's reserved",
    Kind.PROMISED: "the reservations held are not what the inbound line has promised",
    Kind.BACKORDERED: "the back-orders held are not the SKU's count of them",
    Kind.CAPACITY: "the capacity held or used is not the node's count for that day",
    Kind.FENCE: "units are held out of a fence that does not exist",
    Kind.GROUP: "a closed reservation still holds something",
    Kind.ON_THE_ROAD: "the fold of all movements is not what the document still expects",
    Kind.NEGATIVE: "more units left a place than ever came there",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """By the facts the number is `expected`; `found` is kept. `subject`: document, day, group or place.
    `kind` is of whoever audits.
    """

    kind: StrEnum
    node: str | None
    sku: str | None
    subject: str
    expected: int
    found: int

    def __str__(self) -> str:
        """One line for people."""
        where = " ".join(part for part in (self.node, self.sku, self.subject) if part)
        return f"{self.kind} {where}: {self.expected} expected, {self.found} found"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was compared, in one snapshot at `as_of`, and every difference found."""

    as_of: datetime
    movements: int
    positions: int
    reservations: int
    differences: tuple[Difference, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs."""
        return not self.differences

    def by_kind(self) -> dict[StrEnum, int]:
        """How many differences of each kind there are, of those that occur."""
        return dict(Counter(one.kind for one in self.differences))


def audit(conn: Connection) -> AuditReport:
    """Compare everything; reads only, and nobody who sells waits for it. All differences come from one
    snapshot."""
    conn.execute(HOLD_STILL)
    # A million movements fold in memory instead of on disk; for this transaction only.
    conn.execute(text("SELECT set_config('work_mem', '256MB', true)"))
    as_of, movements, positions, reservations = conn.execute(SIZE).one()
    found = tuple(Difference(Kind(kind), *rest) for kind, *rest in conn.execute(DIFFERENCES))
    return AuditReport(as_of, movements, positions, reservations, found)
