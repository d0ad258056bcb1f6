"""What is printed for a parcel: the slip that lies in it and the label on it. No price is on either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line of the parcel. ``ordered``: units of the line in the whole order."""

    sku: str
    name: str
    ordered: int
    packed: int


@dataclass(frozen=True, slots=True)
class ParcelPaper:
    """A parcel as printed; ``sender`` and ``recipient`` are lines of an address. Grams."""

    order_id: str
    shipment_id: str
    number: int
    of: int
    ordered_on: date
    method: str
    carrier: str
    tracking_reference: str
    weight_g: int | None
    sender: tuple[str, ...]
    recipient: tuple[str, ...]
    lines: tuple[PaperLine, ...]

    @property
    def scanned(self) -> str:
        """What the label's barcode says: the carrier's reference, or our own of the parcel."""
        return self.tracking_reference or self.shipment_id
