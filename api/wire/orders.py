"""Bodies of orders: placing, changing, reading."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.accounts import Account, PaymentShown, RefundShown, Sums, Tender
from api.wire.base import Count, Country, Currency, Id, Instant, Money, Wire, Word
from api.wire.checkout import (
    MOST_LINES,
    FewLines,
    Lat,
    LineId,
    Lon,
    Method,
    Parcel,
    Token,
    Units,
    Window,
)
from api.wire.pickups import PickupShown
from api.wire.shipments import ShipmentShown

Name = Annotated[str, Field(max_length=200)]
Substitution = Literal["none", "allowed"]

PLACED: dict[str, Any] = {
    "channel": "web",
    "currency": "USD",
    "external_refs": {"shop": "1001"},
    "customer": {"email": "kim@example.com", "name": "Kim Doe", "locale": "en-US"},
    "destination": {"country": "US", "postcode": "10001", "city": "New York", "lat": 40.75, "lon": -73.99},
    "lines": [{"id": "1", "sku": "A1", "quantity": 2, "unit_price_minor": 1299}],
    "method": "ship",
    "allow_partial": False,
}


class SoldLine(Wire):
    """``tax_minor`` comes on top of the price; it and the discount are of the whole line."""

    id: LineId
    sku: Id
    quantity: Units
    unit_price_minor: Money
    discount_minor: Money = 0
    tax_minor: Money = 0


class Customer(Wire):
    email: Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None
    name: Name | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    locale: Annotated[str, Field(max_length=35)] | None = None


class Address(Wire):
    """``lat`` and ``lon`` may be left out where the postcode or city is known."""

    country: Country
    postcode: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9 -]*$")]
    city: Annotated[str, Field(max_length=100)] | None = None
    street: Name | None = None
    name: Name | None = None
    lat: Lat | None = None
    lon: Lon | None = None


class OrderAsk(Wire):
    """One of: ``quote_id`` with ``option_id``; ``reservation_id``; ``method`` (pickup: and ``pickup_node``).

    ``allow_partial``: what there is leaves, the rest is back-ordered up to the SKU's cap, else cancelled.
    Without it all of the order leaves, or, by ``method`` only, all of it is back-ordered under the caps.
    ``substitution``: "allowed" is the customer's consent to another SKU where a picker finds none.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [PLACED]})

    channel: Word
    currency: Currency
    external_refs: dict[Word, Name] | None = None
    customer: Customer | None = None
    destination: Address | None = None
    lines: Annotated[list[SoldLine], Field(min_length=1, max_length=MOST_LINES), FewLines]
    shipping_minor: Money | None = None
    discount_minor: Money = 0
    payments: Annotated[list[Tender], Field(max_length=20)] | None = None
    allow_partial: bool = False
    substitution: Substitution = "none"
    quote_id: Token | None = None
    option_id: Word | None = None
    reservation_id: Id | None = None
    method: Method | None = None
    pickup_node: Id | None = None


class Stages(Wire):
    """Where the units are; they add up to ``ordered``."""

    cancelled: Count
    backordered: Count
    unrouted: Count
    routed: Count
    picking: Count
    picked: Count
    packed: Count
    in_transit: Count
    ready_for_pickup: Count
    delivered: Count
    refused: Count
    returning: Count
    lost: Count
    returned: Count
    credited: Count


class OrderLine(Stages):
    id: str
    sku: str
    status: str
    ordered: Count
    unit_price_minor: int
    discount_minor: int
    tax_minor: int
    amount_minor: int
    components: list[KitPart] | None = None


class KitPart(Stages):
    """What is picked for a kit."""

    sku: str
    ordered: Count


class Promise(Wire):
    """``window`` is null while all of the order waits on back-order: nobody can say yet when it comes."""

    method: Method
    window: Window | None
    pickup_node: str | None
    slot: str | None


class PlacedOrder(Wire):
    """An order as placed; ``order_token`` lets its customer read it with a storefront key."""

    id: str
    status: str
    method: Method
    version: int
    placed_at: Instant
    promise: Promise
    lines: list[OrderLine]
    parcels: list[Parcel]
    money: Sums
    order_token: str


class FulfilmentLine(Wire):
    id: str
    sku: str
    parcel: int
    quantity: int
    cancelled: int
    picked: int
    short: int
    put_back: int


class Fulfilment(Wire):
    """The work of one node; ``node`` is None where the caller may not see which. ``to_node``: the store it
    goes to first. ``instants``: when each state was reached.
    """

    id: str
    node: str | None
    method: str
    state: str
    ship_at: Instant
    arrive_at: Instant
    replaces: str | None
    to_node: str | None
    on_hold: bool
    reason: str
    instants: dict[str, Instant]
    lines: list[FulfilmentLine]


class Happening(Wire):
    at: Instant
    occurred_at: Instant | None
    type: str
    actor: str
    channel: str
    reason: str
    data: dict[str, Any]


class OrderView(PlacedOrder):
    """An order with everything that became of it. Personal data only for those who may read it."""

    channel: str
    allow_partial: bool
    substitution: Substitution
    external_refs: dict[str, str]
    holds: list[str]
    fulfilment_orders: list[Fulfilment]
    shipments: list[ShipmentShown]
    pickups: list[PickupShown]
    money: Account
    payments: list[PaymentShown]
    refunds: list[RefundShown]
    timeline: list[Happening]
    customer: Customer | None = None
    customer_id: str | None = None
    destination: Address | None = None


class OrderRow(Wire):
    id: str
    status: str
    channel: str
    method: str
    currency: str
    placed_at: Instant
    total_minor: int
    version: int


class OrderPage(Wire):
    items: list[OrderRow]
    next: str | None


class DecisionView(Wire):
    """``plan`` and ``explanation`` as ``anyshelf route`` prints them; ``id`` is what ``--decision`` takes.

    ``recomputed``: from the stored inputs the same plan came out again, to the last bit.
    """

    id: str
    at: Instant
    trigger: str
    inputs_digest: str
    network_version: int
    network_digest: str
    policy_version: int
    plan: dict[str, Any]
    explanation: dict[str, Any] | list[Any]
    recomputed: bool


class DecisionsAnswer(Wire):
    order_id: str
    decisions: list[DecisionView]
