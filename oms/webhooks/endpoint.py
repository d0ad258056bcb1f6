"""An endpoint, a delivery to it, and what an attempt makes of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from oms.webhooks.lifecycle import (
    DELIVERY,
    ENDPOINT,
    DeliveryEvent,
    DeliveryState,
    EndpointEvent,
    EndpointState,
)
from oms.webhooks.retrying import GIVE_UP_AFTER, TRIP, backoff, rest

MOST_AT_ONCE = 8
"""Requests under way to one endpoint."""


class Outcome(StrEnum):
    """What became of an attempt; `accepted` is the only good one."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    REDIRECTED = "redirected"
    GONE = "gone"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    UNRESOLVABLE = "unresolvable"
    FORBIDDEN_ADDRESS = "forbidden_address"
    BAD_CERTIFICATE = "bad_certificate"
    BAD_ANSWER = "bad_answer"
    EVENT_DROPPED = "event_dropped"


@dataclass(frozen=True, slots=True)
class Reply:
    """What an attempt came to: `status` where there was one, milliseconds, and seconds it asks to wait."""

    outcome: Outcome
    status: int | None = None
    took_ms: int = 0
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Webhook:
    """An endpoint. `types` empty: events of every type. `cursor`: the last event that was looked at for it.
    `failures` in a row since the last success; after many it rests until `rest_until`. During a rotation
    `old_secret` signs too, until `old_until`.
    """

    id: str
    url: str
    types: tuple[str, ...]
    description: str
    state: EndpointState
    disabled_reason: str
    secret: str
    old_secret: str | None
    old_until: datetime | None
    cursor: int
    failures: int
    failing_since: datetime | None
    rest_until: datetime | None
    version: int
    created_at: datetime

    def secrets(self, at: datetime) -> list[str]:
        """What signs at this instant, the newest first."""
        old = self.old_secret if self.old_until is not None and at < self.old_until else None
        return [self.secret] if old is None else [self.secret, old]

    def room(self, at: datetime, under_way: int) -> int:
        """How many requests may begin now. After many failures one at a time is enough to find out."""
        if self.state is not EndpointState.ACTIVE or (self.rest_until is not None and at < self.rest_until):
            return 0
        return max(0, (1 if self.failures >= TRIP else MOST_AT_ONCE) - under_way)

    def resumed(self) -> Webhook:
        """Active, with its failures forgotten."""
        state = ENDPOINT.step(self.state, EndpointEvent.RESUME)
        return replace(self, state=state, disabled_reason="", failures=0, failing_since=None, rest_until=None)

    def after(self, replies: Sequence[Reply], at: datetime, chance: float) -> Webhook:
        """As it is once these attempts have come back; one success among them is a success."""
        if self.state is EndpointState.DISABLED or not replies:
            return self
        if any(reply.outcome is Outcome.GONE for reply in replies):
            return self._disabled("gone")
        if any(reply.outcome is Outcome.ACCEPTED for reply in replies):
            return replace(self, failures=0, failing_since=None, rest_until=None)
        failures = self.failures + len(replies)
        since = self.failing_since or at
        if at - since >= GIVE_UP_AFTER:
            return self._disabled("failing")
        pause = rest(failures, chance)
        until = None if pause is None else at + pause
        return replace(self, failures=failures, failing_since=since, rest_until=until)

    def _disabled(self, why: str) -> Webhook:
        state = ENDPOINT.step(self.state, EndpointEvent.DISABLE)
        return replace(self, state=state, disabled_reason=why, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event on its way to one endpoint; `seq` is the event's. `message_id` is the same at every attempt.
    `leased_until`: an attempt is under way, and lost if it has not come back by then.
    """

    webhook_id: str
    seq: int
    message_id: str
    type: str
    subject: str
    subject_id: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    first_at: datetime | None
    next_at: datetime
    leased_until: datetime | None
    outcome: Outcome | None
    status: int | None
    took_ms: int | None
    ended_at: datetime | None

    def after(self, reply: Reply, at: datetime, chance: float) -> Delivery:
        """As it is once an attempt has come back: delivered, waiting for the next one, or given up."""
        seen = replace(
            self, leased_until=None, outcome=reply.outcome, status=reply.status, took_ms=reply.took_ms
        )
        if reply.outcome is Outcome.ACCEPTED:
            return replace(seen, state=DELIVERY.step(self.state, DeliveryEvent.ACCEPT), ended_at=at)
        next_at = at + max(backoff(self.attempts, chance), timedelta(seconds=reply.wait_s))
        late = next_at - (self.first_at or at) > GIVE_UP_AFTER and reply.outcome is not Outcome.GONE
        if late or reply.outcome is Outcome.EVENT_DROPPED:
            return replace(seen, state=DELIVERY.step(self.state, DeliveryEvent.GIVE_UP), ended_at=at)
        return replace(seen, state=DELIVERY.step(self.state, DeliveryEvent.FAIL), next_at=next_at)
