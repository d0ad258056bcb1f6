"""What callers ask of reservations, as values. Ids are text, as the API sees them.

Quantities are checked here once (ValueError is a bug of the caller); whether stock is there, who owns a group
and what state it is in are the verbs' named outcomes.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from inventory.movements import NO_NOTE, Note, positive
from inventory.places import CUSTOMER

LIFE_MAX = timedelta(hours=4)
LIFE_DEFAULT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Units on the shelf of a node."""

    node: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """Units announced by an inbound document, or on the road under a transfer (`transfer:<id>`)."""

    inbound: str


@dataclass(frozen=True, slots=True)
class Backorder:
    """Units nobody has bought in yet, up to the SKU's cap."""


@dataclass(frozen=True, slots=True)
class Unplaced:
    """Units of a group that were displaced and have no home; only ever the source of a move."""


Target = Shelf | Incoming | Backorder
Source = Target | Unplaced


@dataclass(frozen=True, slots=True)
class ReserveLine:
    """`quantity` units of `sku` for the line; `promise_at` is when the customer was told to have them."""

    line_id: str
    sku: str
    quantity: int
    target: Target
    promise_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        positive(self.quantity)


@dataclass(frozen=True, slots=True)
class CapacityLine:
    """`quantity` of what a node can do on `day` in `bucket`; `limit` is what it can do at present."""

    node: str
    day: date
    bucket: str
    quantity: int
    limit: int

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        positive(self.quantity)
        if self.limit < 0:
            raise ValueError(f"limit out of range: {self.limit}")


@dataclass(frozen=True, slots=True)
class ReserveRequest:
    """All of the lines and capacity, or nothing. `expires_at` None: firm from the start.

    The same `group_id` with the same content is a replay; expiry and promise instants are not content, a
    retry may compute them anew. `replaces` gives up that group in the same breath, and only if this succeeds.
    """

    group_id: str
    channel: str
    owner: str
    reference: str
    lines: tuple[ReserveLine, ...]
    expires_at: datetime | None = None
    capacity: tuple[CapacityLine, ...] = ()
    replaces: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for a group that replaces itself or asks twice for one bucket."""
        if self.replaces == self.group_id:
            raise ValueError("a group does not replace itself")
        if len({(c.node, c.day, c.bucket) for c in self.capacity}) != len(self.capacity):
            raise ValueError("one bucket of capacity is named twice")

    def digest(self) -> str:
        """The content, for telling a replay from a conflict."""
        content = [
            self.channel,
            self.owner,
            self.reference,
            self.replaces,
            sorted([line.line_id, line.sku, line.quantity, repr(line.target)] for line in self.lines),
            sorted([c.node, c.day.isoformat(), c.bucket, c.quantity] for c in self.capacity),
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class FirmRequest:
    """An order stands behind the group now: it no longer expires. A reference given replaces the old one."""

    group_id: str
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class ExtendRequest:
    """The active group shall live until `expires_at`, at most 4 h after it was first made."""

    group_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class PartLine:
    """`quantity` units of a line (None: all that is held), only those at `node` when one is named."""

    line_id: str
    quantity: int | None = None
    node: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        if self.quantity is not None:
            positive(self.quantity)


@dataclass(frozen=True, slots=True)
class VoidRequest:
    """Set the units free: the whole group, or the parts named."""

    group_id: str
    lines: tuple[PartLine, ...] | None = None


@dataclass(frozen=True, slots=True)
class PostRequest:
    """The units of a firm group left their shelves for `to_place`: all of them, or the parts named."""

    group_id: str
    lines: tuple[PartLine, ...] | None = None
    to_place: str = CUSTOMER
    note: Note = NO_NOTE


@dataclass(frozen=True, slots=True)
class MoveStep:
    """`quantity` units of a line get another home. Fewer than are held there: the line is split."""

    line_id: str
    sku: str
    quantity: int
    source: Source
    target: Target
    promise_at: datetime | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity or a step to where the units are."""
        positive(self.quantity)
        if self.source == self.target:
            raise ValueError("a step goes somewhere else")


@dataclass(frozen=True, slots=True)
class MoveRequest:
    """All steps and capacity, or nothing. Capacity of nodes that the group thereby leaves is given back."""

    group_id: str
    steps: tuple[MoveStep, ...]
    capacity: tuple[CapacityLine, ...] = ()


class ShortRule(StrEnum):
    """What a short says of the shelf. All but `NONE` block the pair of node and SKU until it is counted."""

    ZERO = "zero"
    MINUS = "minus"
    DAMAGED = "damaged"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class NodeLine:
    """`quantity` units of a line on the shelf of `node`."""

    line_id: str
    node: str
    quantity: int

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        positive(self.quantity)

    @property
    def part(self) -> PartLine:
        """The same as a part that may or may not name its node."""
        return PartLine(self.line_id, self.quantity, self.node)


@dataclass(frozen=True, slots=True)
class PickRequest:
    """A picker took these units of a firm group off their shelves (or put them back): all, or nothing."""

    group_id: str
    lines: tuple[NodeLine, ...]


@dataclass(frozen=True, slots=True)
class ShortRequest:
    """These units of a firm group are not to be had on their shelves: all, or nothing.

    `ZERO`: nothing is there but what pickers have in hand. `MINUS`: these units are not there. `DAMAGED`:
    these cannot be sold. `NONE`: the node does not hand them out; the stock is right. `cause` is the
    retailer's reason code.
    """

    group_id: str
    lines: tuple[NodeLine, ...]
    rule: ShortRule
    cause: str
    note: Note = NO_NOTE

    def __post_init__(self) -> None:
        """Raises ValueError without a cause."""
        if not self.cause:
            raise ValueError("a short says why")


@dataclass(frozen=True, slots=True)
class AddRequest:
    """A firm group shall hold these lines too: all of them, or nothing."""

    group_id: str
    lines: tuple[ReserveLine, ...]
