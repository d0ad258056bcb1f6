"""What is on its way, as values: announcements of suppliers (purchase orders, ASN) and transfers."""

from dataclasses import dataclass
from datetime import datetime

from inventory.movements import NO_NOTE, QUANTITY_MAX, Note, positive
from inventory.places import Area


@dataclass(frozen=True, slots=True)
class Announcement:
    """`lines` (SKU, units) will be at `node` at `eta`; from then on they can be promised as incoming.

    Announced again under the same id: same lines are a replay, a new eta moves it, other lines conflict.
    """

    id: str
    node: str
    eta: datetime
    lines: tuple[tuple[str, int], ...]
    note: Note = NO_NOTE

    def __post_init__(self) -> None:
        """Raises ValueError for impossible quantities or a SKU named twice."""
        for _, quantity in self.lines:
            positive(quantity)
        if len({sku for sku, _ in self.lines}) != len(self.lines):
            raise ValueError("a SKU is named twice")


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """`quantity` units arrived and went to `area`; what was not announced is a surplus."""

    sku: str
    quantity: int
    area: Area = Area.SHELF

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        positive(self.quantity)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units of a document arrived; `close` says that nothing more will come: the rest is a shortfall."""

    id: str
    lines: tuple[ReceiptLine, ...]
    close: bool = False
    note: Note = NO_NOTE


@dataclass(frozen=True, slots=True)
class TransferLine:
    """`quantity` units of `sku`. With `group_id`: those that the group holds for `line_id` at the sending
    node, which stay promised on the road and at the receiving node; without: free units of the sending node.
    """

    line_id: str
    sku: str
    quantity: int
    group_id: str | None = None

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        if not 0 < self.quantity <= QUANTITY_MAX:
            raise ValueError(f"quantity out of range: {self.quantity}")


@dataclass(frozen=True, slots=True)
class TransferRequest:
    """Bring the lines from one node to another by `eta`; the units are held at the sender until shipped."""

    id: str
    from_node: str
    to_node: str
    eta: datetime
    lines: tuple[TransferLine, ...]
    reference: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for a transfer to itself or a line named twice."""
        if self.from_node == self.to_node:
            raise ValueError("a transfer goes to another node")
        if len({line.line_id for line in self.lines}) != len(self.lines):
            raise ValueError("a line is named twice")


@dataclass(frozen=True, slots=True)
class ShipRequest:
    """The transfer left its sending node, with all that is still held for it or the (line id, units)
    named; what
    is held beyond that for the transfer itself is set free.
    """

    id: str
    lines: tuple[tuple[str, int], ...] | None = None
    note: Note = NO_NOTE

    def __post_init__(self) -> None:
        """Raises ValueError for an impossible quantity."""
        for _, quantity in self.lines or ():
            positive(quantity)


def document_of(transfer_id: str) -> str:
    """The inbound document a transfer is while on the road; also the group that holds its own units
    before.
    """
    return f"transfer:{transfer_id}"


def transfer_of(document: str) -> str:
    """The transfer whose goods a document is."""
    return document.removeprefix(document_of(""))
