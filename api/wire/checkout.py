"""Bodies of the checkout: availability, promises, reservations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.wire.base import (
    Count,
    Country,
    Day,
    Id,
    Instant,
    Latitude,
    Longitude,
    Price,
    Wire,
    Word,
    whole_units,
)

MOST_LINES = 200
MOST_ORDERED = 100_000
MOST_SKUS = 10_000
LONGEST_HOLD_S = 4 * 3600

Method = Literal["ship", "pickup", "courier"]
ALL_METHODS: list[Method] = ["ship", "pickup", "courier"]
Methods = Annotated[list[Method], Field(min_length=1, max_length=3, default_factory=ALL_METHODS.copy)]
Metric = Annotated[int, Field(ge=0)]


def _on_the_globe(limit: int) -> Any:
    def check(value: Any) -> Any:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if number and not -limit <= value <= limit:
            raise PydanticCustomError("bad_destination", "The coordinate is off the globe")
        return value

    return BeforeValidator(check)


def _few_enough(value: Any) -> Any:
    if isinstance(value, list) and len(value) > MOST_LINES:
        raise PydanticCustomError("too_many_lines", "An order has at most 200 lines")
    return value


Units = Annotated[int, Field(ge=1, le=MOST_ORDERED, examples=[2]), whole_units(1, MOST_ORDERED)]
"""A quantity that is refused as ``bad_quantity`` when it is a number but not one that can be meant."""
Lat = Annotated[Latitude, _on_the_globe(90)]
Lon = Annotated[Longitude, _on_the_globe(180)]
LineId = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$", examples=["1"])]
AnyLine = Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^\x00-\x20:]+$", examples=["1"])]
"""A line of an order that is there: a component's and a substitute's hold more than a shop may give."""
FewLines = BeforeValidator(_few_enough)
Token = Annotated[str, Field(min_length=1, max_length=100_000)]


class Line(Wire):
    """One line of a basket."""

    id: LineId
    sku: Id
    quantity: Units


class Destination(Wire):
    """Where it goes. ``lat`` and ``lon`` together, or left out where the postcode or city is known."""

    country: Country
    postcode: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9 -]*$", examples=["115035"])]
    city: Annotated[str, Field(max_length=100)] | None = None
    lat: Lat | None = None
    lon: Lon | None = None


class Point(Wire):
    lat: Lat
    lon: Lon


class AvailabilityAsk(Wire):
    """What can be had of some SKUs. ``near`` bounds pickup and courier, and adds distances to node detail."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"skus": ["A1", "B2"], "channel": "web", "detail": "total"}]}
    )

    skus: Annotated[list[Id], Field(min_length=1, max_length=MOST_SKUS)]
    channel: Word = "web"
    near: Point | None = None
    methods: Methods
    detail: Literal["total", "node"] = "total"
    limit_nodes: Annotated[int, Field(ge=1, le=1000)] = 20


class FutureUnits(Wire):
    date: Day
    quantity: Count


class NodeUnits(Wire):
    node: str
    available: Count
    distance_m: Metric | None = None
    pickup_ready_at: Instant | None = None


class ItemAvailability(Wire):
    """``future``: more units from a day on; ``backorder``: units that may be sold with none behind them."""

    sku: str
    available: Count
    methods: dict[str, bool]
    future: list[FutureUnits]
    backorder: Count
    nodes: list[NodeUnits] | None = None


class AvailabilityAnswer(Wire):
    """``as_of``: the instant the memory reflects; ``version`` grows with every change it has seen."""

    as_of: Instant
    version: int
    items: list[ItemAvailability]


class ReserveAsk(Wire):
    """Hold one of the options at once."""

    option: Literal["cheapest", "fastest", "fewest_parcels"]
    ttl_s: Annotated[int, Field(ge=1, le=LONGEST_HOLD_S)] = 900


class PromisesAsk(Wire):
    """A basket and where it goes. ``reservation_id``: one's own, which then hides no stock from it.

    ``allow_partial``: also show options that leave units ``unfilled``, where no whole one exists.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "channel": "web",
                    "lines": [{"id": "1", "sku": "A1", "quantity": 2}],
                    "destination": {"country": "US", "postcode": "10001", "lat": 40.75, "lon": -73.99},
                    "methods": ["ship", "pickup", "courier"],
                }
            ]
        }
    )

    channel: Word = "web"
    lines: Annotated[list[Line], Field(min_length=1, max_length=MOST_LINES), FewLines]
    destination: Destination | None = None
    methods: Methods
    pickup_node: Id | None = None
    reservation_id: Id | None = None
    allow_partial: bool = False
    reserve: ReserveAsk | None = None


class Window(Wire):
    """Everything arrives (pickup: is ready for collection) between these instants."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[Instant, Field(alias="from", serialization_alias="from")]
    to: Instant


class ParcelLine(Wire):
    """Units in a parcel; ``sku`` is the component where the line is a kit."""

    id: str
    sku: str
    quantity: int


class Parcel(Wire):
    """What one node sends; ``node`` is None where the caller may not see which."""

    node: str | None
    lines: list[ParcelLine]
    ship_at: Instant
    arrive_at: Instant


class CostToServe(Wire):
    """Paid: transport, fixed, picking. Felt: the others, which the objective adds. Minor units."""

    transport_minor: int
    fixed_minor: int
    pick_minor: int
    lateness_minor: float
    parcel_minor: float
    co2_minor: float
    rejection_minor: float
    opportunity_minor: float


class Option(Wire):
    """One way to have it. ``window`` and ``order_before`` are null where all of it waits for stock: an order
    from it is taken at this price, and told a date when stock comes.

    ``unfilled``: units that cannot leave yet; ``backordered``: those of them that will be sold all the same.
    """

    option_id: str
    method: Method
    window: Window | None
    order_before: Instant | None
    customer_price: Price
    pickup_node: str | None
    slot: str | None
    cost_to_serve: CostToServe | None
    parcels: list[Parcel]
    unfilled: list[ParcelLine]
    backordered: list[ParcelLine]
    optimality_gap: float
    tags: list[str]


class UnavailableMethod(Wire):
    method: str
    code: str
    detail: str
    lines: list[str]


class ReservationAnswer(Wire):
    reservation_id: str
    state: Literal["active", "firm", "posted", "voided", "expired"]
    expires_at: Instant | None


class PromisesAnswer(Wire):
    quote_id: Token
    expires_at: Instant
    as_of: Instant
    options: list[Option]
    unavailable: list[UnavailableMethod]
    reservation: ReservationAnswer | None = None


class ReservationAsk(Wire):
    """Hold the stock, the node's capacity and the slot of an option shown."""

    quote_id: Token
    option_id: Word
    ttl_s: Annotated[int, Field(ge=1, le=LONGEST_HOLD_S)] = 900


class ExtendAsk(Wire):
    """From now on; at most four hours after the reservation was made."""

    ttl_s: Annotated[int, Field(ge=1, le=LONGEST_HOLD_S)] = 900
