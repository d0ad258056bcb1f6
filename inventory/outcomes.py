"""What the verbs answer. Every "no" has a name, and nothing was changed when it is said."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Reserved:
    """The group holds all of its lines. `expires_at` None: firm."""

    group_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Replayed:
    """The group was made before with the same content; `state` is what it has become meanwhile."""

    group_id: str
    state: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """The group was made before with other content."""

    group_id: str


class Want(StrEnum):
    """Why a line cannot be had."""

    STOCK = "stock"
    BLOCKED = "blocked"
    INACTIVE = "inactive"
    INCOMING = "incoming"
    BACKORDER_CAP = "backorder_cap"
    PREORDER_NOT_OPEN = "preorder_not_open"
    NOT_HELD = "not_held"


@dataclass(frozen=True, slots=True)
class Shortage:
    """Fewer units than wanted: `available` to this channel on the locked truth, earlier lines counted in."""

    line_id: str
    sku: str
    node: str | None
    wanted: int
    available: int
    why: Want


@dataclass(frozen=True, slots=True)
class Insufficient:
    """Some lines cannot be had; all of them are named."""

    group_id: str
    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True)
class CapacityShortage:
    """A node's day has `free` left of a bucket and `wanted` was asked."""

    node: str
    day: date
    bucket: str
    wanted: int
    free: int


@dataclass(frozen=True, slots=True)
class CapacityExhausted:
    """Stock is there, but a node cannot do the work that day."""

    group_id: str
    shortages: tuple[CapacityShortage, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Names that do not exist; `what` is node, sku, inbound, transfer or group."""

    what: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Closed:
    """The group or document is past what was asked; `state` says where it stands."""

    id: str
    state: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """A group that no order stands behind may live until `latest` and no longer."""

    group_id: str
    latest: datetime


@dataclass(frozen=True, slots=True)
class Diminished:
    """Units of the active group were displaced; plan those anew before the group becomes firm."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Firmed:
    """The group no longer expires."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Extended:
    """The group lives until `expires_at`."""

    group_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Released:
    """Units of the group are free again. `state` of the group; `quantity` by this call, 0 on a replay."""

    group_id: str
    state: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Posted:
    """Units of the group left their shelves; `left` units are still held."""

    group_id: str
    quantity: int
    left: int


@dataclass(frozen=True, slots=True)
class InHand:
    """Units of the group that a picker took off their shelf, or put back on it, by this call."""

    group_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class FellShort:
    """Units of the group are not to be had where they were held; they wait in `resourcing` for a new home."""

    group_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Rehomed:
    """The steps of a move are done."""

    group_id: str


@dataclass(frozen=True, slots=True)
class Moved:
    """A physical movement is in the ledger; `on_hand` at the shelf afterwards, where one is touched."""

    on_hand: int | None


@dataclass(frozen=True, slots=True)
class Done:
    """A document or setting is as asked."""

    id: str


@dataclass(frozen=True, slots=True)
class Rescheduled:
    """A document comes at another time; `endangered` are the groups promised something of it before that."""

    id: str
    endangered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shipped:
    """Units of a transfer are on the road; from now on they are incoming stock of document `inbound_id`."""

    id: str
    inbound_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Displaced:
    """Held units that a physical fact took away; they wait in `resourcing` for a new home."""

    group_id: str
    owner: str
    reference: str
    firm: bool
    line_id: str
    sku: str
    node: str
    quantity: int
    promise_at: datetime | None


@dataclass(frozen=True, slots=True)
class Report(Generic[Outcome]):
    """One outcome per member of the batch, in its order, and whatever the facts displaced."""

    outcomes: list[Outcome]
    displaced: list[Displaced]
