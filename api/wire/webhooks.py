"""Bodies of webhooks."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.wire.base import Instant, Text, Wire, Word
from oms.usecases.webhooks import Wanted
from oms.webhooks.endpoint import Delivery, Webhook

Seq = Annotated[int, Field(ge=0, le=2**62, examples=[4711])]
"""The sequence number of an event."""
EndpointName = Literal["active", "paused", "disabled"]
DeliveryName = Literal["waiting", "delivered", "given_up"]
OutcomeName = Literal[
    "accepted",
    "refused",
    "redirected",
    "gone",
    "timed_out",
    "unreachable",
    "unresolvable",
    "forbidden_address",
    "bad_certificate",
    "bad_answer",
    "event_dropped",
]
URL = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://hooks.example.com/anyshelf"])]
LONGEST_OVERLAP_S = 7 * 86_400


class WebhookPut(Wire):
    """An endpoint. `types` empty: events of every type. `active` false pauses it: nothing is lost, all of it
    is sent when it is resumed.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://hooks.example.com/anyshelf",
                    "types": ["order.placed", "order.cancelled"],
                    "description": "the shop's order status",
                    "active": True,
                }
            ]
        }
    )
    url: URL
    types: Annotated[list[Word], Field(max_length=100)] = Field(default_factory=list)
    description: Text = ""
    active: bool = True

    def wanted(self) -> Wanted:
        """As the use case takes it."""
        return Wanted(self.url, tuple(dict.fromkeys(self.types)), self.description, self.active)


class WebhookAsk(WebhookPut):
    """An endpoint to be registered. `after`: it gets the events after this one; else those from now on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"url": "https://hooks.example.com/anyshelf", "types": ["order.placed"]}]
        }
    )
    after: Seq | None = None


class DeliveryCounts(Wire):
    """How many deliveries of each state."""

    waiting: int
    delivered: int
    given_up: int


class WebhookView(Wire):
    """An endpoint without its secret. `cursor`: the last event that was looked at for it. `disabled_reason`:
    `gone` after a 410, `failing` when nothing got through for five days. `failures` in a row; after ten it
    rests until `rest_until` between single attempts. `secret_fingerprint`: the first 32 hexadecimal digits
    of the SHA-256 of the secret in use.
    """

    id: str
    url: str
    types: list[str]
    description: str
    state: EndpointName
    disabled_reason: Literal["", "gone", "failing"]
    cursor: int
    failures: int
    failing_since: Instant | None
    rest_until: Instant | None
    secret_fingerprint: str
    old_secret_until: Instant | None
    deliveries: DeliveryCounts
    created_at: Instant


class WebhookMade(WebhookView):
    """`secret` is what signatures are verified with. Shown this once: null when the request is repeated."""

    secret: str | None


class WebhookPage(Wire):
    """A page of endpoints."""

    items: list[WebhookView]
    next: str | None


class RotateAsk(Wire):
    """For how long the secret before signs too: seconds, a day unless said, at most a week."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 86400}]})
    overlap_s: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_S)] = 86_400


class DeliveryView(Wire):
    """One event on its way. `seq` is the event's; `message_id` is what is sent as `webhook-id`, the same at
    every attempt. `outcome`, `status` and `took_ms` are of the last attempt.
    """

    seq: int
    message_id: str
    type: str
    subject: str
    subject_id: str
    state: DeliveryName
    attempts: int
    outcome: OutcomeName | None
    status: int | None
    took_ms: int | None
    created_at: Instant
    next_at: Instant | None
    ended_at: Instant | None


class DeliveryPage(Wire):
    """A page of deliveries, the newest event first."""

    items: list[DeliveryView]
    next: str | None


def _given_up() -> list[DeliveryName]:
    return ["given_up"]


class ReplayAsk(Wire):
    """The deliveries of the events `first` to `last`, both included, that are in one of `states`."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": 4700, "last": 4800, "states": ["given_up"]}]}
    )
    first: Seq
    last: Seq
    states: Annotated[list[DeliveryName], Field(min_length=1, max_length=3)] = Field(
        default_factory=_given_up
    )


class Replayed(Wire):
    """How many will be sent once more."""

    deliveries: int


def fingerprint(secret: str) -> str:
    """The first half of a hash: which secret is in use, without the secret."""
    return sha256(secret.encode()).hexdigest()[:32]


def show_webhook(value: Webhook, deliveries: dict[str, int]) -> dict[str, Any]:
    """An endpoint as JSON, without its secrets."""
    return {
        "id": value.id,
        "url": value.url,
        "types": list(value.types),
        "description": value.description,
        "state": value.state.value,
        "disabled_reason": value.disabled_reason,
        "cursor": value.cursor,
        "failures": value.failures,
        "failing_since": value.failing_since,
        "rest_until": value.rest_until,
        "secret_fingerprint": fingerprint(value.secret),
        "old_secret_until": value.old_until,
        "deliveries": deliveries,
        "created_at": value.created_at,
    }


def show_delivery(value: Delivery) -> dict[str, Any]:
    """A delivery as JSON."""
    return {
        "seq": value.seq,
        "message_id": value.message_id,
        "type": value.type,
        "subject": value.subject,
        "subject_id": value.subject_id,
        "state": value.state.value,
        "attempts": value.attempts,
        "outcome": value.outcome,
        "status": value.status,
        "took_ms": value.took_ms,
        "created_at": value.created_at,
        "next_at": value.next_at if value.ended_at is None else None,
        "ended_at": value.ended_at,
    }
