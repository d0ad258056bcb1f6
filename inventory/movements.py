"""What happened to units, as values: the batches of the physical verbs, and the ledger's own words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inventory.places import node_of

QUANTITY_MAX = 1_000_000_000


class Cause(StrEnum):
    """Why units moved. A retailer's own reason codes go into the movement's reference."""

    RECEIVE = "receive"
    SALE = "sale"
    COUNT = "count"
    ADJUST = "adjust"
    SCRAP = "scrap"
    DAMAGE = "damage"
    FOUND = "found"
    POST = "post"
    ANNOUNCE = "announce"
    SURPLUS = "surplus"
    SHORTFALL = "shortfall"
    TRANSFER = "transfer"
    RETURN = "return"
    DISPOSITION = "disposition"
    SHORT = "short"


def positive(quantity: int) -> None:
    """Raise ValueError unless the quantity is one that a line may carry."""
    if not 0 < quantity <= QUANTITY_MAX:
        raise ValueError(f"quantity out of range: {quantity}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What the ledger remembers about a movement besides the units; `occurred_at` None means as recorded."""

    reference: str = ""
    actor: str = ""
    occurred_at: datetime | None = None


NO_NOTE = Note()


@dataclass(frozen=True, slots=True)
class Move:
    """`quantity` > 0 units of `sku` went between two places. Off a shelf it is a fact: never refused.

    `channel` is the one whose fence the units leave from, where there is one (till sales).
    """

    sku: str
    quantity: int
    from_place: str
    to_place: str
    cause: Cause
    note: Note = NO_NOTE
    channel: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a quantity, a place or a pair of places that cannot be."""
        positive(self.quantity)
        node_of(self.from_place)
        node_of(self.to_place)
        if self.from_place == self.to_place:
            raise ValueError(f"a movement goes somewhere: {self.from_place}")


@dataclass(frozen=True, slots=True)
class Change:
    """`quantity` units of `sku` at `node`; only an adjustment may be negative. `channel` as in Move."""

    node: str
    sku: str
    quantity: int
    note: Note = NO_NOTE
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """`quantity` >= 0 units were counted on the shelf, picked ones not yet handed over included."""

    node: str
    sku: str
    quantity: int
    note: Note = NO_NOTE

    def __post_init__(self) -> None:
        """Raises ValueError for a count that cannot be."""
        if not 0 <= self.quantity <= QUANTITY_MAX:
            raise ValueError(f"count out of range: {self.quantity}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One row about to enter the ledger, in the database's numbers."""

    sku_no: int
    quantity: int
    from_place: str
    to_place: str
    cause: str
    note: Note


@dataclass(frozen=True, slots=True)
class SafetyStock:
    """Units of `sku` at `node` that no channel may promise."""

    node: str
    sku: str
    quantity: int

    def __post_init__(self) -> None:
        """Raises ValueError for a negative quantity."""
        if not 0 <= self.quantity <= QUANTITY_MAX:
            raise ValueError(f"safety stock out of range: {self.quantity}")


@dataclass(frozen=True, slots=True)
class FenceLine:
    """Keep `quantity` units of `sku` at `node` for `channels`, from now on; 0 lifts the fence `name`."""

    node: str
    sku: str
    name: str
    channels: frozenset[str]
    quantity: int

    def __post_init__(self) -> None:
        """Raises ValueError for a negative quantity or a fence for nobody."""
        if not 0 <= self.quantity <= QUANTITY_MAX:
            raise ValueError(f"fence out of range: {self.quantity}")
        if not self.channels or not self.name:
            raise ValueError("a fence has a name and is for some channel")
