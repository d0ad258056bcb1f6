"""Bodies about the network. Members are those of `routing.network_spec`, bounded; what a whole network asks
beyond one body (a lane that names no tariff, a tariff with a hole) is judged when it is built."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainSerializer

from api.wire.base import Country, Currency, Day, Id, Instant, Latitude, Longitude, Money, Text, Wire, Word

Method = Literal["ship", "pickup", "courier"]
NodeKind = Literal["warehouse", "store", "dark_store", "vendor", "locker", "van"]
Clock = Annotated[
    time,
    Field(strict=False, examples=["17:00:00"]),
    PlainSerializer(time.isoformat, return_type=str, when_used="json"),
]
"""Wall clock of the node, without a zone; closing at 00:00 is the end of the day."""
Hours = Annotated[list[Clock], Field(min_length=2, max_length=2, examples=[["09:00:00", "17:00:00"]])]
"""Opens, closes."""
Weekdays = Annotated[list[Annotated[int, Field(ge=0, le=6)]], Field(max_length=7)]
"""0 is Monday."""
Zone = Annotated[
    str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+/-]+$", examples=["Europe/London"])
]
Grams = Annotated[int, Field(ge=0, le=100_000_000)]
Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 30)]
Felt = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
Kilometres = Annotated[float, Field(gt=0, le=50_000, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Prefix = Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9 -]*$")]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class NodeBody(Wire):
    """A site that hands out stock."""

    model_config = _example(
        name="Dayton North",
        kind="store",
        lat=39.8,
        lon=-84.2,
        country="US",
        postcode="45414",
        timezone="America/New_York",
        methods=["ship", "pickup", "courier"],
        fixed_minor=120,
        pick_minor=25,
        limits={"ship": 120},
        ship_cutoff="16:00:00",
        courier_radius_m=12000,
    )

    name: Text = ""
    kind: NodeKind
    lat: Latitude | None = None
    lon: Longitude | None = None
    country: Country
    postcode: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9 -]*$")] = ""
    city: Annotated[str, Field(max_length=100)] = ""
    timezone: Zone
    market: Annotated[str, Field(max_length=50)] = ""
    active: bool = True
    subdivision: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9]+$")] | None = None
    methods: Annotated[list[Method], Field(max_length=3)] = ["ship"]
    calendar: Id | None = None
    fixed_minor: Money = 0
    pick_minor: Money = 0
    limits: dict[Method, Annotated[int, Field(ge=0, le=1_000_000)]] = {}
    pick_lead_minutes: Minutes = 0
    ship_cutoff: Clock | None = None
    ships_on: Weekdays = [0, 1, 2, 3, 4, 5, 6]
    refuses: list[Word] = []
    reject_probability: Share = 0.0
    courier_radius_m: Annotated[int, Field(ge=0, le=500_000)] = 0
    courier_minor: Money = 0
    courier_minutes: Minutes = 60


class Step(Wire):
    """Up to this weight, this much."""

    up_to_g: Annotated[int, Field(ge=1, le=100_000_000)]
    minor: Money


class TariffBody(Wire):
    """A rate card: steps ascending by weight; a heavier parcel is not carried."""

    model_config = _example(steps=[{"up_to_g": 500, "minor": 420}, {"up_to_g": 30000, "minor": 1900}])

    steps: Annotated[list[Step], Field(min_length=1, max_length=500)]

    def document(self, id: str) -> dict[str, Any]:
        """The body as `TariffSpec` reads it."""
        return {"name": id, "steps": [[step.up_to_g, step.minor] for step in self.steps]}


class CalendarBody(Wire):
    """A week of opening hours, Monday first, null = closed; holidays and named days."""

    model_config = _example(
        week=[["09:00:00", "18:00:00"]] * 5 + [["10:00:00", "16:00:00"], None],
        holidays=True,
        special={"2026-12-24": ["09:00:00", "13:00:00"]},
    )

    week: Annotated[list[Hours | None], Field(min_length=7, max_length=7)]
    holidays: bool = False
    special: Annotated[dict[Day, Hours | None], Field(max_length=1000)] = {}

    def document(self, id: str) -> dict[str, Any]:
        """The body as `CalendarSpec` reads it."""
        return {"name": id, **self.model_dump(mode="json")}


class DeliveryBody(Wire):
    """When carriers deliver in a country."""

    model_config = _example(weekdays=[0, 1, 2, 3, 4, 5], holidays=True, hours=["08:00:00", "20:00:00"])

    subdivision: Annotated[str, Field(max_length=10, pattern=r"^[A-Z0-9]+$")] | None = None
    weekdays: Weekdays = [0, 1, 2, 3, 4]
    holidays: bool = True
    closed: Annotated[list[Day], Field(max_length=1000)] = []
    hours: Hours = [time(8), time(20)]

    def document(self, id: str) -> dict[str, Any]:
        """The body as `DeliverySpec` reads it."""
        return {"country": id, **self.model_dump(mode="json")}


class Lane(Wire):
    """One row; null fits anything, and the first row that fits wins."""

    tariff: Id
    transit_days: Annotated[int, Field(ge=0, le=365)]
    node: Annotated[str, Field(min_length=1, max_length=100)] = "*"
    country: Country | None = None
    postcode_prefix: Prefix | None = None
    up_to_km: Kilometres | None = None
    to_node: Id | None = None
    method: Method = "ship"
    refuses: list[Word] = []
    co2_g_per_kg_km: Felt = 0.0


class LanesBody(Wire):
    """All lanes, in the order in which they are tried."""

    model_config = _example(lanes=[{"tariff": "z1", "transit_days": 2, "country": "US", "up_to_km": 240}])

    lanes: Annotated[list[Lane], Field(max_length=100_000)]

    def document(self) -> list[Any]:
        return [lane.model_dump(mode="json") for lane in self.lanes]


class Slot(Wire):
    """A courier window, every week on these weekdays, in the node's wall clock."""

    id: Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[A-Za-z0-9_.-]+$")]
    starts: Clock
    ends: Clock
    node: Annotated[str, Field(min_length=1, max_length=100)] = "*"
    weekdays: Weekdays = [0, 1, 2, 3, 4, 5, 6]
    order_before_minutes: Minutes = 60
    capacity: Annotated[int, Field(ge=0, le=1_000_000)] | None = None


class SlotsBody(Wire):
    """All courier slots."""

    model_config = _example(
        slots=[{"id": "evening", "starts": "18:00:00", "ends": "21:00:00", "capacity": 40}]
    )

    slots: Annotated[list[Slot], Field(max_length=10_000)]

    def document(self) -> list[Any]:
        return [slot.model_dump(mode="json") for slot in self.slots]


class PriceRule(Wire):
    """What the customer pays; the first rule that fits wins, null fits anything."""

    method: Method | None = None
    channel: Word | None = None
    country: Country | None = None
    postcode_prefix: Prefix | None = None
    basket_from_minor: Money = 0
    up_to_g: Grams | None = None
    up_to_km: Kilometres | None = None
    within_days: Annotated[int, Field(ge=0, le=365)] | None = None
    amount_minor: Money = 0
    per_kg_minor: Money = 0
    free_from_minor: Money | None = None


class PolicyBody(Wire):
    """The weights of a decision, in minor units; 0 = does not matter."""

    model_config = _example(
        late_day_minor=50.0,
        parcel_minor=30.0,
        breadth_weight=0.75,
        price_rules=[{"method": "ship", "amount_minor": 599, "free_from_minor": 5000}],
    )

    unfilled_penalty_minor: Money = 100_000
    late_day_minor: Felt = 0.0
    parcel_minor: Felt = 0.0
    co2_minor_per_kg: Felt = 0.0
    resource_minor: Felt = 0.0
    breadth_weight: Annotated[float, Field(ge=0, le=100)] = 0.75
    lookahead_weight: Annotated[float, Field(ge=0, le=10)] = 0.0
    lookahead_days: Annotated[int, Field(ge=1, le=365)] = 14
    move_share: Annotated[
        float,
        Field(ge=0, le=100, description="Of an order's mean cost in a wave, what a move must save at least."),
    ] = 0.04
    ship_to_store: bool = True
    pickup_stores: Annotated[int, Field(ge=1, le=50)] = 5
    pickup_radius_m: Annotated[int, Field(ge=0, le=20_000_000)] = 50_000
    courier_slots: Annotated[int, Field(ge=1, le=50)] = 4
    horizon_days: Annotated[int, Field(ge=1, le=365)] = 30
    price_rules: Annotated[list[PriceRule], Field(max_length=1000)] = []

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class SettingsBody(Wire):
    """The currency of every price, and mm³ to the gram of dimensional weight (0: off)."""

    model_config = _example(currency="USD", dimensional_divisor_mm3_per_g=5997.13)

    currency: Currency
    dimensional_divisor_mm3_per_g: Felt = 0.0

    def document(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class Stored(Wire):
    """A document of the network; `version` is its ETag, 0 with no `updated_at` where nobody stored one."""

    kind: str
    id: str
    version: int
    updated_at: Instant | None
    body: Any
