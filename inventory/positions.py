"""The rows that requests race for, as they are held in memory while their locks are held.

Each row remembers what was read, so that only changed rows are written and the write can insist that nobody
else wrote in between. Numbers (`node_no`, `sku_no`) are the database's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

PositionKey = tuple[int, int]  # node_no, sku_no
SlotKey = tuple[int, date, str]  # node_no, day, bucket


@dataclass(slots=True, eq=False)
class Fence:
    """`quantity` units of a position are still kept for `channels`."""

    name: str
    channels: frozenset[str]
    quantity: int
    read: int = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.quantity


@dataclass(slots=True, eq=False)
class Position:
    """The balance of one SKU at one node. `sells` is False where the node or the SKU is out of use."""

    node_no: int
    sku_no: int
    on_hand: int
    reserved: int
    safety_stock: int
    blocked: bool
    sells: bool
    fences: list[Fence] = field(default_factory=list)
    read: tuple[int, int, int, bool] = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.now

    @property
    def now(self) -> tuple[int, int, int, bool]:
        """What a write of the row would set."""
        return self.on_hand, self.reserved, self.safety_stock, self.blocked

    def free(self, channel: str, given_back: int = 0) -> int:
        """Units the channel may still be promised: on hand − reserved − safety stock − fenced for others.
        ``given_back``: units of those reserved that the asker would let go of.
        """
        if self.blocked or not self.sells:
            return 0
        others = sum(fence.quantity for fence in self.fences if channel not in fence.channels)
        return max(0, self.on_hand - self.reserved + given_back - self.safety_stock - others)

    def own_fences(self, channel: str) -> list[Fence]:
        """The fences the channel draws from, those shared with the fewest other channels first."""
        own = (fence for fence in self.fences if channel in fence.channels and fence.quantity)
        return sorted(own, key=lambda fence: (len(fence.channels), fence.name))


@dataclass(slots=True, eq=False)
class Demand:
    """How many units of a SKU were sold before anybody bought them in, and how many may be."""

    sku_no: int
    cap: int
    backordered: int
    preorder_from: date | None
    sells: bool
    read: int = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.backordered


@dataclass(slots=True, eq=False)
class Expected:
    """One SKU of a document on its way. Written only under the lock of the position it will arrive at."""

    inbound_id: str
    node_no: int
    sku_no: int
    quantity: int
    received: int
    promised: int
    open: bool
    read: tuple[int, int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.now

    @property
    def now(self) -> tuple[int, int, int]:
        """What a write of the row would set."""
        return self.quantity, self.received, self.promised

    @property
    def outstanding(self) -> int:
        """Units still to come."""
        return max(0, self.quantity - self.received) if self.open else 0

    @property
    def free(self) -> int:
        """Units still to come that nobody was promised."""
        return self.outstanding - self.promised


@dataclass(slots=True, eq=False)
class Slot:
    """What a node can do on a day in a bucket, and how much of it is taken."""

    node_no: int
    day: date
    bucket: str
    limit: int
    held: int
    read: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        self.read = (self.limit, self.held)


@dataclass(slots=True, eq=False)
class Group:
    """What one reservation of the API is besides its units. `expires_at` None: firm."""

    id: str
    digest: str
    channel: str
    owner: str
    reference: str
    state: str
    created_at: datetime
    expires_at: datetime | None
    fresh: bool = False  # begun by this batch: not yet anybody's reservation
    read: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.now

    @property
    def now(self) -> tuple[object, ...]:
        """What a write of the row would set."""
        return (
            self.digest,
            self.channel,
            self.owner,
            self.reference,
            self.state,
            self.created_at,
            self.expires_at,
        )

    def open(self, at: datetime) -> bool:
        """Whether it still holds what it holds; an active group whose time is up does not."""
        if self.state == "active":
            return self.expires_at is not None and at < self.expires_at
        return self.state == "firm"


@dataclass(slots=True, eq=False)
class Held:
    """One part of one line of a group in one home. `no` None: not yet written. `in_hand`: a picker has taken
    the units off their shelf, where the books keep them until they are handed over.
    """

    no: int | None
    group_id: str
    line_id: str
    kind: str
    node_no: int | None
    inbound_id: str | None
    sku_no: int
    quantity: int
    fence: str | None
    fenced: int
    state: str
    promise_at: datetime | None
    in_hand: bool = False
    read: tuple[object, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.now

    @property
    def now(self) -> tuple[object, ...]:
        """What a write of the row would set."""
        return (
            self.kind,
            self.node_no,
            self.inbound_id,
            self.quantity,
            self.fence,
            self.fenced,
            self.state,
            self.in_hand,
        )


@dataclass(slots=True, eq=False)
class Loss:
    """Units of a group that a physical fact took away, with what is needed to tell of it. `cause`: when it is
    not that of the whole batch.
    """

    group_id: str
    line_id: str
    node_no: int
    sku_no: int
    quantity: int
    promise_at: datetime | None
    owner: str
    reference: str
    firm: bool
    cause: str = ""


@dataclass(slots=True, eq=False)
class Homeless:
    """A row of the re-sourcing queue: units of a line that were displaced and have no home yet."""

    no: int
    group_id: str
    line_id: str
    sku_no: int
    quantity: int
    read: int = field(init=False)

    def __post_init__(self) -> None:
        self.read = self.quantity


@dataclass(slots=True, eq=False)
class Hold:
    """Capacity a group has taken. `fresh`: not yet written."""

    group_id: str
    node_no: int
    day: date
    bucket: str
    quantity: int
    state: str
    fresh: bool = False
    read: tuple[int, str] = field(init=False)

    def __post_init__(self) -> None:
        self.read = (self.quantity, self.state)
