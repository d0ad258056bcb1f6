"""What-if runs as they are asked for and shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Day, Id, Instant, Latitude, Longitude, Wire
from oms.lab.changes import Changes, NewNode
from oms.usecases.what_ifs import USUAL_POLICIES, Wanted
from routing.replay.report import Figures

Factor = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class NodeAdded(Wire):
    """A new node with the hours, costs, methods and limits of `like`, and as much on its shelves."""

    id: Id
    lat: Latitude
    lon: Longitude
    like: Id


class TariffTimes(Wire):
    """All prices of a tariff, `*` all tariffs, times a factor."""

    tariff: Annotated[str, Field(min_length=1, max_length=100)]
    times: Factor


class WhatIfWanted(Wire):
    """Which days to play again (UTC, both included), by which policies, and what is to be different.
    A policy that routes by cost may have weights of its own, else it has those in force.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "first_day": "2026-01-01",
                    "last_day": "2026-01-31",
                    "policies": ["nearest", "sparing", "sparing,parcel_minor=50"],
                    "close": ["ST-1"],
                    "demand": 2.0,
                }
            ]
        }
    )

    first_day: Day
    last_day: Day
    policies: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=20)] = list(
        USUAL_POLICIES
    )
    close: Annotated[list[Id], Field(max_length=1_000)] = []
    add: Annotated[list[NodeAdded], Field(max_length=20)] = []
    tariffs: Annotated[list[TariffTimes], Field(max_length=100)] = []
    demand: Factor = 1.0
    stock: Factor = 1.0
    promise_days: Annotated[int, Field(ge=0, le=60)] = 5
    reject_rate: Annotated[float, Field(ge=0, le=1)] = 0.0
    seed: Annotated[int, Field(ge=0, le=2**31)] = 0

    def wanted(self) -> Wanted:
        """As the use case takes it."""
        changes = Changes(
            close=tuple(self.close),
            add=tuple(NewNode(new.id, new.lat, new.lon, new.like) for new in self.add),
            tariffs=tuple((one.tariff, one.times) for one in self.tariffs),
            demand=self.demand,
            stock=self.stock,
        )
        world = (self.promise_days, self.reject_rate, self.seed)
        return Wanted(self.first_day, self.last_day, tuple(self.policies), changes, *world)


class PolicyChosen(Wire):
    """One of the policies of a run."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "sparing"}]})

    policy: Annotated[str, Field(min_length=1, max_length=200)]


class WhatIfResult(Wire):
    """Each policy as it was (`base`) and with the changes, in the order asked for. `left_out`: orders of
    these days that went to no address. `notes`: what to know before it is believed. `bound_…`: no policy
    costs less an order in that world; null: not computed. `gap_closed`: the share a policy closes of the
    way from `cheapest`, where nothing is felt, down to it.
    `install`: by policy the weights that it was played by; null for rules, which the product does not
    route by.
    """

    currency: str
    orders: int
    orders_changed: int
    left_out: int
    notes: list[str] = []
    bound_base_minor: float | None = None
    bound_changed_minor: float | None = None
    install: dict[str, dict[str, float] | None] = {}
    base: list[Figures]
    changed: list[Figures]


class WhatIfShown(Wire):
    """A run: `done` of `runs` passes over the orders are done, one a replay and one each round of a bound;
    `wanted` is what was asked for. `attempts`: how often it was begun; one whose process was lost is begun
    again.
    """

    id: str
    at: Instant
    wanted: dict[str, Any]
    state: Literal["queued", "running", "done", "failed"]
    begun_at: Instant | None
    ended_at: Instant | None
    done: int
    runs: int
    result: WhatIfResult | None
    detail: str
    attempts: int
