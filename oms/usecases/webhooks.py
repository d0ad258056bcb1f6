"""Webhook endpoints: registered, changed, given another secret, deleted; deliveries sent once more."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx

from oms.adapters.ids import new_key
from oms.adapters.resolver import Resolve
from oms.bootstrap import Runtime
from oms.refusals import Code, Refusal, Refused, not_found, refuse
from oms.store import outbox, webhook_deliveries, webhooks
from oms.usecases.events import require_kept
from oms.webhooks.address import bad_url, public, read_url
from oms.webhooks.endpoint import Webhook
from oms.webhooks.lifecycle import (
    DELIVERY,
    ENDPOINT,
    DeliveryEvent,
    DeliveryState,
    EndpointEvent,
    EndpointState,
)
from oms.webhooks.signing import secret_of
from oms.work import Work

RESOLVE_S = 5.0
_names = ThreadPoolExecutor(4, "webhook registration")


@dataclass(frozen=True)
class Wanted:
    """An endpoint as its owner describes it. `types` empty: events of every type."""

    url: str
    types: tuple[str, ...]
    description: str
    active: bool


def judge_url(running: Runtime, text: str) -> Refusal | None:
    """Why webhooks may not go to this URL, or None. Resolves the host, so call it outside a transaction;
    every delivery judges again, the address it connects to.
    """
    private = running.settings.webhook_private
    try:
        url = read_url(text, private)
        if not private:
            _judge_host(running.resolve, url)
    except Refused as refused:
        return refused.refusal
    return None


def register(work: Work, wanted: Wanted, after: int | None) -> Webhook:
    """A new endpoint with a secret of its own; it gets the events after `after`, else those from now on.

    Raises Refused events_gone where some of them are kept no longer; 0 asks for what there is.
    """
    if after:
        require_kept(work.conn, after)
    endpoint = Webhook(
        id=work.ids.new("wh"),
        url=wanted.url,
        types=wanted.types,
        description=wanted.description,
        state=EndpointState.ACTIVE if wanted.active else EndpointState.PAUSED,
        disabled_reason="",
        secret=secret_of(new_key()),
        old_secret=None,
        old_until=None,
        cursor=outbox.last(work.conn) if after is None else after,
        failures=0,
        failing_since=None,
        rest_until=None,
        version=1,
        created_at=work.at,
    )
    webhooks.insert_webhook(work.conn, endpoint)
    work.emit("webhook.created", "webhook", endpoint.id, {})
    return endpoint


def change(work: Work, id: str, wanted: Wanted, expected: int | None) -> Webhook:
    """Change an endpoint. Resuming one, or moving it, sends at once what waits, from where it stopped.

    Raises Refused `not_found`, `version_conflict`.
    """
    before = _locked(work, id)
    if expected is not None and expected != before.version:
        raise refuse(Code.VERSION_CONFLICT, "The webhook has changed since; read it again")
    after = replace(before, url=wanted.url, types=wanted.types, description=wanted.description)
    if wanted.active and (before.state is not EndpointState.ACTIVE or before.url != wanted.url):
        after = after.resumed()
        webhook_deliveries.hasten(work.conn, id, work.at)
    if not wanted.active:
        after = replace(after, state=ENDPOINT.step(before.state, EndpointEvent.PAUSE))
    if after == before:
        return before
    after = replace(after, version=before.version + 1)
    webhooks.save_webhook(work.conn, after)
    work.emit("webhook.changed", "webhook", id, {"state": after.state.value})
    return after


def rotate(work: Work, id: str, overlap: timedelta) -> Webhook:
    """Another secret; the one before signs too, until the overlap is over. Raises Refused `not_found`."""
    before = _locked(work, id)
    kept = overlap > timedelta(0)
    after = replace(
        before,
        secret=secret_of(new_key()),
        old_secret=before.secret if kept else None,
        old_until=work.at + overlap if kept else None,
        version=before.version + 1,
    )
    webhooks.save_webhook(work.conn, after)
    work.emit("webhook.rotated", "webhook", id, {})
    return after


def remove(work: Work, id: str) -> None:
    """Delete an endpoint with its deliveries. Raises Refused `not_found`."""
    if not webhooks.delete_webhook(work.conn, id):
        raise not_found("webhook")
    work.emit("webhook.deleted", "webhook", id, {})


def replay(work: Work, id: str, first: int, last: int, states: Iterable[DeliveryState]) -> int:
    """Send the deliveries of these events once more, under their own ids; return how many. Those whose turn
    has not come yet are sent without waiting for it. Raises Refused `not_found`.
    """
    endpoint = _locked(work, id)
    named = list(states)
    for state in named:
        DELIVERY.step(state, DeliveryEvent.REPLAY)  # whatever there is of them: may it be sent again?
    many = webhook_deliveries.replay(work.conn, id, work.at, (first, last), [one.value for one in named])
    if endpoint.rest_until is not None:
        webhooks.save_webhook(work.conn, replace(endpoint, rest_until=None))
    if many:
        work.emit("webhook.replayed", "webhook", id, {"first": first, "last": last, "deliveries": many})
    return many


def replay_one(work: Work, id: str, seq: int) -> int:
    """Send one delivery once more; 0 when that is under way. Raises Refused `not_found`."""
    _locked(work, id)
    if seq not in webhook_deliveries.locked_deliveries(work.conn, id, [seq]):
        raise not_found("delivery")
    return replay(work, id, seq, seq, DeliveryState)


def _locked(work: Work, id: str) -> Webhook:
    endpoint = webhooks.locked_webhook(work.conn, id)
    if endpoint is None:
        raise not_found("webhook")
    return endpoint


def _judge_host(resolve: Resolve, url: httpx.URL) -> None:
    try:
        addresses = _names.submit(resolve, url.raw_host.decode("ascii")).result(RESOLVE_S)
    except (OSError, UnicodeError, TooSlow):
        addresses = []
    if not addresses:
        raise bad_url("unresolvable_host", "The host's name leads to no address; look for a slip")
    if not all(public(address) for address in addresses):
        raise bad_url(
            "forbidden_address",
            "The host is not on the public internet; an operator may set ANYSHELF_WEBHOOK_PRIVATE=1",
        )
