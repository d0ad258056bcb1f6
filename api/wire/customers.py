"""Bodies of customers: the record, contacts, the timeline."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Id, Instant, Wire, Word
from api.wire.orders import Customer

KIM: dict[str, Any] = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555 0100"}


ASKED: dict[str, Any] = {"direction": "in", "reason": "where_is_it", "note": "Asked for the window"}


class CustomerAsk(Customer):
    """A record; what is left out is not known."""

    model_config = ConfigDict(json_schema_extra={"examples": [KIM]})


class CustomerShown(Customer):
    """A record; ``merged_into`` names the one it is part of. ``orders`` counts those of all channels."""

    id: str
    version: int
    merged_into: str | None
    orders: int
    first_order_at: Instant | None
    last_order_at: Instant | None
    channels: list[str]


class CustomerPage(Wire):
    items: list[CustomerShown]
    next: str | None


class MergeAsk(Wire):
    """``into``: the record that stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "cus_06h0jmksgpf83vmaet7wk6y9"}]})

    into: Id


class ContactAsk(Wire):
    """``direction``: in (the customer said it), out (we did), note (said among us)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"direction": "in", "reason": "where_is_it", "note": "Asked for the window"}]
        }
    )

    direction: Literal["in", "out", "note"]
    note: Annotated[str, Field(max_length=2000)]
    reason: Word | None = None
    order: Id | None = None
    channel: Word | None = None


class ContactShown(Wire):
    id: str
    at: Instant
    channel: str
    direction: str
    reason: str
    note: str
    order_id: str | None
    actor: str


class TimelineRow(Wire):
    """What happened: ``subject`` says to what (order, return, contact), ``subject_id`` to which;
    ``amount_minor`` where money moved or is owed.
    """

    key: str
    at: Instant
    type: str
    subject: str
    subject_id: str
    channel: str
    reason: str
    actor: str
    note: str | None
    amount_minor: int | None


class TimelinePage(Wire):
    items: list[TimelineRow]
    next: str | None


class CustomerExport(Wire):
    """Rows as they are kept; ``orders`` and ``returns`` as their own addresses show them."""

    customer: CustomerShown
    records: list[dict[str, Any]]
    addresses: list[dict[str, Any]]
    cards: list[dict[str, Any]]
    contacts: list[dict[str, Any]]
    reports_at_the_door: list[dict[str, Any]]
    pictures_at_the_door: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    returns: list[dict[str, Any]]


class EraseAsk(Wire):
    """``force``: also while an order or a return has not ended; for admins. The reason stays on record."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "asked_for_it"}]})

    reason: Word
    force: bool = False


class Erased(Wire):
    """``records``: the customer's and those merged into it; ``orders``: how many stay, about nobody."""

    id: str
    erased_at: Instant
    records: list[str]
    orders: int
    open_orders: list[str]
    forced: bool
