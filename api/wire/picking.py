"""Bodies of picking: waves, lists, tasks, putting back."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Count, Id, Instant, Quantity, Text, Wire, Word
from api.wire.checkout import AnyLine, Method

Serial = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
Serials = Annotated[list[Serial], Field(max_length=1000)]


class WaveAsk(Wire):
    """The caps bound each list; of ``max_lists`` lists what fits on none waits for the next wave."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"node": "WH", "max_orders": 5}]})

    node: Id
    max_orders: Annotated[int, Field(ge=1, le=50)] | None = None
    max_units: Annotated[int, Field(ge=1, le=1000)] | None = None
    max_totes: Annotated[int, Field(ge=1, le=50)] | None = None
    max_lists: Annotated[int, Field(ge=1, le=20)] = 10
    method: Method | None = None


class PickAsk(Wire):
    """``scanned``: a barcode of the SKU, or its id. What cannot be scanned is confirmed ``by_hand``, with the
    reason. ``serials``: one of each unit, for SKUs flagged `serial_tracked`.
    """

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"quantity": 1, "scanned": "A1"}, {"quantity": 1, "by_hand": "torn"}]}
    )

    quantity: Quantity
    scanned: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    by_hand: Word | None = None
    serials: Serials = []


class ShortAsk(Wire):
    """Units that are not to be had; ``reason``: one of `GET /v1/reasons` for a short. Some of them want a
    ``note``.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"quantity": 1, "reason": "not_in_stock"}]})

    quantity: Quantity
    reason: Word
    note: Text = ""


class SubstituteAsk(ShortAsk):
    """As many units of ``sku`` lie in the tote instead, scanned or confirmed by hand as for a pick."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"sku": "B2", "quantity": 1, "reason": "not_in_stock", "scanned": "B2"}]
        }
    )

    sku: Id
    scanned: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    by_hand: Word | None = None
    serials: Serials = []


class PutBackLine(Wire):
    line: AnyLine
    quantity: Quantity
    serials: Serials = []


class PutBackAsk(Wire):
    """Without ``lines``: all that is to be put back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    lines: Annotated[list[PutBackLine], Field(min_length=1, max_length=200)] | None = None


class PickTask(Wire):
    """``wanted`` is what its fulfilment order still wants, in the tote or not; ``to_pick`` of it lie on the
    shelf. ``serials``: whether each unit's serial number is asked for. ``substitutes``: what may go instead.
    """

    no: int
    state: Literal["open", "picked", "short", "substituted", "withdrawn"]
    bin: str
    sku: str
    name: str
    barcodes: list[str]
    serials: bool
    tote: str
    order: str
    fulfilment_order: str
    line: str
    parcel: int
    wanted: Count
    picked: Count
    to_pick: Count
    short: Count
    substituted: Count
    put_back: Count
    reason: str
    instead_of: int | None
    substitutes: list[str]


Do = Literal["continue", "hold", "put_back"]


class Tote(Wire):
    """One fulfilment order. ``do``: with what lies in it, `continue`, `hold` it until the rest of the order
    has a home, or `put_back`.
    """

    tote: str
    order: str
    fulfilment_order: str
    state: str
    method: str
    ship_at: Instant
    on_hold: bool
    do: Do


class PickListHead(Wire):
    """``claimed_by``: the key of whoever walks it."""

    id: str
    node: str
    state: Literal["open", "claimed", "done", "cancelled"]
    method: str | None
    created_at: Instant
    claimed_by: str | None
    claimed_at: Instant | None
    ended_at: Instant | None


class PickListView(PickListHead):
    """The tasks in walking order."""

    tasks: list[PickTask]
    totes: list[Tote]


class PickListPage(Wire):
    items: list[PickListHead]
    next: str | None


class WaveAnswer(Wire):
    """The new lists, the most urgent first; none where nothing is due."""

    pick_lists: list[PickListView]


class TaskOutcome(Wire):
    """How the task, its fulfilment order and the list stand now, and what to ``do`` with the tote."""

    pick_list: str
    list_state: str
    task: int
    state: str
    picked: Count
    to_pick: Count
    fulfilment_order: str
    fulfilment_order_state: str
    tote: str
    do: Do


class PutBackRow(Wire):
    """Units in a tote that nobody wants any more."""

    fulfilment_order: str
    state: str
    line: str
    parcel: int
    sku: str
    name: str
    barcodes: list[str]
    quantity: Count


class PutBackPage(Wire):
    items: list[PutBackRow]
    next: str | None


class PutBackDone(Wire):
    """``put_back`` units still wait to be put back."""

    fulfilment_order: str
    state: str
    put_back: Count
