"""Bodies about stock."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.wire.base import MOST_UNITS, Count, Id, Instant, Wire, Word, whole_units

MOST_LINES = 1_000

Reference = Annotated[str, Field(max_length=200)]


def _example(**members: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [members]})


class MovementLine(Wire):
    """Units at a node: received, sold at the till, scrapped, found damaged, or adjusted by a difference."""

    node: Id
    sku: Id
    cause: Literal["receive", "sale", "adjust", "scrap", "damage"]
    quantity: Annotated[
        int, Field(ge=-MOST_UNITS, le=MOST_UNITS, examples=[10]), whole_units(-MOST_UNITS, MOST_UNITS)
    ]
    reference: Reference = ""
    occurred_at: Instant | None = None
    channel: Word | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.quantity == 0 or (self.quantity < 0 and self.cause != "adjust"):
            raise PydanticCustomError("bad_quantity", "At least one unit; only an adjustment may be negative")
        return self


class Movements(Wire):
    """All of the lines or none; with `atomic: false` each on its own, with a result per line."""

    model_config = _example(
        movements=[{"node": "N1", "sku": "A1", "cause": "receive", "quantity": 10, "reference": "PO-17"}]
    )

    movements: Annotated[list[MovementLine], Field(min_length=1, max_length=MOST_LINES)]
    atomic: bool = True


class CountLine(Wire):
    """So many units were counted on the shelf, those picked and not yet handed over included."""

    node: Id
    sku: Id
    quantity: Count
    reference: Reference = ""
    occurred_at: Instant | None = None


class Counts(Wire):
    """Absolute counts; each becomes a movement for the difference."""

    model_config = _example(counts=[{"node": "N1", "sku": "A1", "quantity": 42}])

    counts: Annotated[list[CountLine], Field(min_length=1, max_length=MOST_LINES)]
    atomic: bool = True


class LineResult(Wire):
    """What became of a line: `on_hand` afterwards, or the fault that left it undone."""

    on_hand: int | None
    code: str | None
    detail: str | None


class StockResult(Wire):
    """Results in the order of the lines. `displaced`: promised units that now look for another node."""

    results: list[LineResult]
    displaced: int


class SafetyLine(Wire):
    node: Id
    sku: Id
    quantity: Count


class SafetyStocks(Wire):
    """Units that no channel may promise."""

    model_config = _example(lines=[{"node": "N1", "sku": "A1", "quantity": 2}])

    lines: Annotated[list[SafetyLine], Field(min_length=1, max_length=MOST_LINES)]


class Fence(Wire):
    node: Id
    sku: Id
    name: Id
    channels: Annotated[list[Word], Field(min_length=1, max_length=20)]
    quantity: Count


class Fences(Wire):
    """Units kept for named channels; a quantity of 0 lifts the fence."""

    model_config = _example(
        lines=[{"node": "N1", "sku": "A1", "name": "app-launch", "channels": ["app"], "quantity": 5}]
    )

    lines: Annotated[list[Fence], Field(min_length=1, max_length=MOST_LINES)]


class Pair(Wire):
    node: Id
    sku: Id


class Blocks(Wire):
    """Pairs of which nothing is promised until they are counted, or (`blocked: false`) is again."""

    model_config = _example(lines=[{"node": "N1", "sku": "A1"}], blocked=True)

    lines: Annotated[list[Pair], Field(min_length=1, max_length=MOST_LINES)]
    blocked: bool


class PositionShown(Wire):
    """The balance of one SKU at one node."""

    node: str
    sku: str
    on_hand: int
    reserved: int
    safety_stock: int
    available: int
    blocked: bool
    bin: str


class PositionPage(Wire):
    """A page of positions."""

    items: list[PositionShown]
    next: str | None


class LedgerEntry(Wire):
    """One movement in the ledger."""

    id: int
    at: Instant
    occurred_at: Instant
    sku: str
    quantity: int
    from_place: str
    to_place: str
    cause: str
    reference: str
    actor: str


class LedgerPage(Wire):
    """A page of the ledger, oldest first."""

    items: list[LedgerEntry]
    next: str | None
