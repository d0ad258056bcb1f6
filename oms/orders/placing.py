"""What a shop sends when it places an order, and what must be right about it before anything is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from oms.orders.quote import Wanted, Whereabouts
from oms.refusals import Code, Fault


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """Personal data; stands in the customer table only."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class AddressDetails:
    """Personal data; stands in the address table only."""

    country: str
    postcode: str
    city: str | None = None
    street: str | None = None
    name: str | None = None
    lat: float | None = None
    lon: float | None = None

    @property
    def whereabouts(self) -> Whereabouts:
        return Whereabouts(self.country, self.postcode, self.city, self.lat, self.lon)

    def at(self, where: Whereabouts | None) -> AddressDetails:
        """The address with the point it was located at, unless it brought its own."""
        if where is None or self.lat is not None:
            return self
        return replace(self, lat=where.lat, lon=where.lon)


@dataclass(frozen=True, slots=True)
class SoldLine:
    """A line with its money: the unit price, and discount and tax of the whole line, in minor units."""

    id: str
    sku: str
    quantity: int
    unit_price_minor: int
    discount_minor: int = 0
    tax_minor: int = 0

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.id, self.sku, self.quantity)

    @property
    def amount_minor(self) -> int:
        return self.unit_price_minor * self.quantity - self.discount_minor + self.tax_minor


@dataclass(frozen=True, slots=True)
class Tender:
    """A payment authorised with the order. ``card``: the provider's fingerprint of the card, never its
    number."""

    method: str
    amount_minor: int
    reference: str | None = None
    terminal: str | None = None
    acquirer: str | None = None
    card: str | None = None


@dataclass(frozen=True, slots=True)
class ByQuote:
    """The promise shown: method, window and price hold, nodes may differ."""

    quote_id: str
    option_id: str


@dataclass(frozen=True, slots=True)
class ByReservation:
    reservation_id: str


@dataclass(frozen=True, slots=True)
class ByMethod:
    """No promise was shown: routed at once to the cheapest that keeps the method."""

    method: str
    pickup_node: str | None = None


@dataclass(frozen=True, slots=True)
class Placing:
    """A whole order as sent. ``digest`` is that of the canonical body: the same again is a replay.

    ``exchange_of``: the return it is exchanged for; ``holds`` stop its release from the start.
    """

    id: str
    digest: str
    channel: str
    currency: str
    lines: tuple[SoldLine, ...]
    choice: ByQuote | ByReservation | ByMethod
    destination: AddressDetails | None = None
    customer: CustomerDetails | None = None
    external_refs: Mapping[str, str] | None = None
    shipping_minor: int | None = None
    discount_minor: int = 0
    payments: tuple[Tender, ...] = ()
    allow_partial: bool = False
    substitution: str = "none"
    exchange_of: str | None = None
    holds: tuple[str, ...] = ()

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        return tuple(line.wanted for line in self.lines)


def total_minor(placing: Placing, shipping_minor: int) -> int:
    """What the order costs: lines + shipping − order discount."""
    return sum(line.amount_minor for line in placing.lines) + shipping_minor - placing.discount_minor


def money_faults(placing: Placing, shipping_minor: int, currency: str) -> Iterator[Fault]:
    """Everything about the money that cannot be meant, with the place of each fault."""
    if placing.currency != currency:
        yield Fault("/currency", Code.CURRENCY_MISMATCH, f"this network is priced in {currency}")
    for index, line in enumerate(placing.lines):
        if line.discount_minor > line.unit_price_minor * line.quantity:
            detail = "the discount is more than the line costs"
            yield Fault(f"/lines/{index}/discount_minor", Code.BAD_AMOUNT, detail)
    total = total_minor(placing, shipping_minor)
    if total < 0:
        yield Fault("/discount_minor", Code.BAD_AMOUNT, "the discount is more than the order costs")
    elif sum(tender.amount_minor for tender in placing.payments) > total:
        yield Fault("/payments", Code.BAD_AMOUNT, f"the payments are more than the total of {total}")


def duplicate_faults(lines: tuple[Wanted, ...]) -> Iterator[Fault]:
    """Line ids used twice. The same SKU in two lines is fine: the lines share its stock."""
    seen: set[str] = set()
    for index, line in enumerate(lines):
        if line.id in seen:
            yield Fault(f"/lines/{index}/id", Code.DUPLICATE_LINE, "another line has this id")
        seen.add(line.id)
